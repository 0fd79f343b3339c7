"""Webhooks as their senders send them: who may, and what they tell. Pure, one file per sender.

A request is first held against the hook's guard, over its raw bytes; only then is it read.
"""

from reactor.engine.inbound.guard import Guard, authenticate, guard_for
from reactor.engine.inbound.presets import PLAIN, PRESETS, Preset, read
from reactor.engine.inbound.proofs import Algorithm, Encoding, Signed
from reactor.engine.inbound.values import Challenge, Ground, Inbound, Refused, Told

__all__ = [
    "PLAIN",
    "PRESETS",
    "Algorithm",
    "Challenge",
    "Encoding",
    "Ground",
    "Guard",
    "Inbound",
    "Preset",
    "Refused",
    "Signed",
    "Told",
    "authenticate",
    "guard_for",
    "read",
]
