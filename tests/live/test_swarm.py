"""What a swarm does to its tasks, told by its cause; and the objects that only a manager knows."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.deeds import OBEYS
from tests.live.watching import has, watching
from tests.service import eventually

pytestmark = pytest.mark.long  # minutes of a real engine

STACK = (
    *("--label", "com.docker.stack.namespace=shop"),
    *("--container-label", "com.docker.stack.namespace=shop"),
)
"""What `docker stack deploy` gives to the services of a stack."""

PARENTS = ("service", "node", "stack", "nodecluster")


def tasks(engine, service):
    """Ids of the running containers of a service."""
    label = f"label=com.docker.swarm.service.name={service}"
    return engine.docker("ps", "--quiet", "--no-trunc", "--filter", label).split()


def serve(engine, name, *options, replicas=1):
    engine.serve(name, OBEYS, "--replicas", str(replicas), *options)
    eventually(lambda: len(tasks(engine, name)) == replicas, f"{name} runs")
    return tasks(engine, name)


def scaled_down(engine, name):
    before = serve(engine, name, replicas=2)
    engine.docker("service", "scale", "--detach", f"{name}=1")
    eventually(lambda: len(tasks(engine, name)) == 1, f"{name} is scaled down")
    return next(each for each in before if each not in tasks(engine, name))


def updated(engine, name):
    (before,) = serve(engine, name, *STACK)
    engine.docker("service", "update", "--detach", "--force", name)
    eventually(lambda: before not in tasks(engine, name), f"{name} is updated")
    return before


def withdrawn(engine, name):
    (before,) = serve(engine, name)
    engine.docker("service", "rm", name)
    return before


def task_killed(engine, name):
    (before,) = serve(engine, name)
    engine.docker("kill", before)
    return before


def task_crashed(engine, name):
    engine.serve(name, "exit 7", "--replicas", "1", "--restart-condition", "none")
    label = f"label=com.docker.swarm.service.name={name}"
    listed = ("ps", "--all", "--quiet", "--no-trunc", "--filter", label)
    eventually(lambda: bool(engine.docker(*listed)), f"{name} was started")
    return engine.docker(*listed)


ENDS = [
    (scaled_down, "planned_stop", True, 0),
    (updated, "deploy", True, 0),
    (withdrawn, "planned_stop", True, 0),
    (task_killed, "killed", True, 137),
    (task_crashed, "crash", False, 7),
]


@pytest.fixture(scope="module")
def told(swarm):
    """What the source tells while all of this is done at once, and each deed's container."""
    with watching(swarm.host) as watched, ThreadPoolExecutor(5) as pool:
        done = {deed: pool.submit(deed, swarm, deed.__name__) for deed, *_ in ENDS}
        yield watched, lambda deed: done[deed].result()
    left = swarm.docker("service", "ls", "--quiet").split()
    swarm.docker("service", "rm", *left)


@pytest.mark.parametrize(("deed", "cause", "planned", "code"), ENDS)
def test_the_end_of_a_task_has_its_cause(told, deed, cause, planned, code):
    watched, container_of = told
    end = watched.of(container_of(deed), state="Stopped")

    assert (end.get("cause"), end.get("planned")) == (cause, planned), end.evidence
    assert (end.get("service.name"), end.get("container.exit_code")) == (deed.__name__, code)


def test_a_task_stands_beneath_its_service_node_stack_and_cluster(told, swarm):
    watched, container_of = told
    end = watched.of(container_of(updated), state="Stopped")

    parents = [end.get(f"{kind}.uri") for kind in PARENTS]
    assert end.get("parents") == parents
    assert end.get("node.name") == swarm.docker("info", "--format", "{{.Name}}")


@pytest.mark.parametrize(("deed", "state"), [(updated, "Running"), (withdrawn, "Terminated")])
def test_a_service_of_the_swarm_is_told_with_its_state(told, deed, state):
    watched, container_of = told
    container_of(deed)

    wanted = {"type": "service", "service.name": deed.__name__, "state": state}
    assert watched.wait(lambda told: has(told, wanted))
