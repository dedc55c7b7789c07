"""Names for the strings that identify things, so that a signature says which is meant."""

from __future__ import annotations

from typing import NewType

TicketId = NewType("TicketId", str)
"""A ticket's id in its own desk's words."""

Key = NewType("Key", str)
"""Idempotency key of one ticket on one route, written into the target as its marker: `IG-4711`.
Letters, digits and hyphens only, because desks' searches interpret other characters."""

Version = NewType("Version", str)
"""A desk's revision token; only equality means anything."""

Cursor = NewType("Cursor", str)
"""A position in the desk's own words; opaque to everybody else."""
