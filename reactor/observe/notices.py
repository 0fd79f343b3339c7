"""reactor's own log: one line a notice, for people or as JSON. The only home of structlog."""

from collections.abc import Callable, MutableMapping
from typing import Any, Protocol

import msgspec

from reactor.observe.log import Printer, printable_json

Fields = MutableMapping[str, Any]  # Any: what structlog hands from one processor to the next


class Log(Protocol):
    """What lines are written to; `fields` stand in the JSON only. Never blocks."""

    def debug(self, text: str, **fields: object) -> object:
        """What helps to find a fault."""

    def info(self, text: str, **fields: object) -> object:
        """What happened."""

    def warning(self, text: str, **fields: object) -> object:
        """What somebody should look into."""

    def error(self, text: str, **fields: object) -> object:
        """What needs somebody now."""


def make_log(printer: Printer, stamp: Callable[[], str], *, as_json: bool) -> Log:
    """A log that writes to `printer`; `stamp` is asked for the time as the lines show it."""
    # Only the service needs it: it costs 100 ms at start.
    import structlog

    def stamped(_: object, level: str, fields: Fields) -> Fields:
        kind, text = fields.pop("kind", "notice"), fields.pop("event")
        return {"kind": kind, "at": stamp(), "level": level, "text": text, **fields}

    log: Log = structlog.wrap_logger(
        _Sink(printer),
        processors=[stamped, _as_json if as_json else _for_people],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    return log


class _Sink:
    """Where structlog leaves a finished line: under the name of its level."""

    def __init__(self, printer: Printer) -> None:
        self.debug = self.info = self.warning = self.error = printer.line


def _as_json(_: object, __: str, fields: Fields) -> str:
    # A name of a file may hold bytes that are no text; JSON must be.
    text = str(fields["text"]).encode(errors="backslashreplace").decode()
    return printable_json(msgspec.json.encode({**fields, "text": text}).decode())


def _for_people(_: object, __: str, fields: Fields) -> str:
    """What a rule says has its level, always; of ourselves only what is not in order."""
    is_plain = fields["kind"] == "notice" and fields["level"] in ("debug", "info")
    level = "" if is_plain else f"{fields['level']}: "
    return f"{fields['at']}  {level}{fields['text']}"
