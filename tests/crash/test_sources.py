"""The real process and its sources: refused, ended, and both beside one that lives."""

import json
import os

import pytest

from tests.endpoint import listening
from tests.fake_engine import fake_engine
from tests.service import Service

RULES = """\
version: 1
sources: {sources}
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
  - name: each
    match: {{n: {{exists: true}}}}
    actions: [{{webhook: ops, body: {{n: "{{{{ n }}}}"}}}}]
"""


@pytest.fixture
def endpoint(tmp_path):
    with listening(tmp_path / "ledger") as endpoint:
        yield endpoint


@pytest.fixture
def run(tmp_path, endpoint):
    """Starts the service on these sources."""

    def start(sources, **more):
        rules = tmp_path / "rules.yaml"
        rules.write_text(RULES.format(sources=json.dumps(sources), url=endpoint.url))
        return Service(rules, tmp_path / "data", "--http", "off", **more)

    return start


@pytest.fixture
def closed_engine():
    """An engine that lets nobody in."""
    with fake_engine() as engine:
        engine.answers["/_ping"] = (403, b'{"message":"forbidden"}')
        yield {"type": "docker", "host": engine.url}


def numbers(heard):
    return [json.loads(each.body)["n"] for each in heard]


def test_the_only_source_refuses_us_and_the_service_ends_with_5(run, closed_engine):
    with run({"engine": closed_engine}) as service:
        assert service.ended() == 5
        service.hears("source engine: refused:", "403")


def test_one_of_two_sources_refuses_us_and_the_other_goes_on(
    run, closed_engine, endpoint, tmp_path
):
    path = tmp_path / "events.jsonl"
    path.touch()
    lines = {"type": "file", "path": str(path), "follow": True}
    with run({"engine": closed_engine, "lines": lines}) as service:
        service.hears("source engine: refused:")
        path.write_text('{"n": 1}\n')

        assert numbers(endpoint.wait(1)) == ["1"]
        assert service.stop() == 0


def test_standard_input_is_read_to_its_end_and_the_service_stays(run, endpoint):
    reading, writing = os.pipe()
    with run({"in": {"type": "file", "path": "-"}}, stdin=reading) as service:
        os.close(reading)
        with os.fdopen(writing, "w") as lines:
            lines.write('{"n": 1}\n{"n": 2}')

        service.hears("source in: ended")
        assert sorted(numbers(endpoint.wait(2))) == ["1", "2"]
        assert service.stop() == 0


def test_a_stop_does_not_wait_for_standard_input(run):
    reading, writing = os.pipe()
    with run({"in": {"type": "file", "path": "-"}}, stdin=reading) as service:
        service.hears("running")

        assert service.stop() == 0
    os.close(reading)
    os.close(writing)


def test_bad_frames_are_told_once_a_kind_and_the_good_ones_go_through(run, endpoint, tmp_path):
    path = tmp_path / "events.jsonl"
    bad = [b"{", b"[]", b'{"n": "\\u0000"}', b"[" * 9999, b'{"n": 1e999}', b'"' + b"x" * 2**21]
    path.write_bytes(b"\n".join([*bad * 3, b'{"n": 1}', b""]))
    with run({"lines": {"type": "file", "path": str(path)}}) as service:
        assert numbers(endpoint.wait(1)) == ["1"]
        assert service.stop() == 0

    told = [line for line in service.said if "refused a frame" in line]
    assert len(told) == len({line.split(": ")[2] for line in told}) <= len(bad)
