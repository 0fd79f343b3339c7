from contextlib import closing

import pytest

from reactor.hub.docker.terminal import DockerTerminal
from reactor.hub.fleet import NotAllowed, Output, Unavailable
from tests.hub.docker.speaking import OK, speaking
from tests.platforms.docker.acted_engine import API, acted_engine

COMMAND = ["sh", "-c", "true"]


@pytest.fixture
def engine():
    with acted_engine() as engine:
        engine.answers["POST /containers/c1/exec"] = (201, {"Id": "e1"})
        yield engine


def test_a_command_is_made_started_written_to_and_read(engine):
    with speaking(OK) as speaker:
        terminal = DockerTerminal(engine.client, speaker.way, API, "c1", COMMAND)
        with closing(terminal):
            terminal.write(b"ls\n")
            speaker.say(b"gr" + "ü".encode()[:1])
            assert terminal.read() == [Output(text="gr", stream="stdout")]
            speaker.say("ü".encode()[1:])
            assert terminal.read() == [Output(text="ü", stream="stdout")]
            speaker.end()
            assert terminal.read() == []

    (method, path, wanted), *_ = engine.told
    assert (method, path, wanted["Cmd"]) == ("POST", "/containers/c1/exec", COMMAND)
    assert speaker.heard.startswith(f"POST {API}/exec/e1/start HTTP/1.1".encode())
    # Who leaves, leaves as people do.
    assert speaker.heard.endswith(b"ls\n\x03\x04")


@pytest.mark.parametrize(
    ("answer", "said"),
    [((409, {"message": "c1 is paused"}), "c1 is paused"), ((500, None), "answers 500")],
)
def test_what_the_engine_does_not_take_is_not_allowed(engine, answer, said):
    engine.answers["POST /containers/c1/exec"] = answer

    with speaking() as speaker:
        with pytest.raises(NotAllowed, match=said):
            DockerTerminal(engine.client, speaker.way, API, "c1", COMMAND)
        speaker.way.open("GET / HTTP/1.0").close()


def test_an_engine_that_is_away_is_unavailable():
    with acted_engine() as engine:
        client = engine.client

    with speaking() as speaker:
        with pytest.raises(Unavailable):
            DockerTerminal(client, speaker.way, API, "c1", COMMAND)
        speaker.way.open("GET / HTTP/1.0").close()
