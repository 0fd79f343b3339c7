"""The sources in their threads, and the APIs behind them."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from queue import Queue

import pytest

from reactor import running
from reactor.engine.parking import MOST_EVENTS
from reactor.model.errors import JournalUnavailable
from reactor.model.event import PLATFORM_OBJECTS, Arrival
from reactor.model.lookup import Found, Need
from reactor.model.problem import Place
from reactor.model.request import CallStep, ObjectCall
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret
from reactor.model.signal import Linked
from reactor.model.uri import object_uri, read_uri, stable_uuid
from reactor.pipeline import MAX_BATCH
from reactor.platforms.fetches import MOST_OPEN
from reactor.running import Apis, Sources, started
from reactor.sources.intake import MAX_FRAMES, Intake
from reactor.sources.supervise import SourceState
from tests.builders import replace
from tests.fakes import PATIENCE


def test_whatever_may_be_parked_of_a_source_may_be_asked_for():
    on_their_way = MAX_FRAMES + MAX_BATCH

    assert (MOST_EVENTS + on_their_way) * len(PLATFORM_OBJECTS) <= MOST_OPEN


def test_a_source_that_waits_for_room_does_not_hold_a_stop(monkeypatch):
    monkeypatch.setattr(
        running, "PATIENCE", 1.0
    )  # else a failure of this test takes eleven seconds
    intake, lines = Intake(max_frames=1), Queue()
    sources = Sources(intake, log=lines.put)
    intake.put(Arrival(source="lines", raw=b"{}", identity="1"))
    sources.adopt([a_source("zeros", path="/dev/zero", follow=True)])

    sources.stop()

    assert [status.state for status in sources.statuses()] == [SourceState.STOPPED]


def a_source(name, line=1, **options):
    return SourceSpec(name=name, type="file", options=options, place=Place("f", line, 1))


@pytest.fixture
def sources(tmp_path):
    """Supervised sources with what they say in `lines`."""
    for name in ("a", "b"):
        (tmp_path / name).touch()
    sources = Sources(Intake(), log=(lines := Queue()).put)
    sources.lines = lines
    yield sources
    sources.stop()


class Hearer:
    def __init__(self, tell):
        self._tell = tell

    def link(self, *, is_connected):
        self._tell(is_connected)

    def hear(self, frame):
        self._tell(frame.raw)


def following(tmp_path, name, line=1):
    return a_source(name, line, path=str(tmp_path / name), follow=True)


def said(sources, count):
    return sorted(sources.lines.get(timeout=PATIENCE).partition(" to ")[0] for _ in range(count))


def test_what_connects_and_what_stops_is_told_down_the_road(tmp_path):
    (tmp_path / "a").touch()
    intake, lines = Intake(), Queue()
    sources = Sources(intake, log=lines.put)

    sources.adopt([following(tmp_path, "a")])
    lines.get(timeout=PATIENCE)
    sources.adopt([])

    told = [each.is_connected for each in intake.take(9) if isinstance(each, Linked)]
    assert told == [False, True, False]


def test_that_any_source_was_connected_is_known_also_after_it_was_replaced(sources, tmp_path):
    sources.adopt([a_source("a", path=str(tmp_path / "none"))])
    said(sources, 1)
    assert not sources.was_connected

    sources.adopt([following(tmp_path, "a")])
    said(sources, 2)
    sources.adopt([])

    assert sources.was_connected


def test_new_sources_start_and_old_ones_stop(sources, tmp_path):
    sources.adopt([following(tmp_path, "a")])
    assert said(sources, 1) == ["source a: connected"]

    sources.adopt([following(tmp_path, "b")])

    assert said(sources, 2) == ["source a: stopped", "source b: connected"]
    assert [status.name for status in sources.statuses()] == ["b"]


def test_a_source_starts_anew_only_when_it_has_changed(sources, tmp_path):
    sources.adopt([following(tmp_path, "a"), following(tmp_path, "b")])
    said(sources, 2)

    moved, changed = following(tmp_path, "a", line=7), a_source("b", path=str(tmp_path / "b"))
    sources.adopt([moved, changed])

    assert said(sources, 3) == ["source b: connected", "source b: ended", "source b: stopped"]


def test_a_source_starts_anew_when_rules_wish_for_other_evidence(sources, tmp_path):
    before = following(tmp_path, "a")
    sources.adopt([before])
    said(sources, 1)

    sources.adopt([replace(before, evidence=frozenset({"log_tail"}))])

    assert said(sources, 2) == ["source a: connected", "source a: stopped"]


def test_others_hear_a_source_of_what_it_is_until_it_has_changed(sources, tmp_path):
    (tmp_path / "a").write_text('{"n": 1}\n')
    spec, told = following(tmp_path, "a"), Queue()
    hearer = Hearer(told.put)

    with sources.relay.heard_by(hearer, "a", spec.options):
        sources.adopt([spec])
        assert [told.get(timeout=PATIENCE) for _ in range(3)] == [False, True, b'{"n": 1}']
        sources.adopt([a_source("a", path=str(tmp_path / "b"), follow=True)])
        assert told.get(timeout=PATIENCE) is False

    assert told.empty()


def test_how_a_source_stands_can_be_asked_by_its_name(sources, tmp_path):
    sources.adopt([following(tmp_path, "a")])

    assert sources.status("a").name == "a"
    assert sources.status("b") is None


def test_a_thread_that_dies_is_told_of():
    told = Queue()

    def dies():
        raise JournalUnavailable("a gap")

    started("pipeline", dies, told.put).join(PATIENCE)

    assert "pipeline" in told.get(timeout=PATIENCE)


def test_a_thread_that_ends_is_not_told_of():
    told = Queue()

    started("pipeline", lambda: None, told.put).join(PATIENCE)

    assert told.empty()


def a_cloud(name, port=1, line=1):
    options = {
        "user": "acme",
        "apikey": Secret("s3cret"),
        "rest_host": f"http://127.0.0.1:{port}/",
        "stream_host": f"ws://127.0.0.1:{port}/",
    }
    return SourceSpec(name=name, type="dockercloud", options=options, place=Place("f", line, 1))


def test_a_source_with_an_api_can_be_asked_and_called_and_others_cannot(tmp_path):
    specs = [a_cloud("cloud"), following(tmp_path, "a")]

    with closing(Apis(specs)) as apis:
        assert list(apis.lookups) == ["cloud"]


def an_engine(host="unix:///nowhere"):
    return SourceSpec(name="local", type="docker", options={"host": host}, place=Place("f", 1, 1))


def a_call(source):
    target, _ = read_uri(object_uri("container", stable_uuid("web")))
    return ObjectCall(
        source=source,
        target=target,
        steps=(CallStep("POST", "restart"),),
        delivery_id="1",
        is_repeated=False,
        is_renewed=False,
        promised_at=datetime(2030, 1, 7, tzinfo=UTC),
        timeout=timedelta(seconds=PATIENCE),
    )


def test_an_api_whose_events_bring_all_that_is_known_is_called_and_never_asked():
    told = Queue()
    with closing(Apis([an_engine()])) as apis:
        calls = apis.calls(on_finished=lambda: told.put(None))
        calls.start("a call", a_call("local"))
        told.get(timeout=PATIENCE)

        [(_, response)] = calls.finished()
        assert response.detail.startswith("source 'local' does not allow restart")
        assert apis.lookups == {}
        assert apis.adopt([]) == {}


def test_what_is_not_asked_is_not_missed_when_its_address_is_none():
    with closing(Apis([an_engine("dock:2375")])) as apis:
        assert apis.lookups == {}


def test_an_api_without_credentials_is_asked_in_vain(monkeypatch, tmp_path):
    for name in ("AUTH", "USER", "APIKEY", "PASS"):  # the environment is what it reads
        monkeypatch.delenv(f"DOCKERCLOUD_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    spec = SourceSpec(name="cloud", type="dockercloud", options={}, place=Place("f", 1, 1))

    uri, told = object_uri("service", stable_uuid("web")), []

    with closing(Apis([spec])) as apis:
        lookups = apis.lookups["cloud"]
        lookups.forget(uri)
        lookups.ask(Need("service", uri, fresh=True), told.append)

    assert lookups.recall(uri) is None
    assert [(found.object, found.reason[:14]) for found in told] == [(None, "no credentials")]


def test_an_api_is_opened_anew_only_when_its_source_has_changed():
    with closing(Apis([a_cloud("a"), a_cloud("b"), a_cloud("c")])) as apis:
        before = apis.lookups

        after = apis.adopt([a_cloud("a", line=7), a_cloud("b", port=2)])
        apis.retire()

        assert after["a"] is before["a"]
        assert after["b"] is not before["b"]


def test_events_of_a_source_that_is_gone_are_told_so():
    told = []
    with closing(Apis([a_cloud("cloud")])) as apis:
        after = apis.adopt([])
        after["cloud"].ask(Need("service", "whatever", fresh=True), told.append)

    assert told == [Found(object=None, reason="source 'cloud' is no longer in the rules")]


def a_hook(name, shown="a-token"):
    options = {"token": Secret(shown)}
    return SourceSpec(name=name, type="webhook", options=options, place=Place("f", 1, 1))


def test_a_hook_is_found_by_its_name_as_long_as_it_is_there(sources, tmp_path):
    sources.adopt([a_hook("ci"), following(tmp_path, "a")])
    hook = sources.hook("ci")

    assert hook.peer == "/hooks/ci"
    assert sources.hook("a") is None

    sources.adopt([a_hook("ci")])
    assert sources.hook("ci") is hook

    sources.adopt([a_hook("ci", shown="another")])
    assert sources.hook("ci") is not hook

    sources.adopt([])
    assert sources.hook("ci") is None


def test_a_name_that_is_no_hook_any_more_is_not_found(sources, tmp_path):
    sources.adopt([a_hook("a")])

    sources.adopt([following(tmp_path, "a")])

    assert sources.hook("a") is None
