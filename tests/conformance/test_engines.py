"""One story, as Docker of now and then and Podman of now and then tell it: the frames are the same.

Docker 20.10.24 and Podman 4.3.1 were recorded. The others are these with what differs: Docker 29 by
the API's history, Podman 5 by its source, Podman 3 by reports of its users.
"""

import json
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest

from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.events import CONTAINER, parse_event
from reactor.platforms.docker.model import Model

STORIES = Path(__file__).parent / "engines"
ENGINES = {
    "docker-20.10": Engine(id="e", name="dock", version="20.10.24", api="/v1.41"),
    "docker-29": Engine(id="e", name="dock", version="29.0.0", api="/v1.52"),
    "podman-3": Engine(id="e", name="dock", version="3.4.4", api="/v1.40", is_podman=True),
    "podman-4.3": Engine(id="e", name="dock", version="4.3.1", api="/v1.41", is_podman=True),
    "podman-5": Engine(id="e", name="dock", version="5.4.2", api="/v1.41", is_podman=True),
}
STORY = {
    # by name: state, exit code, health, cause
    "ends": [
        ("Starting", None, None, None),
        ("Running", None, None, None),
        ("Stopped", 7, None, "crash"),
        ("Terminated", None, None, "crash"),
    ],
    "turns": [
        ("Starting", None, None, None),
        ("Running", None, None, None),
        (None, None, "unhealthy", "unhealthy"),
        (None, None, "healthy", "recovered"),
    ],
    "web": [
        ("Starting", None, None, None),
        ("Running", None, None, None),
        ("Partly running", None, None, None),
        ("Running", None, None, None),
    ],
}


def told(name):
    """The story as frames tell it of each object, without what moves nothing and has no cause."""
    model = Model(ENGINES[name], {})
    lines = (STORIES / f"{name}.jsonl").read_bytes().splitlines()
    events = [parse_event(json.loads(line)) for line in lines]
    for event in events:
        if event.kind == CONTAINER:
            model.take(event)
    model.pass_time(events[-1].at + timedelta(seconds=3))
    story = defaultdict(list)
    for made in model.frames():
        of, row = in_short(json.loads(made.raw), made.facts)
        if row[0] or row[-1]:
            story[of].append(row)
    return story


def in_short(frame, facts):
    thing, cause = facts[frame["type"]], facts.get("cause")
    health = thing.get("health") if cause and "state" not in frame else None
    return thing["name"], (frame.get("state"), thing.get("exit_code"), health, cause)


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_tells_the_same_story(name):
    story = told(name)

    assert {of: story[of] for of in STORY} == STORY
    assert story["shop"] == story["web"]


def test_the_newest_docker_writes_none_of_the_older_fields():
    lines = (STORIES / "docker-29.jsonl").read_text().splitlines()

    assert not any({"status", "id", "from"} & json.loads(line).keys() for line in lines)
