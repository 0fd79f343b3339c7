from datetime import timedelta

from reactor.model.platform import EVIDENCE
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.platforms.docker.frames import SHAPES
from reactor.sources.docker import DOCKER
from reactor.sources.enginestream import DockerSource


def test_an_entry_is_opened_as_the_engine_that_it_names():
    spec = SourceSpec(
        name="s",
        type="docker",
        options={"host": "tcp://127.0.0.1:2375"},
        evidence=frozenset({"log_tail"}),
        place=Place("f", 1, 1),
    )

    assert isinstance(DOCKER.open(spec), DockerSource)


def test_the_type_says_what_may_be_written_and_what_comes():
    assert {"host", "tls", "reconcile"} <= set(DOCKER.fields)
    assert DOCKER.platform
    assert DOCKER.longest_pause == timedelta(seconds=5)
    assert (DOCKER.evidence, DOCKER.shapes) == (EVIDENCE, SHAPES)
