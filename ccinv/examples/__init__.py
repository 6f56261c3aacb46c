"""The example folders that `ccinv example` writes: file names and texts, made by code from a seed."""

from __future__ import annotations

from collections.abc import Callable

from ccinv.examples import base_supply, newsvendor

FILES: dict[str, Callable[[], dict[str, str]]] = {"base-supply": base_supply.files, "newsvendor": newsvendor.files}
COMMAND = {"base-supply": "plan", "newsvendor": "levels"}  # what each of them is an example for
