"""What real engines answered, and a client that asks them: Docker 20.10.24, alone and as a swarm of
two, and Podman 4.3.1. Of each answer as much as is read, and a little more."""

import json
from pathlib import Path

from reactor.platforms.docker.client import Answer
from reactor.platforms.docker.engine import Engine, Swarm

ENGINE = Engine(id="4O5R:TEST", name="dock", version="20.10.24", api="/v1.41")
MANAGER = Engine(
    id="4O5R:TEST",
    name="dock",
    version="20.10.24",
    api="/v1.41",
    swarm=Swarm(node_id="e0x6tzjnugoiq6e5pky1c146m", is_manager=True),
)
WORKER_ID = "v805aaupajpc8ewa5c08yayye"
LIST = "/v1.41/containers/json?all=1"


def recorded(name: str) -> dict[str, list[dict[str, object]]]:
    """The answers that are kept under this name."""
    loaded: dict[str, list[dict[str, object]]] = json.loads(
        (Path(__file__).parent / "data" / f"{name}.json").read_text()
    )
    return loaded


def inspect_path(docker_id: object) -> str:
    """Where a container is inspected."""
    return f"/v1.41/containers/{docker_id}/json"


class Asked:
    """Answers by path: what is no Answer and no exception is the JSON of one with status 200."""

    def __init__(self, answers: dict[str, object]) -> None:
        self.answers = answers
        self.paths: list[str] = []

    def request(self, method: str, path: str, *, timeout: float) -> Answer:
        assert method == "GET"
        assert timeout <= 60
        self.paths.append(path)
        answer = self.answers.get(path, refused(404))
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Answer):
            return answer
        return Answer(status=200, headers={}, body=json.dumps(answer).encode())


def refused(status: int) -> Answer:
    """An answer that is none."""
    return Answer(status=status, headers={}, body=b'{"message": "no"}')


def engine_of(name: str) -> Asked:
    """An engine with the containers that were recorded under this name."""
    answers = recorded(name)
    inspected = {inspect_path(each["Id"]): each for each in answers["inspect"]}
    return Asked({LIST: answers["list"], **inspected})


def manager_of(name: str) -> Asked:
    """A manager, without containers of its own, with the swarm that was recorded."""
    return Asked({LIST: [], **{f"/v1.41/{what}": each for what, each in recorded(name).items()}})
