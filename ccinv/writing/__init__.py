"""Output that is whole or not there at all: atomic files and folders, sealed by a manifest."""

from ccinv.writing.atomic import refuse_folder, write_file, write_folder
from ccinv.writing.manifest import Folder, open_folder
from ccinv.writing.run import Report, audit_folder, load, report, write_audit

__all__ = [
    "Folder",
    "Report",
    "audit_folder",
    "load",
    "open_folder",
    "refuse_folder",
    "report",
    "write_audit",
    "write_file",
    "write_folder",
]
