"""Store folders: a document and tables become a store, or every fault of all files at once."""

from ccinv.reading.description import Description, Range, describe
from ccinv.reading.document import Document, read_document
from ccinv.reading.folder import Folder, read, read_folder

__all__ = ["Description", "Document", "Folder", "Range", "describe", "read", "read_document", "read_folder"]
