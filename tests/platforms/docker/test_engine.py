"""What an engine says of itself."""

import json

from reactor.platforms.docker.engine import Engine, Swarm, described

SAID = {
    "id": "4O5R:TEST",
    "name": "dock",
    "version": "20.10.24",
    "api": "/v1.41",
    "podman": False,
    "keeps_containers": False,
    "swarm": None,
    "skew": 0.001,
}
SWARM = {"node_id": "n0de", "is_manager": True, "cluster_id": "c1", "cluster_name": "default"}


def test_an_engine_is_read_from_what_the_client_and_the_reader_tell():
    engine = described(json.loads(json.dumps(SAID)))

    assert engine == Engine(id="4O5R:TEST", name="dock", version="20.10.24", api="/v1.41")


def test_an_engine_may_keep_its_containers():
    assert described({**SAID, "keeps_containers": True}).keeps_containers


def test_its_place_in_a_swarm_is_told_too():
    assert described({**SAID, "swarm": SWARM}).swarm == Swarm(**SWARM)
    worker = {"node_id": "n0de", "is_manager": False, "cluster_id": None}
    assert described({**SAID, "swarm": worker}).swarm == Swarm(node_id="n0de", is_manager=False)
