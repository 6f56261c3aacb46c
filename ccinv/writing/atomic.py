"""Files and folders that appear whole or not at all, whatever happens while they are written.

Everything is written under another name beside the target, flushed to the disk, and renamed into place in one step.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ccinv.errors import DataError, Fault
from ccinv.writing.manifest import MANIFEST, manifest_of, read_manifest


def write_file(path: str | os.PathLike[str], content: bytes | str, force: bool = False) -> Path:
    """Write `content` to `path`, all or nothing; refuses to overwrite without `force`, and folders and links always."""
    target = Path(path)
    _refuse_file(target, force)
    with _blamed_on(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _beside(target)
        try:
            _write(part, content.encode() if isinstance(content, str) else content)
            _refuse_file(target, force)  # another process may have been faster
            os.replace(part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _flush_folder(target.parent)
    return target


def write_folder(
    path: str | os.PathLike[str],
    files: Mapping[str, bytes],
    seed: int | None = None,
    command: str = "",
    force: bool = False,
    of: str | None = None,
) -> Path:
    """Write a folder of `files` (plain name → content) with its manifest last, all or nothing.

    Refuses to overwrite without `force`; with it, replaces an empty folder or a run folder that holds nothing but what
    ccinv wrote and no later audits, and nothing else.
    """
    target = Path(path)
    _refuse_folder(target, force)
    with _blamed_on(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _beside(target)
        try:
            part.mkdir()
            for name, content in files.items():
                if Path(name).name != name or name == MANIFEST:
                    raise ValueError(f"not a plain file name: {name!r}")
                _write(part / name, content)
            _flush_folder(part)
            _write(part / MANIFEST, manifest_of(files, seed, command, of))
            _flush_folder(part)
            _refuse_folder(target, force)
            _put(part, target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        _flush_folder(target.parent)
    return target


@contextmanager
def _blamed_on(target: Path) -> Iterator[None]:
    """What the system refuses is told of the name that was asked for: of the name it is written under nobody knows."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"Cannot be written: {error.strerror or error}", str(target)) from error


def _beside(target: Path) -> Path:
    """A name that nothing has, in the folder of the target, so that renaming stays on one disk."""
    return target.parent / f".{target.name[:100]}.{secrets.token_hex(8)}.part"


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    """Make the names in a folder last through a power cut, where the system can (Windows cannot open folders)."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _put(part: Path, target: Path) -> None:
    """Rename `part` to `target`; what was there goes only after the new is in place."""
    if not target.exists():
        os.replace(part, target)
        return
    old = _beside(target)
    os.replace(target, old)
    try:
        os.replace(part, target)
    except BaseException:
        os.replace(old, target)
        raise
    shutil.rmtree(old)


def _refuse_file(target: Path, force: bool) -> None:
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise DataError(Fault(str(target), "a link or a folder", "a file, or nothing yet", "Choose another name."))
    if target.exists() and not force:
        remedy = "Choose another name, or allow overwriting (--force)."
        raise DataError(Fault(str(target), "a file that is already there", "nothing yet", remedy))


def refuse_folder(target: Path, force: bool) -> None:
    """A DataError where `write_folder` would refuse or fail: to be asked before the work whose result is to be written.

    Whether the system lets us write is tried out, as rights do not tell (immutable folders, full or read-only disks);
    no trace is left.
    """
    _refuse_folder(target, force)
    place = target.absolute().parent
    while not place.exists():
        place = place.parent
    for folder in (place, *([target] if target.exists() else [])):
        probe = folder / f".{secrets.token_hex(8)}.probe"
        try:
            probe.mkdir()
            probe.rmdir()
        except OSError as error:
            found = f"nothing can be written to {folder} ({error.strerror or error})"
            remedy = "Choose another folder with --out, or change your rights there."
            raise DataError(Fault(str(target), found, "a folder that can be written", remedy)) from None


def _refuse_folder(target: Path, force: bool) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise DataError(Fault(str(target), "a link or a file", "a run folder, or nothing yet", "Choose another name."))
    if not target.exists():
        return
    if not force:
        remedy = "Choose another folder, or allow overwriting (--force)."
        raise DataError(Fault(str(target), "a folder that is already there", "nothing yet", remedy))
    strange = strangers(target)
    if strange:
        shown = ", ".join(strange[:5]) + (f" and {len(strange) - 5} more" if len(strange) > 5 else "")
        remedy = "Choose another folder, or move these away: only what ccinv wrote is overwritten."
        raise DataError(Fault(str(target), f"{shown}, not written by ccinv", "a run folder", remedy))
    audits = sorted(path.name for path in target.glob("audit-*"))
    if audits:
        shown = ", ".join(audits[:5]) + (f" and {len(audits) - 5} more" if len(audits) > 5 else "")
        remedy = "Choose another folder, or delete these audits first, or move them away: --force does not."
        raise DataError(Fault(str(target), f"a run with later audits ({shown})", "a run without", remedy))


def strangers(folder: Path) -> list[str]:
    """Names of what is in a folder and was not written there by ccinv, after its manifests and those of its audits."""
    found = sorted(os.listdir(folder))
    if not found:
        return []
    try:
        own = {MANIFEST, *read_manifest(folder)["files"]}
    except DataError:
        return found
    strange = []
    for name in found:
        inner = folder / name
        if name.startswith("audit-") and inner.is_dir() and not inner.is_symlink():
            strange += [f"{name}/{entry}" for entry in strangers(inner)]
        elif name not in own or inner.is_dir():
            strange.append(name)
    return strange
