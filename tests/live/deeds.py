"""What people and machines do to containers, each in its own way."""

import os
import signal
import subprocess

from tests.live.engine import Engine
from tests.service import eventually

OBEYS = "trap 'exit 0' TERM; echo ready; while :; do /bin/busybox sleep 0.1; done"
DEAF = "trap '' TERM; echo ready; while :; do /bin/busybox sleep 0.1; done"
SLOW = (
    "trap '/bin/busybox sleep 3; exit 0' TERM; echo ready; while :; do /bin/busybox sleep 0.1; done"
)
GREEDY = "/bin/busybox sleep 0.5; x=aaaaaaaa; while :; do x=$x$x; done"
"""It begins with patience: of what starves at once Docker does not always tell that it did."""

LIMIT = ("--memory", "16m", "--memory-swap", "16m")
PROBED = (
    *("--health-cmd", "/bin/busybox test -e /well", "--health-retries", "1"),
    *("--health-interval", "1s"),
)


def member(project: str, service: str, number: int = 1) -> tuple[str, ...]:
    """The options that make a container one of a Compose service, as Compose labels it."""
    labels = {"project": project, "service": service, "container-number": str(number)}
    return tuple(
        word
        for name, text in labels.items()
        for word in ("--label", f"com.docker.compose.{name}={text}")
    )


def ready(engine: Engine, script: str, *options: str) -> str:
    """A container that has set its traps: a signal before that would not be heard."""
    container = engine.run(script, *options)
    command = ["docker", "--host", engine.host, "logs", "--follow", container]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as logs:
        assert logs.stdout is not None
        assert logs.stdout.readline() == b"ready\n"
        logs.kill()
    return container


def ended(engine: Engine, script: str, *options: str) -> str:
    """A container that has come to its end."""
    container = engine.run(script, *options)
    engine.docker("wait", container)
    return container


def stopped(engine: Engine, name: str) -> str:
    """`docker stop`, and it obeys."""
    container = ready(engine, OBEYS, "--name", name)
    engine.docker("stop", container)
    return container


def stopped_by_force(engine: Engine, name: str) -> str:
    """`docker stop`, and it does not obey."""
    container = ready(engine, DEAF, "--name", name)
    engine.docker("stop", "--time", "1", container)
    return container


def stopped_slowly(engine: Engine, name: str) -> str:
    """`docker stop`, and it takes its time."""
    container = ready(engine, SLOW, "--name", name)
    engine.docker("stop", container)
    return container


def restarted(engine: Engine, name: str) -> str:
    """`docker restart`."""
    container = ready(engine, OBEYS, "--name", name)
    engine.docker("restart", container)
    return container


def removed(engine: Engine, name: str) -> str:
    """`docker rm -f` of what runs."""
    container = ready(engine, OBEYS, "--name", name)
    engine.docker("rm", "--force", container)
    return container


def looping(engine: Engine, name: str, restarts: int, *options: str) -> str:
    """Its restart policy starts it again and again, and now waits to do so once more."""
    container = engine.run("exit 3", "--name", name, "--restart", "always", *options)
    state = ("inspect", "--format", "{{.RestartCount}} {{.State.Restarting}}", container)

    def waits() -> bool:
        count, restarting = engine.docker(*state).split()
        return int(count) >= restarts and restarting == "true"

    eventually(waits, f"{name} was started {restarts} times again")
    return container


def stopped_between_runs(engine: Engine, name: str) -> str:
    """`docker stop` while the restart policy waits, by then 1.6 s or more."""
    container = looping(engine, name, 4)
    engine.docker("stop", container)
    return container


def looped(engine: Engine, name: str) -> str:
    """A restart loop of short runs."""
    return looping(engine, name, 3)


def completed(engine: Engine, name: str) -> str:
    """It ends by itself, and well."""
    return ended(engine, "exit 0", "--name", name)


def crashed(engine: Engine, name: str) -> str:
    """It ends by itself, and not well."""
    return ended(engine, "exit 7", "--name", name)


def starved(engine: Engine, name: str) -> str:
    """It wants more memory than it may have."""
    return ended(engine, GREEDY, "--name", name, *LIMIT)


def killed(engine: Engine, name: str) -> str:
    """`docker kill`."""
    container = ready(engine, OBEYS, "--name", name)
    engine.docker("kill", container)
    return container


def killed_softly(engine: Engine, name: str) -> str:
    """`docker kill --signal TERM`, and it obeys."""
    container = ready(engine, OBEYS, "--name", name)
    engine.docker("kill", "--signal", "TERM", container)
    return container


def shot(engine: Engine, name: str) -> str:
    """`kill -9` from outside, of which the engine knows nothing."""
    container = ready(engine, OBEYS, "--name", name)
    pid = engine.docker("inspect", "--format", "{{.State.Pid}}", container)
    os.kill(int(pid), signal.SIGKILL)
    return container


def survived_a_signal(engine: Engine, name: str) -> str:
    """A signal that ends nothing, and later an end by itself."""
    trap = "trap 'exit 9' USR1; trap '' HUP; "
    container = ready(engine, trap + OBEYS, "--name", name)
    engine.docker("kill", "--signal", "HUP", container)
    pid = engine.docker("inspect", "--format", "{{.State.Pid}}", container)
    os.kill(int(pid), signal.SIGUSR1)
    return container


def dumped_its_threads(engine: Engine, name: str) -> str:
    """A signal that ends most programs but not this one, and later an end by itself."""
    trap = "trap '/bin/busybox sleep 3; exit 1' QUIT; "
    container = ready(engine, trap + OBEYS, "--name", name)
    engine.docker("kill", "--signal", "QUIT", container)
    return container


def mislabelled(engine: Engine, name: str) -> str:
    """A crash of what has a label that engines write over the exit code."""
    return ended(engine, "exit 7", "--name", name, "--label", "exitCode=0")


def recreated(engine: Engine, name: str) -> str:
    """Another container of the service is created, then the old one is stopped."""
    old = ready(engine, OBEYS, "--name", name, *member(name, "web"))
    engine.docker("create", "--name", f"{name}-new", *member(name, "web"), "reactor-test", "sh")
    engine.docker("stop", old)
    engine.docker("rm", f"{name}-new")
    return old


def replaced(engine: Engine, name: str) -> str:
    """The old container of a service is stopped, then another one is created at once."""
    old = ready(engine, OBEYS, "--name", name, *member(name, "web"))
    engine.docker("stop", old)
    engine.run("exit 0", "--name", f"{name}-new", *member(name, "web"))
    return old


def crashed_beside_another(engine: Engine, name: str) -> str:
    """Another container of the service is created, then the old one ends by itself."""
    old = ready(engine, "trap 'exit 7' USR1; " + OBEYS, "--name", name, *member(name, "web"))
    engine.run("exit 0", "--name", f"{name}-new", *member(name, "web", 2))
    pid = engine.docker("inspect", "--format", "{{.State.Pid}}", old)
    os.kill(int(pid), signal.SIGUSR1)
    return old


def unwell(engine: Engine, name: str) -> str:
    """Its health probe begins to fail, and then succeeds again."""
    script = f"/bin/busybox touch /well; {OBEYS}"
    container = ready(engine, script, "--name", name, *PROBED)
    flip(engine, container, "touch", "healthy")
    flip(engine, container, "rm", "unhealthy")
    flip(engine, container, "touch", "healthy")
    return container


def flip(engine: Engine, container: str, action: str, health: str) -> None:
    """Do this to the file that the probe asks for, and wait until it was asked for."""
    engine.docker("exec", container, "/bin/busybox", action, "/well")
    inspect = ("inspect", "--format", "{{.State.Health.Status}}", container)
    eventually(lambda: engine.docker(*inspect) == health, f"{container} is {health}")
