"""What an entry of a Docker source says of calls back."""

from datetime import timedelta

import pytest

from reactor.model.errors import SourceRefused
from reactor.model.problem import Place
from reactor.model.request import Fault
from reactor.model.rule import SourceSpec
from reactor.model.uri import object_uri, stable_uuid
from reactor.platforms.docker.api import VERBS, open_api
from tests.config.loading import load_text, mistakes
from tests.fakes import PATIENCE
from tests.platforms.docker.acted_engine import acted_engine

JOB = object_uri("container", stable_uuid("container", "c1"))
SOURCE = "sources:\n  local: {type: docker, allow: %s}\n"


def asked(api, method, path):
    return api.exchange(method, path, timeout=timedelta(seconds=PATIENCE))


@pytest.mark.parametrize(
    ("written", "allowed"),
    [("restart", ("restart",)), ("[restart, scale]", ("restart", "scale"))],
)
def test_a_rule_file_says_what_calls_back_may_do(tmp_path, written, allowed):
    source = load_text(tmp_path, SOURCE % written).ruleset.sources["local"]

    assert source.options == {"allow": allowed}


def test_a_verb_that_is_none_is_a_mistake(tmp_path):
    told = mistakes(tmp_path, SOURCE % "[redploy]")

    assert f"'allow' is \"redploy\", expected one of {', '.join(VERBS)}" in told
    assert "did you mean 'redeploy'" in told


def spec(**options):
    return SourceSpec(name="local", type="docker", options=options, place=Place("f", 1, 1))


def test_the_api_of_a_source_goes_by_its_options(acted):
    acted.run("c1")
    api = open_api(spec(host=acted.url, allow=("stop",)))

    assert (api.origin, api.namespace) == (acted.url, None)
    assert asked(api, "POST", f"{JOB}stop/").status == 200
    assert asked(api, "POST", f"{JOB}start/").fault is Fault.INVALID


def test_the_second_address_takes_the_calls(acted):
    acted.run("c1")
    with acted_engine() as proxy:
        asked(open_api(spec(host=acted.url, act=proxy.url, allow=("stop",))), "POST", f"{JOB}stop/")

        assert proxy.calls == ["POST /containers/c1/stop"]


@pytest.mark.parametrize("options", [{"host": "ftp://dock"}, {"act": "dock:2375"}])
def test_an_address_that_is_none_is_refused(options):
    with pytest.raises(SourceRefused, match="expected unix:///PATH"):
        open_api(spec(**options))
