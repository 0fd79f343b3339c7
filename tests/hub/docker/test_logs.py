from contextlib import closing
from dataclasses import replace

import pytest

from reactor.hub.docker.baseline import lay
from reactor.hub.docker.logs import DockerLog
from reactor.hub.fleet import NotAllowed
from tests.hub.docker.samples import C1, NOW, WEB, a_holding, a_survey, an_inspection, news
from tests.hub.docker.speaking import OK, speaking
from tests.hub.docker.test_lines import framed


@pytest.fixture
def holding():
    holding, _ = a_holding()
    with holding.changing() as register:
        register.api = "/v1.41"
        lay(register, a_survey(replace(an_inspection(), has_terminal=False)), NOW)
    return holding


def opened(way, holding, kind, uuid, *, follow=False):
    with holding.reading() as register:
        entry = register.get(kind, uuid)
    return closing(DockerLog(way, holding, entry, tail=5, follow=follow))


def test_the_last_lines_of_a_container_and_then_nothing(holding):
    with (
        speaking(OK + framed("one\n")) as speaker,
        opened(speaker.way, holding, "container", C1) as log,
    ):
        (line,) = log.read()
        speaker.say(framed("two\n", 2))
        (other,) = log.read()
        speaker.end()
        assert log.read() == []

    assert (line.text, line.stream, line.source) == ("one\n", "stdout", None)
    assert (other.text, other.stream) == ("two\n", "stderr")
    asked = "/v1.41/containers/c1/logs?stdout=1&stderr=1&timestamps=1&tail=5"
    assert speaker.heard.startswith(f"GET {asked} HTTP/1.0\r\n".encode())


def test_the_lines_of_a_service_name_their_container(holding):
    with (
        speaking(OK + framed("one\n")) as speaker,
        opened(speaker.way, holding, "service", WEB, follow=True) as log,
    ):
        (line,) = log.read()

    assert line.source == "shop_web_c1"
    assert b"follow=1" in speaker.heard


def test_a_followed_log_ends_with_its_container(holding):
    with (
        speaking(OK + framed("one\n")) as speaker,
        opened(speaker.way, holding, "container", C1, follow=True) as log,
    ):
        log.read()
        speaker.end()
        with holding.changing() as register:
            register.take(news("Terminated"))
        assert log.read() == []


def test_who_reads_is_let_go_by_a_close(holding):
    with (
        speaking() as speaker,
        opened(speaker.way, holding, "container", C1, follow=True) as log,
    ):
        log.close()
        assert log.read() == []


def test_what_the_engine_does_not_show_of_a_container_is_not_allowed(holding):
    refusal = b'HTTP/1.0 501 No\r\n\r\n{"message":"the driver does not support reading"}\r\n\r\n'
    with (
        speaking(refusal) as speaker,
        pytest.raises(NotAllowed, match="does not support reading"),
        opened(speaker.way, holding, "container", C1),
    ):
        pass


def test_a_node_has_no_log(holding):
    with holding.reading() as register:
        (node,) = register.all("node")

    with speaking() as speaker:
        with (
            pytest.raises(NotAllowed, match="A node has no log"),
            opened(speaker.way, holding, "node", node.uuid),
        ):
            pass
        speaker.way.open("GET / HTTP/1.0").close()
