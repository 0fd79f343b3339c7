"""Whatever a stream sends: it is refused and counted, or the connection is given up and made
again; the service lives, and does not grow."""

import gzip
import json
from collections import Counter

import pytest

from tests.crash.cloud import rows
from tests.crash.streams import resident
from tests.endpoint import listening
from tests.fakes import PATIENCE
from tests.service import Service
from tests.sources.cloud import BINARY, PING, TEXT, a_frame, fake_cloud

MIB = 1024 * 1024
FIN, RSV1 = 0x80, 0x40
CONTINUED = 0

RULES = """\
version: 1
sources: {{cloud: {source}}}
destinations:
  ops: {{type: webhook, url: "{url}", rate_limit: 1000 per 1s}}
rules:
  - name: each
    match: {{n: {{exists: true}}}}
    actions: [{{webhook: ops, body: {{n: "{{{{ n }}}}"}}}}]
"""


def in_parts(payload, count):
    """A text in so many fragments, most of them empty, and a PING amidst them."""
    return (
        a_frame(payload[:1], first=0)
        + a_frame(b"", CONTINUED, first=0) * (count // 2)
        + a_frame(b"?", PING)
        + a_frame(b"", CONTINUED, first=0) * (count // 2)
        + a_frame(payload[1:], CONTINUED)
    )


def a_head(size, opcode=TEXT):
    """Of a frame that says it is so long the head alone."""
    return bytes([FIN | opcode, 127]) + size.to_bytes(8)


REFUSED = [
    (a_frame(b"x" * (2 * MIB)), "too_large"),
    (a_frame(b"\0" * 17 * MIB, BINARY), "too_large"),
    (in_parts(b'"' + b"x" * (2 * MIB), 1_000), "too_large"),
    (a_frame(bytes(range(256)), BINARY), "not_json"),
    (a_frame(gzip.compress(b"{}"), BINARY), "not_json"),
    (a_frame(b'{"n": "\xff\xfe"}'), "not_json"),
    (a_frame(b'{"n": "\xed\xa0\x80"}'), "not_json"),  # half of a surrogate pair
    (a_frame(b'{"n": 1}\0'), "not_json"),
    (a_frame(b'{"n": 1'), "not_json"),
    (a_frame(b'{"n": "' + b"x" * MIB, masked=True), "too_large"),
    (a_frame(b""), "not_json"),
    (a_frame(b"[" * 10_000 + b"]" * 10_000), "too_deep"),
    (a_frame(b'{"n":' * 10_000 + b"1" + b"}" * 10_000), "too_deep"),
    (a_frame(b"[" * MIB), "too_deep"),
    (a_frame(b'[{"n": 1}]'), "not_an_object"),
    (a_frame(b'"n"'), "not_an_object"),
    (a_frame(b"1"), "not_an_object"),
    (a_frame(b"null"), "not_an_object"),
    (a_frame(b'{"n": "a\\u0000b"}'), "has_nul"),
    (a_frame(b'{"n": 1e999}'), "huge_number"),
]
"""Frames that are no events, and why."""

TAKEN = [
    lambda text: a_frame(text, masked=True),
    lambda text: a_frame(text, BINARY),
    lambda text: in_parts(text, 10_000),
]
"""Odd ways to send an event."""

BROKEN = [
    (a_head(1024 * MIB), "1073741824 bytes"),
    (a_head(1 << 63), "9223372036854775808 bytes"),
    (a_frame(gzip.compress(b"{}"), first=FIN | RSV1), "reserved bits"),
    (a_frame(b"{}", 3), "Invalid opcode 3"),
    (a_frame(b"", 15), "Invalid opcode 15"),
    (a_frame(b"}", CONTINUED), "its parts are out of order"),
    (a_frame(b"{", first=0) + a_frame(b"{}"), "its parts are out of order"),
    (a_head(2 * MIB, PING), "a control frame that is too long"),
]
"""What ends the connection, and the words for it."""

BREAKS = Counter(words for _, words in BROKEN)

TINY = [b"", b"0", b"[]", b"{", b'""']


ROUNDS = 20


@pytest.fixture
def cloud():
    with fake_cloud() as cloud:
        yield cloud


@pytest.fixture
def endpoint(tmp_path):
    with listening(tmp_path / "ledger") as endpoint:
        yield endpoint


@pytest.fixture
def service(tmp_path, cloud, endpoint):
    rules, source = tmp_path / "rules.yaml", {"type": "dockercloud", **cloud.options}
    rules.write_text(RULES.format(source=json.dumps(source), url=endpoint.url))
    program = "tests.crash.hasty"
    with Service(rules, tmp_path / "data", "--http", "off", program=program) as service:
        assert cloud.connected.wait(PATIENCE), service.said
        yield service


class Attack:
    """Round after round of everything that a stream should not send, and so many tiny frames."""

    def __init__(self, cloud, endpoint, tiny):
        self._cloud, self._endpoint = cloud, endpoint
        self._tiny = b"".join(map(a_frame, TINY)) * (tiny // len(TINY))
        self.events = 0

    def strike(self):
        """One round; returns when the service is through with it."""
        self._cloud.send(self._tiny + b"".join(raw for raw, _ in REFUSED))
        for dress in TAKEN:
            self._send_event(dress)
        for raw, _ in BROKEN:
            self._cloud.connected.clear()
            self._cloud.send(raw)
            assert self._cloud.connected.wait(PATIENCE)
        self._send_event(a_frame)
        self._endpoint.wait(self.events)

    def _send_event(self, dress):
        self.events += 1
        self._cloud.send(dress(b'{"n": %d}' % self.events))


@pytest.fixture
def withstand(cloud, endpoint, service, tmp_path):
    """Has the service attacked, and looks what is left of it."""

    def withstand(tiny, growth):
        attack, sizes = Attack(cloud, endpoint, tiny), []
        for _ in range(ROUNDS):
            attack.strike()
            sizes.append(resident(service.pid))
        print("MiB after each round:", *(size // MIB for size in sizes))  # noqa: T201 -- the finding

        assert service.stop() == 0
        assert rejections(tmp_path / "data") == (
            ROUNDS * (tiny + len(REFUSED)),
            [reason for _, reason in REFUSED],
        )
        assert given_up(service) == {words: ROUNDS * n for words, n in BREAKS.items()}
        assert sorted(numbers(endpoint)) == list(range(1, attack.events + 1))
        assert sizes[-1] < sizes[ROUNDS // 2] + growth  # until then caches fill

    return withstand


def rejections(data_dir):
    """How many were counted, and the reasons of the last ones."""
    ((count,),) = rows(data_dir, "select max(number) from rejections")  # older ones are dropped
    newest = rows(data_dir, "select reason from rejections order by number desc")
    return count, [reason for (reason,) in newest[: len(REFUSED)]][::-1]


def given_up(service):
    """Why connections were lost, and how often."""
    lost = [line for line in service.said if "lost: " in line]
    return Counter(words for line in lost for words in BREAKS if words in line)


def numbers(endpoint):
    return [int(json.loads(heard.body)["n"]) for heard in endpoint.heard]


def test_hostile_frames_are_counted_and_the_service_neither_dies_nor_grows(withstand):
    withstand(tiny=5_000, growth=8 * MIB)  # between any two rounds it is up to 5, up or down


@pytest.mark.long
@pytest.mark.timeout(300)  # a minute on two cores
def test_nor_does_it_when_a_hundred_thousand_tiny_ones_come_each_time(withstand):
    withstand(tiny=100_000, growth=32 * MIB)  # two million rows fill SQLite's cache, which has that
