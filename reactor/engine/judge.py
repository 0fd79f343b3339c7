"""What an HTTP answer means for a delivery: the table of rules.md §4, Outcome. Pure."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus

from reactor.model.request import Fault, Outcome, Response, Verdict

SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(hours=24)
"""`Retry-After` is clamped to these: a server can neither drive nor park us."""

_RETRIED = {408, 425, 429}
_BURIED_FAULTS = {Fault.INVALID}
_SECONDS = re.compile(r"[+-]?\d{1,19}(?:\.\d{0,9})?", re.ASCII)
_FOREVER = 10.0**10  # seconds; far beyond the clamp, and small enough for a timedelta


def judge_http(response: Response) -> Outcome:
    """What became of one exchange. `detail` is made of the status and of the response's own, never
    of its body."""
    if response.status is None:
        verdict, detail = _judge_fault(response)
    else:
        verdict, detail = _judge_status(response.status, response)
    return Outcome(
        verdict=verdict,
        detail=detail,
        status=response.status,
        retry_after=_clamped(response.retry_after) if verdict is Verdict.RETRY else None,
        action_uri=response.action_uri,
        response=response,
    )


def _judge_fault(response: Response) -> tuple[Verdict, str]:
    verdict = Verdict.BURY if response.fault in _BURIED_FAULTS else Verdict.RETRY
    return verdict, response.detail or f"no answer ({response.fault})"


def _judge_status(status: int, response: Response) -> tuple[Verdict, str]:
    if 200 <= status < 300:
        return Verdict.SUCCEEDED, _success(status, response)
    if 300 <= status < 400:
        where = f" to {response.detail}" if response.detail else ""
        return Verdict.BURY, f"redirects are not followed: {status}{where}"
    if 400 <= status < 500 and status not in _RETRIED:
        return Verdict.BURY, _failure(status, response)
    return Verdict.RETRY, _failure(status, response)


def _success(status: int, response: Response) -> str:
    """What was answered, and the platform's action that came of it."""
    told, action = response.detail or named(status), response.action_uri
    return told if action is None or action in told else f"{told}, action {action}"


def _failure(status: int, response: Response) -> str:
    return f"{named(status)}: {response.detail}" if response.detail else named(status)


@lru_cache(maxsize=1024)  # asked for every answer
def named(status: int) -> str:
    """A status as people read it: "503 Service Unavailable", or the bare number if unknown."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _clamped(wait: timedelta | None) -> timedelta | None:
    return None if wait is None else min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def parse_retry_after(text: str, now: datetime) -> timedelta | None:
    """The wait that a `Retry-After` header asks for, in seconds or until a date (RFC 9110
    §10.2.3), not clamped; None when it says neither."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return timedelta(seconds=max(-_FOREVER, min(float(text), _FOREVER)))
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
