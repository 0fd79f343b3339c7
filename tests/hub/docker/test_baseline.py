from dataclasses import replace
from datetime import timedelta

import pytest

from reactor.hub.docker.baseline import lay
from reactor.hub.docker.inspection import Machine, Runtime, Specification
from reactor.hub.docker.register import Register
from reactor.hub.written import Written
from reactor.platforms.docker.engine import ListedNode, ListedService, Swarm
from tests.hub.docker.samples import (
    C1,
    ENGINE,
    LABELS,
    NODE,
    NOW,
    SHOP,
    WEB,
    a_survey,
    an_inspection,
)


def laid(found):
    frames = []
    register = Register(namespace=None, announce=frames.append, written=Written())
    lay(register, found, NOW)
    assert frames == []
    return register


def states(register, kind):
    return {entry.name: entry.actual for entry in register.all(kind)}


def test_containers_with_their_services_stacks_and_node():
    register = laid(a_survey(an_inspection("c1"), an_inspection("c2", state="Stopped")))

    assert states(register, "service") == {"web": "Partly running"}
    assert states(register, "stack") == {"shop": "Partly running"}
    assert states(register, "node") == {"dock": "Deployed"}
    assert register.all("nodecluster") == []
    assert [parent.split("/")[-2] for parent in register.get("container", C1).parents] == [
        WEB,
        NODE,
        SHOP,
    ]
    assert register.machines[NODE].driver == "overlay2"


def test_the_oldest_come_first():
    young = an_inspection("young", created_at=NOW)
    old = an_inspection("old", created_at=NOW - timedelta(days=1))

    register = laid(a_survey(young, old))

    assert [entry.name for entry in register.all("container")] == ["shop_web_old", "shop_web_young"]
    assert register.get("service", WEB).since == NOW - timedelta(days=1)


@pytest.mark.parametrize("labels", [{}, {**LABELS, "com.docker.compose.oneoff": "True"}])
def test_a_container_that_is_no_member_makes_no_service(labels):
    register = laid(a_survey(an_inspection(labels=labels)))

    assert (len(register.all("container")), register.all("service")) == (1, [])


def test_a_swarm_its_nodes_and_services():
    swarm = Swarm(node_id="n1", is_manager=True, cluster_id="c", cluster_name="default")
    found = replace(
        a_survey(engine=replace(ENGINE, swarm=swarm)),
        containers=(),
        nodes=(
            ListedNode(id="n1", name="dock", state="Deployed"),
            ListedNode(id="n2", name="far", state="Unreachable"),
        ),
        services=(
            ListedService(
                id="s1",
                name="api",
                image="nginx",
                running=1,
                wanted=2,
                labels={"com.docker.stack.namespace": "shop"},
            ),
        ),
        specifications={
            "s1": Specification(
                id="s1", name="api", image="nginx", wanted=2, runtime=Runtime(), created_at=NOW
            )
        },
        machines={"n2": Machine(version="19.03")},
    )

    register = laid(found)

    assert states(register, "nodecluster") == {"default": "Deployed"}
    assert states(register, "node") == {"dock": "Deployed", "far": "Unreachable"}
    assert states(register, "service") == {"api": "Partly running"}
    assert states(register, "stack") == {"shop": "Partly running"}
    (service,) = register.all("service")
    assert register.specifications[service.uuid].wanted == 2
    assert [register.machines[node.uuid].version for node in register.all("node")] == [
        "20.10.24",
        "19.03",
    ]
