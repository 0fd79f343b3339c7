import pytest

from reactor.hub.docker.hearing import Ear
from reactor.model.errors import SourceLost
from reactor.model.event import Frame
from reactor.platforms.docker.objects import container_uuid
from tests.hub.docker.samples import C1, LABELS, a_holding, a_source_frame, told
from tests.hub.docker.test_survey import have
from tests.platforms.docker.acted_engine import acted_engine


@pytest.fixture
def engine():
    with acted_engine() as engine:
        have(engine, "c1", **LABELS)
        yield engine


@pytest.fixture
def holding():
    return a_holding()[0]


@pytest.fixture
def ear(engine, holding):
    ear = Ear(engine.client, holding)
    ear.connected()
    return ear


def container(holding, uuid=C1):
    with holding.reading() as register:
        return register.get("container", uuid), register.containers[uuid].container


def test_what_is_there_is_known_without_a_word(holding, ear):
    assert container(holding)[0].state == "Running"
    with holding.reading() as register:
        assert register.api == "/v1.41"


def test_an_end_is_told_with_its_own_exit_code(holding, ear):
    frames = []
    holding.listen(frames.append)

    ear.put(a_source_frame("Stopped", exit_code=137))

    assert told(frames) == [("container", "update", "Stopped")]
    entry, found = container(holding)
    assert (entry.state, found.exit_code, found.state) == ("Stopped", 137, "Running")
    assert found.finished_at is not None


def test_a_new_container_is_inspected_before_it_is_told(engine, holding, ear):
    have(engine, "c2", **LABELS)
    seen = []
    holding.listen(lambda _: seen.append(container(holding, container_uuid("c2"))[1].image))

    assert ear.offer(a_source_frame("Starting", "c2"))

    assert seen == ["nginx"]


def test_a_container_that_cannot_be_inspected_is_as_the_frame_tells(holding, ear):
    ear.put(a_source_frame("Starting", "c9"))

    assert container(holding, container_uuid("c9"))[1].name == "shop_web_c9"


def test_the_end_of_a_stranger_leaves_nothing(holding, ear):
    ear.put(a_source_frame("Terminated", "c9"))

    with holding.reading() as register:
        assert container_uuid("c9") not in register.entries | register.containers


def test_what_is_no_news_is_passed_over(holding, ear):
    frames = []
    holding.listen(frames.append)

    ear.put(Frame(b'{"type": "gap"}', "x"))
    ear.put(a_source_frame(None))
    ear.remember({"since": "1"})
    ear.say("hello")

    assert (frames, ear.recall()) == ([], {})


def test_a_second_meeting_changes_nothing_another_engine_all(engine, holding, ear):
    ear.put(a_source_frame("Stopped"))
    ear.connected()
    assert container(holding)[0].state == "Stopped"

    engine.answers["/info"] = (200, {"ID": "another", "Name": "dock"})
    ear.connected()
    assert container(holding)[0].state == "Running"


def test_what_was_forgotten_is_taken_in_anew(engine, holding, ear):
    ear.forget()
    ear.put(a_source_frame("Stopped"))
    assert container(holding)[0].state == "Running"
    engine.answers["/containers/c1/json"] = (404, {})

    ear.connected()

    with holding.reading() as register:
        assert register.all("container") == []


def test_an_engine_that_goes_away_while_it_is_met_is_lost(holding):
    with acted_engine() as engine:
        client = engine.client

    with pytest.raises(SourceLost):
        Ear(client, holding).connected()
