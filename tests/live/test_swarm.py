"""What a swarm does to its tasks, told by its cause; and the objects that only a manager knows."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.deeds import OBEYS, ended, killed
from tests.live.watching import has, watching
from tests.service import PATIENCE, eventually

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


OUT, SEVERE = ("--label", "reactor.enable=false"), ("--label", "reactor.severity=high")


def named(watched, service):
    """All that was told of a service and of its tasks."""
    return watched.all(lambda told: told.get("service.name") == service)


def follow(watched, engine):
    """Until something was told that came later, and waited as long as anything may."""
    watched.of(ended(engine, "exit 0"), state="Stopped")
    watched.of(killed(engine, f"later-{len(watched.feed.puts)}"), cause="killed")


def test_a_label_of_the_service_counts_for_its_tasks(swarm):
    with watching(swarm.host) as watched:
        (quiet,) = serve(swarm, "quiet", *OUT)
        (loud,) = serve(swarm, "loud", *SEVERE)
        (own,) = serve(swarm, "own", *SEVERE, "--container-label", "reactor.severity=low")
        swarm.docker("kill", quiet, loud, own)
        swarm.docker("service", "rm", "quiet", "loud", "own")
        ends = [watched.of(each, state="Stopped") for each in (loud, own)]
        follow(watched, swarm)

    assert [end.facts["labels"]["reactor.severity"] for end in ends] == ["high", "low"]
    assert named(watched, "quiet") == []


def test_a_label_that_a_service_gets_later_counts_from_then_on(swarm):
    with watching(swarm.host) as watched:
        (task,) = serve(swarm, "turned", *SEVERE)
        watched.of(task, state="Running")
        swarm.docker("service", "update", "--detach", "--label-add", OUT[1], "turned")
        left = f"container/{task}"
        eventually(lambda: left not in watched.feed.kept, "it was taken out", 2 * PATIENCE)
        told = named(watched, "turned")
        swarm.docker("service", "rm", "turned")
        follow(watched, swarm)

    assert named(watched, "turned") == told


def test_only_a_manager_knows_the_labels_of_a_service(swarm_of_two):
    manager, worker = swarm_of_two
    with watching(manager.host) as managing, watching(worker.host) as working:
        manager.serve("quiet", OBEYS, "--mode", "global", *OUT)
        eventually(lambda: bool(tasks(worker, "quiet")), "it runs on the worker")
        (theirs,) = tasks(worker, "quiet")
        worker.docker("kill", theirs)
        assert working.of(theirs, state="Stopped").get("labels").get("reactor.enable") is None
        manager.serve("loud", OBEYS, "--mode", "global", *SEVERE)
        eventually(lambda: bool(tasks(worker, "loud")), "it runs on the worker")
        (loud,) = tasks(worker, "loud")
        seen = managing.of(loud, state="Running", inferred=True)

    assert seen.facts["labels"]["reactor.severity"] == "high"
    assert named(managing, "quiet") == []


def test_after_a_restart_only_what_has_changed_of_the_services_is_told(swarm):
    with watching(swarm.host) as watched:
        for name in ("same", "fewer"):
            serve(swarm, name)
            watched.wait(lambda told, name=name: has(told, service_in(name, "Running")))
        watched.settle(lambda: killed(swarm, "poke"))
    swarm.docker("service", "scale", "--detach", "fewer=0")
    eventually(lambda: not tasks(swarm, "fewer"), "it has none any more")

    with watching(swarm.host, watched.feed.kept) as again:
        again.wait(lambda told: has(told, service_in("fewer", "Stopped")))
        follow(again, swarm)
    swarm.docker("service", "rm", "same", "fewer")

    services = again.all(lambda told: told.get("type") == "service")
    assert [(each.get("service.name"), each.get("state")) for each in services] == [
        ("fewer", "Scaling"),
        ("fewer", "Stopped"),
    ]


def service_in(name, state):
    return {"type": "service", "service.name": name, "state": state}
