"""The fleet of a real engine, and projects that Compose made there."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from reactor.clock import monotonic, utc_now
from reactor.hub.docker.fleet import DockerFleet
from reactor.hub.fleet import Call, Frame, Object, Unavailable
from reactor.hub.written import Written
from reactor.sources.supervise import World
from tests.fakes import PATIENCE
from tests.live.deeds import OBEYS
from tests.live.engine import IMAGE, Engine
from tests.service import eventually

_SERVICE = """\
  {name}:
    image: {image}
    network_mode: none
    stop_grace_period: 5s
    command: ["/bin/busybox", "sh", "-c", "{script}"]
    environment: {{GREETING: hello}}
"""


class Project:
    """A Compose project in a folder of its own. `services` are how many containers each has at
    first."""

    def __init__(self, engine: Engine, folder: Path, name: str, **services: int) -> None:
        self.name, self._engine, self._folder, self._services = name, engine, folder, services
        self.file = folder / "docker-compose.yml"
        parts = (_SERVICE.format(name=each, image=IMAGE, script=OBEYS) for each in services)
        self.file.write_text("".join(('version: "3.7"\nservices:\n', *parts)))

    def up(self) -> None:
        """Have all of it running."""
        scales = [f"--scale={name}={count}" for name, count in self._services.items()]
        self._compose("up", "--detach", *scales)

    def down(self) -> None:
        """Remove all of it."""
        self._compose("down", "--timeout", "1")

    def _compose(self, *arguments: str) -> None:
        subprocess.run(
            ["docker-compose", "--project-name", self.name, *arguments],
            cwd=self._folder,
            check=True,
            capture_output=True,
            env={**os.environ, "DOCKER_HOST": self._engine.host},
        )


@contextmanager
def docker_fleet(host: str, namespace: str | None = None) -> Iterator[DockerFleet]:
    """A fleet that follows the engine at that address."""
    world = World(
        now=utc_now,
        monotonic=monotonic,
        jitter=lambda: 0.5,
        log=lambda _: None,
        on_refused=lambda _: None,
    )
    fleet = DockerFleet({"host": host}, os.environ, world, written=Written(), namespace=namespace)
    stop = Event()
    thread = Thread(target=fleet.run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: is_met(fleet), "the engine is met")
        yield fleet
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def is_met(fleet: DockerFleet) -> bool:
    """Whether its engine was reached once."""
    try:
        return bool(fleet.objects("node"))
    except Unavailable:
        return False


def named(fleet: DockerFleet, kind: str, name: str) -> Object:
    """The youngest object of that name."""
    return [each for each in fleet.objects(kind) if each["name"] == name][-1]


def settle(fleet: DockerFleet) -> None:
    """Come back when every action has come to its end."""

    def is_settled() -> bool:
        return all(each["state"] in ("Success", "Failed") for each in fleet.objects("action"))

    eventually(is_settled, "every action has ended")


def operate(fleet: DockerFleet, thing: Object, verb: str) -> Object:
    """Have an object do something; its action, at its end."""
    call = Call(verb=verb, method="POST", path=f"{thing['resource_uri']}{verb}/")
    kind = str(thing["resource_uri"]).split("/")[-3]
    uri = fleet.operate(kind, str(thing["uuid"]), call)
    settle(fleet)
    return fleet.find("action", str(uri).split("/")[-2])


def heard(fleet: DockerFleet) -> list[Frame]:
    """The frames of the fleet from now on, as they come."""
    frames: list[Frame] = []
    fleet.listen(frames.append)
    return frames


def states(frames: list[Frame], uri: object) -> list[object]:
    """The states that an object went through."""
    return [frame["state"] for frame in frames if frame["resource_uri"] == uri]
