"""What happens to any bytes that come as a frame: the decoder, the tree and the matcher.

`test_frames.py` feeds it mutations of real frames. This file run by hand has them made by atheris,
which follows what the code does. It is no dependency, as it is large and needs no daily run:

    .venv/bin/pip install atheris
    mkdir corpus && split -l 1 tests/fuzz/frames.jsonl corpus/
    .venv/bin/python tests/fuzz/frames.py -runs=100000 corpus

Its other options are libFuzzer's, such as `-max_total_time=300`. What it finds stands in a file
`crash-…` in the present directory; give that file as the argument to see it again.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from reactor.engine.index import Matcher
from reactor.engine.normalize import Refusal, normalize, record_of
from reactor.model.condition import Condition
from reactor.model.event import PLATFORM_OBJECTS, Arrival, Record
from tests.builders import NOON
from tests.engine.invented import invented_conditions, parsed

FRAMES = tuple((Path(__file__).parent / "frames.jsonl").read_bytes().splitlines())
"""Real and documented frames of Docker Cloud and Tutum."""

_SERVICE = "/api/app/v1/service/0b0e3538-88df-4f07-9aed-3a3cc4175076/"
_ABOUT_FRAMES: Sequence[object] = (
    {"type": "container", "action": "update", "state": "Stopped"},
    {"type": ["container", "service"], "state": {"not": ["Running", "Starting"]}},
    {"type": {"glob": "*"}, "parents": _SERVICE},
    {"parents": {"none": [_SERVICE, {"prefix": "/svc/"}]}},
    {"parents": {"regex": "/(node|nodecluster)/[0-9a-f-]+/$"}},
    {"resource_uri": {"contains": "/container/"}, "datetime": {"exists": True}},
    {"resource_uri": {"prefix": "/api/app/v1/", "suffix": "/"}},
    {"service": _SERVICE},
    {"container": "0fc9f01d-a726-48c7-a9c2-9e34918ddf4a"},
    {"node.uri": {"wildcard": "/api/*/node/*"}},
    {"uuid": {"anything-but": {"prefix": "0"}}},
    {"state": {"icase": "success"}, "any": [{"service.name": "web"}, {"date": {"lt": 5}}]},
    {"state": {"field": "type"}},
    {"$..state": {"regex": "(?i)^s"}},
    {"$.parents[0]": {"cidr": "10.0.0.0/8"}},
)
CONDITIONS: Sequence[Condition] = (
    *map(parsed, _ABOUT_FRAMES),
    *invented_conditions(Random(1), 40),
)
_MATCHER = Matcher(CONDITIONS)


def digest(raw: bytes) -> bool:
    """Take the bytes for a frame, of a platform and of no platform. Whether they are one.

    Raises nothing, whatever the bytes; AssertionError if matcher and tree disagree.
    """
    for platform in (True, False):
        arrival = Arrival(source="s", raw=raw, identity="i", platform=platform)
        event = normalize(arrival, NOON)
        if isinstance(event, Refusal):
            return False
        fields = record_of(event).fields
        _compare(Record(fields, platform))
        if platform:
            _compare(Record(fields, platform, dict.fromkeys(PLATFORM_OBJECTS, "gone")))
    return True


def _compare(record: Record) -> None:
    expected = [at for at, each in enumerate(CONDITIONS) if each.evaluate(record) is True]
    assert list(_MATCHER.holding(record)) == expected
    assert set(expected) <= set(_MATCHER.possible(record))


def _fuzz() -> None:
    import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore] # by hand

    def once(raw: bytes) -> None:
        digest(raw)

    atheris.instrument_all()
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz()
