"""An engine that a fleet or a hub can meet, with the containers of a service of Compose."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fake_engine import FakeEngine, fake_engine
from tests.hub.docker.samples import LABELS


@contextmanager
def shop_engine(containers: int = 1) -> Iterator[FakeEngine]:
    """A running one, whose stack shop has a service web of so many running containers."""
    with fake_engine() as engine:
        names = [f"c{number}" for number in range(1, containers + 1)]
        listed = [{"Id": each, "Names": [f"/web-{each}"], "Labels": LABELS} for each in names]
        engine.answers["/v1.41/containers/json"] = (200, json.dumps(listed).encode())
        for each in names:
            inspected = {
                "Id": each,
                "Name": f"/web-{each}",
                "State": {"Status": "running", "Running": True},
                "Config": {"Image": "nginx", "Labels": LABELS},
            }
            engine.answers[f"/v1.41/containers/{each}/json"] = 200, json.dumps(inspected).encode()
        yield engine
