"""What the vendors' documents show that they send, from the files under data/."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from reactor.engine.inbound import Inbound, Told

NOW = datetime(2030, 1, 7, 12, tzinfo=UTC)
FILES = tuple(sorted(path.stem for path in (Path(__file__).parent / "data").glob("*.json")))


@dataclass(frozen=True, slots=True)
class Vector:
    """A documented request, and what it tells: `ids` are None where the sender gives none."""

    preset: str
    secret: str | None
    now: datetime
    inbound: Inbound
    ids: tuple[str | None, ...]
    told: tuple[tuple[str | None, datetime | None, dict[str, object]], ...]


def vector(name: str) -> Vector:
    """The request in the file of that name."""
    written = json.loads((Path(__file__).parent / "data" / f"{name}.json").read_text())
    told = written["told"]
    return Vector(
        preset=written["preset"],
        secret=written.get("secret"),
        now=datetime.fromisoformat(written["now"]) if "now" in written else NOW,
        inbound=Inbound(headers=tuple(written["headers"].items()), body=_body(written)),
        ids=tuple(each["id"] for each in told),
        told=tuple((each["subject"], _moment(each["time"]), each["facts"]) for each in told),
    )


def _body(written: dict[str, object]) -> bytes:
    form, body = written.get("form"), written.get("body")
    if isinstance(form, dict):
        return urlencode({name: json.dumps(value) for name, value in form.items()}).encode()
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def essence(told: tuple[Told, ...]) -> tuple[object, ...]:
    """What of these a vector says."""
    return tuple((each.subject, each.time, dict(each.facts)) for each in told)
