import subprocess
import sys

import pytest

from reactor.model.errors import SourceRefused
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret
from reactor.sources.cloudstream import DockerCloudSource
from reactor.sources.dockercloud import DOCKERCLOUD


def a_spec(**options):
    return SourceSpec(name="cloud", type="dockercloud", options=options, place=Place("f", 1, 1))


def test_its_objects_are_those_of_a_platform():
    assert DOCKERCLOUD.platform
    assert isinstance(DOCKERCLOUD.open(a_spec()), DockerCloudSource)


def test_the_api_behind_it_has_its_host_and_its_namespace():
    api = DOCKERCLOUD.api(
        a_spec(user="ann", apikey=Secret("key"), rest_host="http://hub:8080/", namespace="acme")
    )

    assert (api.origin, api.namespace) == ("http://hub:8080", "acme")


def test_without_credentials_there_is_no_api():
    with pytest.raises(SourceRefused, match="apikey"):
        DOCKERCLOUD.api(a_spec(user="ann"))


def test_who_does_not_use_it_does_not_load_its_libraries():
    program = "import reactor.sources, sys; print({'requests', 'websocket'} & set(sys.modules))"

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert answer.stdout == b"set()\n"
