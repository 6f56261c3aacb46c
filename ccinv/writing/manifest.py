"""What makes a folder whole: a manifest with the hash of every file, written last and checked before all else."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ccinv.errors import DataError, Fault

MANIFEST = "manifest.json"
KIND = "ccinv run folder"
SCHEMA = 1
PACKAGES = ("ccinv", "numpy", "scipy", "cvxpy", "clarabel")
MOST_BYTES = 2 << 30  # a file beyond this was not written by ccinv
AGAIN = "Write it anew, or copy it again from where it was whole."


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was found whole: its path, its manifest, and the content of every file as it was checked."""

    path: Path
    manifest: Mapping[str, Any]
    content: Mapping[str, bytes]

    def read(self, name: str) -> bytes:
        """The content of a file that this kind of folder must have."""
        if name not in self.content:
            raise DataError(Fault(str(self.path), f"no {name} in the manifest", "a complete run folder", AGAIN))
        return self.content[name]


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def manifest_of(files: Mapping[str, bytes], seed: int | None, command: str, of: str | None = None) -> bytes:
    """The manifest of `files`. `of`: the seal of the run folder that this one belongs to."""
    body: dict[str, Any] = {
        "kind": KIND,
        "schema": SCHEMA,
        "command": command,
        "seed": seed,
        "versions": versions(),
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        },
    }
    if of is not None:
        body["of"] = of
    return (json.dumps({**body, "seal": seal_of(body)}, indent=1) + "\n").encode()


def seal_of(body: Mapping[str, Any]) -> str:
    """The hash of a manifest's other entries: a manifest that was edited is as bad as a file that was."""
    bare = {name: value for name, value in body.items() if name != "seal"}
    return hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()


def read_bytes(path: Path) -> bytes:
    """The content of a regular file that is not a link, of a size that can be meant."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise DataError(Fault(str(path), "something else than a file", "a file", "Take it away."))
        if status.st_size > MOST_BYTES:
            raise DataError(Fault(str(path), f"{status.st_size} bytes", f"at most {MOST_BYTES}", AGAIN))
        return file.read()


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of the folder at `path`; a DataError where there is none, or none that ccinv wrote."""
    place = path / MANIFEST
    try:
        found = json.loads(read_bytes(place))
    except (FileNotFoundError, NotADirectoryError):
        if path.is_file():
            remedy = "Name the folder that it stands in."
            raise DataError(Fault(str(path), "a file", "a run folder", remedy)) from None
        what = f"no {MANIFEST}" if path.is_dir() else "no such folder"
        remedy = "Name a folder that ccinv wrote; one without a manifest was interrupted while being written."
        raise DataError(Fault(str(path), what, "a run folder", remedy)) from None
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(Fault(str(place), f"something unreadable ({error})", "a manifest", AGAIN)) from None
    if not isinstance(found, dict) or found.get("kind") != KIND or not isinstance(found.get("files"), dict):
        raise DataError(Fault(str(place), "another kind of file", f"a manifest of a {KIND}", "Name a run folder."))
    if found.get("seal") != seal_of(found):
        raise DataError(Fault(str(place), "entries that were changed after writing", "the manifest as written", AGAIN))
    if found.get("schema") != SCHEMA:
        remedy = "Read it with the version of ccinv named in it."
        raise DataError(Fault(str(place), f"schema {found.get('schema')!r}", f"schema {SCHEMA}", remedy))
    return found


def open_folder(path: str | os.PathLike[str]) -> Folder:
    """The folder at `path`, after every file in it was found to be as its manifest says; DataError names all that is
    not. Files that the manifest does not name are left alone and not read."""
    place = Path(path)
    manifest = read_manifest(place)
    content: dict[str, bytes] = {}
    faults = []
    for name, said in manifest["files"].items():
        where = str(place / name)
        if Path(name).name != name or name in {"", ".", ".."}:
            faults.append(Fault(where, "a name that leaves the folder", "a plain file name", AGAIN))
            continue
        try:
            found = read_bytes(place / name)
        except OSError as error:
            faults.append(Fault(where, error.strerror or "nothing readable", "the file as written", AGAIN))
            continue
        if len(found) != said["bytes"]:
            faults.append(Fault(where, f"{len(found)} bytes", f"{said['bytes']} bytes, as written", AGAIN))
        elif hashlib.sha256(found).hexdigest() != said["sha256"]:
            faults.append(Fault(where, "content that was changed after writing", "the file as written", AGAIN))
        content[name] = found
    if faults:
        raise DataError(faults)
    return Folder(place, manifest, content)
