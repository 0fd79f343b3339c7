"""What is found around us is told, and no value of a variable is in it."""

import pytest

from reactor.cli.found import look_around
from tests.fake_engine import fake_engine

NOWHERE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


@pytest.fixture(scope="module")
def engine():
    with fake_engine() as running:
        yield running


def test_an_engine_that_answers_is_a_source(engine):
    found = look_around({"DOCKER_HOST": engine.url})

    assert found.sources == ("docker",)
    assert found.told[0] == f"Docker Engine 20.10.24 at {engine.url}"


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("unix:///nowhere/docker.sock", "no such socket"),
        ("unix:///", "connection refused"),
        ("tcp://127.0.0.1:9", "connection refused"),
        ("ftp://dock", "expected unix:///PATH"),
    ],
)
def test_without_an_engine_the_reason_is_told(host, why):
    found = look_around({"DOCKER_HOST": host})

    assert found.sources == ()
    assert found.told[0].startswith(f"no Docker Engine at {host}: {why}")


@pytest.mark.parametrize(
    ("variables", "sources"),
    [
        (["DOCKERCLOUD_AUTH"], ("dockercloud",)),
        (["DOCKERCLOUD_USER", "DOCKERCLOUD_APIKEY"], ("dockercloud",)),
        (["DOCKERCLOUD_USER", "DOCKERCLOUD_PASS"], ("dockercloud",)),
        (["DOCKERCLOUD_USER"], ()),
        (["DOCKERCLOUD_APIKEY"], ()),
        (["DOCKERCLOUD_NAMESPACE", "DOCKERCLOUD_STREAM_HOST"], ()),
        (["TUTUM_USER", "TUTUM_APIKEY"], ("tutum",)),
        (["DOCKERCLOUD_AUTH", "TUTUM_AUTH"], ("dockercloud", "tutum")),
        (["DOCKERCLOUD_USER", "TUTUM_APIKEY"], ()),
    ],
)
def test_an_account_is_a_source_when_it_is_whole(variables, sources):
    found = look_around(NOWHERE | dict.fromkeys(variables, "hidden"))

    assert found.sources == sources
    assert "hidden" not in " ".join(found.told)


def test_half_an_account_and_hosts_that_are_gone_are_told():
    told = look_around(NOWHERE | {"DOCKERCLOUD_USER": "ann", "TUTUM_AUTH": "Basic x"}).told

    assert "half an account of Docker Cloud: DOCKERCLOUD_USER and DOCKERCLOUD_APIKEY" in told[1]
    assert told[2] == "an account of Tutum in TUTUM_…"
    assert told[3].startswith("TUTUM_STREAM_HOST and TUTUM_REST_HOST are not set")


def test_of_a_stream_that_the_environment_names_nothing_is_missing():
    known = {"TUTUM_AUTH": "Basic x", "TUTUM_STREAM_URL": "ws://127.0.0.1:9/v1"}

    assert not [line for line in look_around(NOWHERE | known).told if "not set" in line]


@pytest.mark.parametrize(
    ("url", "is_one", "told"),
    [
        ("https://hooks.slack.com/services/T/B/hidden", True, "the URL of a Slack webhook in"),
        ("hidden", False, "SLACK_WEBHOOK_URL is set, but holds no URL"),
        ("https://hooks.slack.com/hidden \n", False, "SLACK_WEBHOOK_URL is set, but holds no URL"),
        ("", False, "no SLACK_WEBHOOK_URL: messages go to reactor's own log"),
    ],
)
def test_slack_is_there_when_its_variable_holds_a_url(url, is_one, told):
    found = look_around(NOWHERE | {"SLACK_WEBHOOK_URL": url})

    assert found.slack is is_one
    assert found.told[-1].startswith(told)
    assert "hidden" not in " ".join(found.told)
