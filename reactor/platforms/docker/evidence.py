"""The last words of a container: the end of its log, and what its health probe said.

What comes out of a container is a stranger's text: nobody sees it before its secrets are masked,
its control characters are gone and its size is bounded.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from reactor.duration import to_micros
from reactor.model.errors import ReactorError
from reactor.platforms.docker.answers import (
    FORBIDDEN,
    NOT_FOUND,
    Asking,
    at,
    each,
    number,
    parsed,
    text,
)
from reactor.platforms.docker.client import Answer, Gone, Refusal
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.scrub import TooManySecrets, scrubbed

LOG_LINES = 20
LOG_BYTES = 8 * 1024
HEALTH_BYTES = 2 * 1024
"""Of the log and of the probe's output, what is shown at most, in bytes of UTF-8."""

TIMEOUT_SECONDS = 2.0
"""For each of two questions at most: a message waits for the answers."""

# Engines count the lines of `tail` first and look at `until` then, so that those of a container
# that runs again already would leave nothing of the run before.
_ASKED_LINES = 200
# The last lines may be logged milliseconds after the end of a run. The next one begins 100 ms after
# it at the earliest (the engine's shortest delay before a restart) and says nothing yet.
_SLACK = timedelta(milliseconds=100)
_SCANNED_BYTES = 64 * 1024
_MARK_BYTES = 40
_LONGEST_REASON = 200

_OK = 200
_HEADER_BYTES = 8
_MICROS = 1_000_000
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]?|[\]PX^_][^\x07\x1b\n]*+(?:\x07|\x1b\\)?|[ -/]*+[0-~]?)"
)
# Those of ASCII and Latin-1, and the ones that turn the direction of writing.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Unreadable(ReactorError):
    """Something cannot be had of a container; the message says why."""


@dataclass(frozen=True, slots=True)
class _Container:
    """Whom to ask, and how the container describes itself."""

    client: Asking
    path: str
    inspected: object

    @property
    def environment(self) -> Iterator[str]:
        entries = each(self.inspected, "Config", "Env")
        return (plain(entry) for entry in entries if isinstance(entry, str))

    def shown(self, said: str) -> str:
        """What it said, as others may see it. Raises Unreadable."""
        try:
            return scrubbed(plain(said), self.environment)
        except TooManySecrets as error:
            raise Unreadable(str(error)) from error


def gather(
    client: Asking, engine: Engine, container_id: str, *, wishes: Collection[str], until: datetime
) -> Mapping[str, object]:
    """Of the facts `log_tail` and `health_log` those that are wished for, as texts.

    `until` is the end of the run, or the turn of its health, by the engine's clock (UTC): what is
    logged later is another run's. What cannot be read is a sentence that says why, in brackets;
    `health_log` is missing where there is no probe. Blocks, at most for twice TIMEOUT_SECONDS.
    """
    if not wishes:
        return {}
    try:
        container = _inspected(client, f"{engine.api}/containers/{quote(container_id, safe='')}")
    except Unreadable as error:
        return unreadable(wishes, str(error))
    told: dict[str, object] = {}
    if "log_tail" in wishes:
        told["log_tail"] = _log_tail(container, until)
    probes = _probes(container.inspected)
    if "health_log" in wishes and probes:
        told["health_log"] = _health_log(container, probes[-1])
    return told


def _inspected(client: Asking, path: str) -> _Container:
    """The container there. Raises Unreadable, also when its secrets cannot be known."""
    inspected = parsed(_asked(client, f"{path}/json"))
    if not isinstance(at(inspected, "Config"), dict):
        raise Unreadable("the engine does not describe the container")
    return _Container(client, path, inspected)


def _asked(client: Asking, path: str) -> Answer:
    """An answer that is what was asked for. Raises Unreadable."""
    try:
        answer = client.request("GET", path, timeout=TIMEOUT_SECONDS)
    except (Gone, Refusal) as error:
        raise Unreadable(str(error)) from error
    if answer.status == NOT_FOUND:
        raise Unreadable("the container is gone")
    if answer.status in FORBIDDEN:
        raise Unreadable("we may not; a socket proxy takes CONTAINERS=1")
    if answer.status != _OK:
        raise Unreadable(_said(answer))
    return answer


def _said(answer: Answer) -> str:
    """What an engine says of an error."""
    try:
        said = text(json.loads(answer.body), "message")
    except (ValueError, RecursionError):
        said = ""
    return said or f"the answer is {answer.status}"


def unreadable(wishes: Iterable[str], why: str) -> Mapping[str, object]:
    """In place of each of these facts a sentence: why it cannot be had."""
    return dict.fromkeys(wishes, _sentence(why))


def _sentence(why: str) -> str:
    return f"(not readable: {plain(why)[:_LONGEST_REASON]})"


def _log_tail(container: _Container, until: datetime) -> str:
    seconds, micros = divmod(to_micros(until + _SLACK), _MICROS)
    query = f"stdout=1&stderr=1&tail={_ASKED_LINES}&until={seconds}.{micros:06}"
    try:
        printed = _asked(container.client, f"{container.path}/logs?{query}").body
        if at(container.inspected, "Config", "Tty") is not True:
            printed = b"".join(_payloads(printed))
        shown = container.shown(printed[-_SCANNED_BYTES:].decode(errors="replace"))
    except Unreadable as error:
        return _sentence(str(error))
    return _end(shown.strip("\n").split("\n")[-LOG_LINES:], most=LOG_BYTES)


def _payloads(stream: bytes) -> Iterator[bytes]:
    """What stands in the frames of a log: each begins with its stream, three zeros, and its size
    (Docker Engine API, ContainerAttach, "Stream format"). What has no such form is handed on."""
    start = 0
    while start < len(stream):
        header = stream[start : start + _HEADER_BYTES]
        if header[1:4] != b"\0\0\0":
            yield stream[start:]
            return
        start += _HEADER_BYTES
        end = start + int.from_bytes(header[4:])
        yield stream[start:end]
        start = end


def _probes(inspected: object) -> list[object]:
    """The last runs of the health probe, oldest first. An older Podman calls them otherwise."""
    state = at(inspected, "State")
    return each(state, "Health", "Log") or each(state, "Healthcheck", "Log")


def _health_log(container: _Container, probe: object) -> str:
    try:
        output = container.shown(text(probe, "Output"))
    except Unreadable as error:
        return _sentence(str(error))
    shown = _end(output.strip("\n").split("\n"), most=HEALTH_BYTES)
    return f"exit code {number(probe, 'ExitCode')}: {shown}"


def plain(said: str) -> str:
    """A text in lines, without terminal sequences and other control characters."""
    lines = said.encode(errors="replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", _ESCAPES.sub("", lines))


def _end(lines: Iterable[str], *, most: int) -> str:
    """The last lines, of at most so many bytes in all; of a single one that is longer its end."""
    whole = "\n".join(lines).encode()
    if len(whole) <= most:
        return whole.decode()
    kept = whole[_MARK_BYTES - most :]
    kept = kept[kept.find(b"\n") + 1 :].decode(errors="ignore").encode()
    return f"… ({len(whole) - len(kept)} bytes before)\n{kept.decode()}"
