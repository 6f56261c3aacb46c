"""The example folders that `ccinv example` writes: file names and texts, made by code from a seed."""

from __future__ import annotations

from collections.abc import Callable

from ccinv.examples import base_supply, facilities, lot_sizing, newsvendor, perishables, two_materials

FILES: dict[str, Callable[[], dict[str, str]]] = {
    "base-supply": base_supply.files,
    "facilities": facilities.files,
    "lot-sizing": lot_sizing.files,
    "newsvendor": newsvendor.files,
    "perishables": perishables.files,
    "two-materials": two_materials.files,
}
COMMAND = {  # what each of them is an example for
    "base-supply": "plan",
    "facilities": "balance",
    "lot-sizing": "lots",
    "newsvendor": "levels",
    "perishables": "perishables",
    "two-materials": "stock",
}
