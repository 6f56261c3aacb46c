"""The arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FORCE = "Overwrite what ccinv wrote to DIR before: no other files, and no run that `ccinv audit` added to."
StoreFolder = Annotated[Path, typer.Argument(metavar="STORE", help="The store folder (store.toml and its tables).")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The run folder that `ccinv plan` wrote.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="The folder to write.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help=FORCE)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, all else on stderr.")]
NoAudit = Annotated[bool, typer.Option("--no-audit", help="Plan and report, but do not replay.")]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="Seed of the audit.", show_default=False)]
Paths = Annotated[int | None, typer.Option("--paths", metavar="N", help="Paths of the audit.", show_default=False)]
