import json
from threading import Event, Thread

import pytest

from reactor.model.errors import SourceLost, SourceRefused
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.reader import Order
from reactor.sources.readerprocess import ReaderProcess
from tests.fake_engine import ENGINE_ID, docker_event, fake_engine
from tests.fakes import PATIENCE


@pytest.fixture
def engine():
    with fake_engine() as running:
        yield running


@pytest.fixture
def stop():
    return Event()


def a_reader(url, window=10.0):
    return ReaderProcess(Order(address=parse_address(url), window=window))


def until(reader, stop, wanted):
    """All lines up to the first that is `wanted`, read as JSON."""
    found = []
    while not (found and wanted(found[-1])):
        lines = reader.lines(stop)
        assert lines is not None, found
        found += map(json.loads, lines)
    return found


def test_an_engine_is_met_before_its_events_come(engine, stop):
    with a_reader(engine.url) as reader:
        first = json.loads(reader.meet(stop)[0])
        assert engine.asked.wait(PATIENCE)
        engine.say(docker_event("start"), docker_event("die"))

        told = until(reader, stop, lambda line: line.get("Action") == "die")

    assert (first["reactor"], first["id"]) == ("engine", ENGINE_ID)
    assert told[-2:] == [docker_event("start"), docker_event("die")]


def test_it_is_woken_by_another_thread(engine, stop):
    with a_reader(engine.url) as reader:
        until(reader, stop, lambda line: line.get("reactor") == "ring")
        waking = Thread(target=reader.wake)
        waking.start()

        assert reader.lines(stop) == []
        waking.join()


def test_to_wake_what_was_left_touches_no_other_file(engine, stop, tmp_path):
    with a_reader(engine.url) as reader:
        reader.meet(stop)

    with (tmp_path / "journal").open("wb") as file:  # its number is the one that was free
        reader.wake()

    assert file.closed
    assert (tmp_path / "journal").read_bytes() == b""


def test_a_stop_ends_the_wait_for_an_engine(engine, stop):
    engine.is_dead.set()
    with a_reader(engine.url) as reader:
        stop.set()

        assert reader.meet(stop) == []
        assert reader.lines(stop) == []


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("tcp://127.0.0.1:1", SourceLost, "tcp://127.0.0.1:1: connection refused"),
        ("unix:///no/such.sock", SourceLost, "no such socket"),
    ],
)
def test_its_last_words_say_why_there_is_no_engine(url, error, words, stop):
    with a_reader(url) as reader:
        assert reader.meet(stop) == []
        ending = reader.ending(url)

    assert isinstance(ending, error)
    assert words in str(ending).lower()


def test_who_is_not_let_in_is_refused(engine, stop):
    engine.answers["/_ping"] = (403, b'{"message":"no"}')
    with a_reader(engine.url) as reader:
        assert reader.meet(stop) == []
        assert isinstance(reader.ending(engine.url), SourceRefused)


def test_a_stream_that_breaks_off_ends_the_lines(engine, stop):
    with a_reader(engine.url) as reader:
        until(reader, stop, lambda line: line.get("reactor") == "ring")
        assert engine.asked.wait(PATIENCE)
        engine.cut()
        while reader.lines(stop) is not None:
            pass

        assert isinstance(reader.ending(engine.url), SourceLost)


def test_a_reader_that_is_left_is_gone(engine, stop):
    with a_reader(engine.url) as reader:
        reader.meet(stop)

    assert reader._process.poll() is not None
