"""What `docker-compose` does to a service, told by its cause."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.live.conftest import unavailable
from tests.live.deeds import OBEYS
from tests.live.engine import IMAGE, EngineUnavailable, install_compose
from tests.live.watching import has, watching

pytestmark = pytest.mark.long  # minutes of a real engine

FILE = """\
version: "3.7"
services:
  web:
    image: {image}
    network_mode: none
    command: ["/bin/busybox", "sh", "-c", "{script}"]
    environment: {{VERSION: "${{VERSION:-1}}"}}
"""


THREE = """\
version: "3.7"
x-each: &each {{image: {image}, network_mode: none}}
services:
  db: {{<<: *each, command: ["/bin/busybox", "sh", "-c", "{script}"]}}
  web: {{<<: *each, depends_on: [db], command: ["/bin/busybox", "sh", "-c", "{script}"]}}
  bad: {{<<: *each, depends_on: [web], command: ["/nosuch"]}}
"""
"""The last one cannot be started."""


class Project:
    """A Compose project with one service, web, and how to work on it."""

    def __init__(self, engine, folder, name, file=FILE):
        (folder / "docker-compose.yml").write_text(file.format(image=IMAGE, script=OBEYS))
        self._engine, self._folder, self._name = engine, folder, name

    def compose(self, *arguments, is_good=True, **variables):
        subprocess.run(
            ["docker-compose", "--project-name", self._name, *arguments],
            cwd=self._folder,
            check=is_good,
            capture_output=True,
            env={**os.environ, "DOCKER_HOST": self._engine.host, **variables},
        )

    def container(self):
        """The id of the one container of web that there is."""
        label = f"label=com.docker.compose.project={self._name}"
        return self._engine.docker("ps", "--all", "--quiet", "--no-trunc", "--filter", label)


def stop(project):
    project.compose("stop")


def down(project):
    project.compose("down")


def recreate(project):
    project.compose("up", "--detach", VERSION="2")


def scale_down(project):
    project.compose("up", "--detach", "--scale", "web=0")


ENDS = [
    (stop, "planned_stop"),
    (down, "planned_stop"),
    (scale_down, "planned_stop"),
    (recreate, "deploy"),
]


@pytest.fixture(scope="module")
def told(shared_engine, tmp_path_factory):
    """What the source tells of four projects, and each one's first container."""
    try:
        install_compose()
    except EngineUnavailable as error:
        unavailable(str(error))

    names = [deed.__name__ for deed, _ in ENDS]
    folders = {name: tmp_path_factory.mktemp(name) for name in names}  # it bears one thread alone

    def play(deed):
        project = Project(shared_engine, folders[deed.__name__], deed.__name__)
        project.compose("up", "--detach")
        container = project.container()
        deed(project)
        return project, container

    with watching(shared_engine.host) as watched, ThreadPoolExecutor(4) as pool:
        done = {deed: pool.submit(play, deed) for deed, _ in ENDS}
        yield watched, lambda deed: done[deed].result()[1]
    for project, _ in (each.result() for each in done.values()):
        project.compose("down")


@pytest.mark.parametrize(("deed", "cause"), ENDS)
def test_what_compose_does_is_planned(told, deed, cause):
    watched, container_of = told
    end = watched.of(container_of(deed), state="Stopped")

    assert (end.get("cause"), end.get("planned")) == (cause, True), end.evidence
    assert (end.get("service.name"), end.get("stack.name")) == ("web", deed.__name__)


def test_a_recreated_service_runs_again(told):
    watched, container_of = told
    watched.of(container_of(recreate), state="Terminated")
    wanted = {"type": "service", "stack.name": "recreate", "state": "Running"}

    started, *_, again = watched.wait(lambda told: has(told, wanted), count=2)
    assert started.get("resource_uri") == again.get("resource_uri") == started.get("service.uri")


def test_a_service_that_is_taken_down_is_told_to_its_end_and_so_is_its_stack(told):
    watched, container_of = told
    watched.of(container_of(down), state="Terminated")

    for kind in ("service", "stack"):
        wanted = {"type": kind, "stack.name": "down", "state": "Terminated"}
        assert len(watched.wait(lambda told, wanted=wanted: has(told, wanted))) == 1


@pytest.fixture
def project(engine, told, tmp_path):
    """Makes one, and takes it down after the test; what is told of all is `told`."""
    with ExitStack() as made:

        def make(name, file=FILE):
            project = Project(engine, tmp_path, name, file)
            made.callback(project.compose, "down")
            return project

        yield make


def test_what_is_run_by_hand_beside_a_service_is_no_part_of_it(told, project):
    shell = project("shell")
    shell.compose("up", "--detach")
    shell.compose("run", "web", "/bin/busybox", "sh", "-c", "exit 1", is_good=False)
    shell.compose("up", "--detach")  # what follows of it was told before this

    end = told[0].wait(lambda told: has(told, {"stack.name": "shell", "cause": "crash"}))[0]
    assert (end.get("state"), end.get("service")) == ("Stopped", None)
    states = told[0].all(lambda told: told.get("type") in GROUPS and is_of(told, "shell"))
    assert {each.get("state") for each in states} == {"Starting", "Running"}


def test_a_stack_runs_partly_of_which_one_service_cannot_be_started(told, project):
    """Compose 1 makes each service when the one before runs: of others nobody knows until then."""
    project("three", THREE).compose("up", "--detach", is_good=False)

    wanted = {"type": "stack", "stack.name": "three", "state": "Partly running"}
    told[0].wait(lambda told: has(told, wanted))
    states = told[0].all(lambda told: told.get("type") == "stack" and is_of(told, "three"))
    assert [each.get("state") for each in states] == [
        *("Starting", "Running") * 2,
        *("Starting", "Partly running"),
    ]


GROUPS = ("service", "stack")


def is_of(told, project):
    return told.get("stack.name") == project
