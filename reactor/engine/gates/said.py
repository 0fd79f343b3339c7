"""What a gate says of one match."""

from collections.abc import Mapping
from typing import NamedTuple

from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry


class Said(NamedTuple):
    """`reason` None lets the match pass. `memory` is the gate's from now on, None to forget it.
    `numbers` are what it went by, as plain JSON."""

    reason: Reason | None
    memory: MemoryEntry | None
    numbers: Mapping[str, object]


Held = Mapping[str, object]
"""A match that a gate keeps, as plain JSON, to go on with it later: `engine.passage` writes and
reads it."""
