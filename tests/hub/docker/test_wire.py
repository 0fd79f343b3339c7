from contextlib import closing
from threading import Thread

import pytest

from reactor.hub.docker.wire import Way
from reactor.hub.fleet import NotAllowed, Unavailable
from reactor.platforms.docker.dial import parse_address
from tests.fakes import PATIENCE
from tests.hub.docker.speaking import OK, speaking


def test_a_request_is_written_and_its_answer_read_as_it_comes():
    with speaking(OK + b"first") as speaker:
        wire = speaker.way.open("POST /x HTTP/1.1", {"a": 1}, Upgrade="tcp")
        with closing(wire):
            assert wire.read() == b"first"
            speaker.say(b"second")
            assert wire.read() == b"second"
            speaker.end()
            assert (wire.read(), wire.read()) == (b"", b"")

    head, _, body = speaker.heard.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /x HTTP/1.1\r\nHost: docker\r\n")
    assert b"Upgrade: tcp" in head
    assert b"Content-Length: 8" in head
    assert body == b'{"a": 1}'


def test_what_is_written_arrives_however_much_it_is():
    much = b"x" * 5_000_000
    with speaking() as speaker, closing(speaker.way.open("GET / HTTP/1.0")) as wire:
        wire.write(much)
        wire.close()
        wire.write(b"dropped")

    assert speaker.heard.partition(b"\r\n\r\n")[2] == much


def test_who_hangs_up_has_the_last_word_once():
    with speaking() as speaker:
        wire = speaker.way.open("GET / HTTP/1.0")
        wire.close(b"bye")
        wire.close(b"bye")

    assert speaker.heard.partition(b"\r\n\r\n")[2] == b"bye"


def test_who_reads_is_let_go_by_a_close():
    with speaking() as speaker:
        wire, read = speaker.way.open("GET / HTTP/1.0"), []
        reading = Thread(target=lambda: read.append(wire.read()))
        reading.start()

        wire.close()
        wire.close()

        reading.join(PATIENCE)
        assert read == [b""]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            b'HTTP/1.0 404 Not Found\r\n\r\n{"message":"No such container"}\n',
            "No such container",
        ),
        (b'HTTP/1.1 409 Conflict\r\n\r\n14\r\n{"message":"is not running"}\r\n0', "is not running"),
        (b"HTTP/1.0 403 Forbidden\r\n\r\nno <b>way</b>", "refuses: no <b>way</b>"),
        (b"HTTP/1.0 500 Oops\r\n\r\n", "does not say why"),
        (b"what?", "does not say why"),
    ],
)
def test_what_the_engine_refuses_is_told_in_its_words(answer, said):
    with speaking(answer + b"\r\n\r\n") as speaker, pytest.raises(NotAllowed, match=said):
        speaker.way.open("GET / HTTP/1.0")


def test_an_engine_that_hangs_up_is_unavailable():
    with speaking(b"") as speaker:
        Thread(target=speaker.end).start()
        with pytest.raises(Unavailable, match="hung up"):
            speaker.way.open("GET / HTTP/1.0")


def test_an_engine_that_is_away_is_unavailable(tmp_path):
    way = Way(address=parse_address(f"unix://{tmp_path}/none.sock"), tls=None)

    with pytest.raises(Unavailable, match="no such socket"):
        way.open("GET / HTTP/1.0")
