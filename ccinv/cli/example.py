"""`ccinv example NAME DIR`: a folder to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccinv.cli.options import Force, Json
from ccinv.cli.outcome import Outcome


def example(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="One of: base-supply, facilities, lot-sizing, newsvendor, perishables, two-materials.",
        ),
    ],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write.")],
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """Write an example folder to start from."""
    del json  # main sees it
    from ccinv.errors import DataError, Fault
    from ccinv.examples import COMMAND, FILES
    from ccinv.settings import chosen
    from ccinv.writing import write_file

    files = chosen("example", name, FILES)()
    there = [file for file in files if (folder / file).exists() and not force]
    if there:
        remedy = "Give another folder, or --force to overwrite them."
        raise DataError(Fault(str(folder), f"{', '.join(there)} already there", "none of the files to write", remedy))
    for file, content in files.items():
        write_file(folder / file, content, force)
    first = f"ccinv check {folder}, then " if "store.toml" in files else ""
    text = f"Written: {', '.join(files)} in {folder}\nNext: {first}ccinv {COMMAND[name]} {folder}"
    return Outcome(text, {"folder": str(folder), "files": list(files)})
