"""What the doctor finds: one thing, how it stands, and what to do about it. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

DONE, FAILED, UNREACHABLE = 0, 1, 5
"""Exit codes (rules.md §6)."""


class Status(StrEnum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"  # reactor works, and something is missed or will go wrong
    FAILED = "failed"  # something that the rules ask for cannot be


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`name` is what was looked at. `detail` is a line without secrets, `remedy` what to do,
    empty where all is well. `code` is what the command ends with if nothing worse is found."""

    name: str
    status: Status
    detail: str
    remedy: str = ""
    code: int = DONE


def well(name: str, detail: str) -> Finding:
    """Nothing is to be done about it."""
    return Finding(name=name, status=Status.OK, detail=detail)


def doubtful(name: str, detail: str, remedy: str) -> Finding:
    """It works, but not as it should."""
    return Finding(name=name, status=Status.WARNING, detail=detail, remedy=remedy)


def broken(name: str, detail: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(name=name, status=Status.FAILED, detail=detail, remedy=remedy, code=FAILED)


def unreachable(name: str, detail: str, remedy: str) -> Finding:
    """A source that cannot be reached, or refuses us."""
    return Finding(name=name, status=Status.FAILED, detail=detail, remedy=remedy, code=UNREACHABLE)


def exit_code(findings: Iterable[Finding]) -> int:
    """What the command ends with: a source out of reach says more than any other failure."""
    return max((finding.code for finding in findings), default=DONE)
