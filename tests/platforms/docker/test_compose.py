"""Compose: the project that labels tell of, and the runs of the tool."""

from pathlib import Path

import pytest

from reactor.platforms.docker import compose as module
from reactor.platforms.docker.compose import Project, is_here, project_of
from reactor.platforms.docker.dial import Tls, parse_address
from tests.platforms.docker.tools import Tool

SOCKET = "unix:///var/run/docker.sock"
LABEL = "com.docker.compose.project"


@pytest.fixture
def tool(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    return Tool(folder)


@pytest.fixture
def project(tmp_path):
    """A project whose file is there."""
    file = tmp_path / "compose.yaml"
    file.touch()
    return Project(name="shop", folder=tmp_path, files=(file,))


def labels(**about):
    return {LABEL: "shop", **{f"{LABEL}.{name}": text for name, text in about.items()}}


@pytest.mark.parametrize(
    ("found", "files", "environment"),
    [
        # Compose 2 writes whole paths, Compose 1 what stood on its command line.
        ({"config_files": "/srv/shop/compose.yaml"}, ("/srv/shop/compose.yaml",), ()),
        (
            {"config_files": "a.yml,../b.yml", "environment_file": "/etc/shop.env"},
            ("/srv/shop/a.yml", "/srv/shop/../b.yml"),
            ("/etc/shop.env",),
        ),
    ],
)
def test_labels_tell_where_a_project_is_written(found, files, environment):
    assert project_of(labels(working_dir="/srv/shop", **found)) == Project(
        name="shop",
        folder=Path("/srv/shop"),
        files=tuple(map(Path, files)),
        environment=tuple(map(Path, environment)),
    )


@pytest.mark.parametrize(
    "found",
    [
        {},
        labels(),
        labels(config_files="/srv/compose.yaml"),
        labels(working_dir="/srv", config_files=""),
        labels(working_dir="srv", config_files="compose.yaml"),
    ],
)
def test_labels_that_do_not_tell_make_no_project(found):
    assert project_of(found) is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("unix:///run/docker.sock", True),
        ("tcp://127.0.0.1:2375", True),
        ("tcp://[::1]:2375", True),
        ("tcp://localhost:2375", True),
        ("tcp://proxy:2375", False),
        ("tcp://10.0.0.5:2375", False),
        ("ssh://ops@dock", False),
        ("ssh://127.0.0.1", False),  # a tunnel may begin here
    ],
)
def test_an_engine_is_here_if_its_address_says_so(host, expected):
    assert is_here(parse_address(host)) is expected


def test_a_project_is_made_anew_with_as_many_containers_as_are_asked_for(tool, project):
    tool.install()
    compose = tool.compose(SOCKET, DOCKER_CONTEXT="elsewhere", TAG="1")

    ready = compose.ready(project)
    fault = compose.up(ready, {"web": 2, "db": 1}, "--force-recreate")

    begin = [
        "--project-name=shop",
        f"--project-directory={project.folder}",
        f"--file={project.files[0]}",
    ]
    made = ["up", "--detach", "--no-deps", "--force-recreate"]
    scales = ["--scale", "web=2", "--scale", "db=1", "web", "db"]
    assert (fault, ready.tool) == (None, "docker-compose")
    assert [call["arguments"] for call in tool.called] == [
        [*begin, "config", "--quiet"],
        [*begin, *made, *scales],
    ]
    assert {(call["folder"], call["host"]) for call in tool.called} == {
        (str(project.folder), SOCKET)
    }


def test_the_newer_tool_is_preferred_and_hears_of_certificates_and_variables(tool, project):
    tool.install("docker")
    tool.install("docker-compose")
    variables = project.folder / "shop.env"
    variables.touch()
    compose = tool.compose("tcp://127.0.0.1:2376", Tls(ca="/ca", cert="/cert", key="/key"))

    ready = compose.ready(
        Project(name="shop", folder=project.folder, files=project.files, environment=(variables,))
    )

    assert (ready.tool, ready.begin) == (
        "docker compose",
        (
            *("docker", "--tlsverify", "--tlscacert=/ca", "--tlscert=/cert", "--tlskey=/key"),
            *("compose", "--project-name=shop", f"--project-directory={project.folder}"),
            *(f"--file={project.files[0]}", f"--env-file={variables}"),
        ),
    )


def test_a_docker_without_compose_is_passed_over(tool, project):
    tool.install("docker-compose")
    Tool(tool.folder, {"version": (1, "unknown command: docker compose")}).install("docker")

    assert tool.compose(SOCKET).ready(project).tool == "docker-compose"


def test_without_a_tool_nothing_can_be_made(tool, project):
    assert tool.compose(SOCKET).ready(project) == "Compose is not installed here"


def test_an_engine_elsewhere_may_mean_other_files(tool, project):
    tool.install()

    assert tool.compose("tcp://proxy:2375").ready(project) == "the engine is not this machine's"


def test_files_that_are_not_told_of_or_not_there_are_named(tool, project):
    tool.install()
    project.files[0].unlink()

    assert tool.compose(SOCKET).ready(None) == "no label says where its Compose files are"
    expected = f"{project.files[0]} cannot be read here"
    assert tool.compose(SOCKET).ready(project) == expected


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            (14, "\nyaml: line 3\n\nERROR: no such service\n"),
            "docker-compose does not take its files: yaml: line 3 / ERROR: no such service",
        ),
        (
            (0, 'level=warning msg="The \\"TAG\\" variable is not set. Defaulting to a blank"'),
            "its Compose files use a variable that is not set here",
        ),
        (
            (0, "The TAG variable is not set. Defaulting to a blank string."),
            "its Compose files use a variable that is not set here",
        ),
    ],
)
def test_files_that_would_not_make_what_there_was_are_not_used(tool, project, answer, why):
    Tool(tool.folder, {"config": answer}).install("docker-compose")

    assert tool.compose(SOCKET).ready(project) == why


def test_a_run_that_fails_is_told_with_its_last_words(tool, project):
    said = "Recreating shop_web_1 ...\n" + "x" * 500 + "\nport is already allocated"
    Tool(tool.folder, {"up": (1, said)}).install("docker-compose")
    compose = tool.compose(SOCKET)

    fault = compose.up(compose.ready(project), {"web": 1})

    assert fault.startswith("docker-compose ended with 1: xxx")
    assert fault.endswith("xxx / port is already allocated")
    assert len(fault) < 350


def test_a_run_that_does_not_end_is_ended(tool, project, monkeypatch):
    tool.install()
    compose = tool.compose(SOCKET)
    ready = compose.ready(project)
    # An hour's sleep, and no ten minutes to wait for its end.
    (tool.folder / "docker-compose").write_text("#!/bin/sh\necho pulling; exec /bin/sleep 3600")
    monkeypatch.setattr(module, "PATIENCE", 0.5)

    assert compose.up(ready, {"web": 1}) == "docker-compose did not end within 0 s: pulling"
