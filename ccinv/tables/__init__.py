"""Tables of a store, from files or data frames, and what they say; every fault of all tables at once."""

from ccinv.tables.from_frames import parts_from_frames
from ccinv.tables.parts import SCHEMAS, Parts, Tables, parts_of

__all__ = ["SCHEMAS", "Parts", "Tables", "parts_from_frames", "parts_of"]
