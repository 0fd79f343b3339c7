"""A connection that is cut, again and again or for longer than an engine remembers: nothing is lost
and nothing doubled, or it is said so and put right."""

from collections import Counter
from contextlib import ExitStack
from random import Random

import pytest

from tests.live.deeds import OBEYS, ended, ready
from tests.live.engine import IMAGE
from tests.live.operations import operating, recorded, renamed
from tests.live.proxy import proxy_before
from tests.live.watching import key_of, watching
from tests.service import eventually

pytestmark = pytest.mark.long  # minutes of a real engine

EVENTS, CUTS, BATCH = 2_000, 50, 100
NOTICED = 60.0
"""Seconds until what happened during several cuts must have been told: a half-open connection takes
up to 15 to be noticed."""

SEED = 8


@pytest.fixture
def stage(engine):
    """An engine, cheap operations on it, and a proxy before it with a source behind that."""
    with ExitStack() as stack:
        proxy = stack.enter_context(proxy_before(engine.host))
        operations = stack.enter_context(operating(engine.host))
        watched = stack.enter_context(watching(proxy.host))
        yield operations, proxy, watched


class Cast:
    """Containers that things happen to, at random."""

    def __init__(self, engine, operations):
        self._operations, self._random, self._number = operations, Random(SEED), 0
        self._members = [ready(engine, f"trap '' HUP; {OBEYS}") for _ in range(5)]
        self.ids = set(self._members)

    def act(self):
        member = self._random.choice(self._members)
        deeds = (self._rename, self._hang_up, self._pause, self._run)
        (deed,) = self._random.choices(deeds, (70, 20, 9, 1))
        deed(member)

    def mark(self, name):
        self._operations.rename(self._members[0], name)

    def _rename(self, member):
        self._number += 1
        self._operations.rename(member, f"member-{self._number}")

    def _hang_up(self, member):
        self._operations.post(f"/containers/{member}/kill?signal=HUP")

    def _pause(self, member):
        self._operations.post(f"/containers/{member}/pause")
        self._operations.post(f"/containers/{member}/unpause")

    def _run(self, _):
        self._number += 1
        command = ["/bin/busybox", "true"]
        container = self._operations.create(f"run-{self._number}", IMAGE, Cmd=command)
        self.ids.add(container)
        self._operations.post(f"/containers/{container}/start")
        self._operations.post(f"/containers/{container}/wait")
        self._operations.remove(container)


class Cutter:
    """Cuts the connection at random moments, each time in one of three ways."""

    def __init__(self, proxy):
        random = Random(SEED)
        ways = [proxy.half_open] * 2 + [proxy.refuse] * 12
        ways += [proxy.cut] * (CUTS - len(ways))
        random.shuffle(ways)
        self._proxy = proxy
        self._ways = dict(zip(random.sample(range(EVENTS), CUTS), ways, strict=True))

    def at(self, number):
        if number in self._ways:
            self._ways[number]()
        elif number % 20 == 0:
            self._proxy.admit()


def told_keys(watched, ids):
    """The engine's events about these containers that came in, as often as they came."""
    events = (each.get("docker") for each in watched.all())
    return Counter(key_of(event) for event in events if event and event["Actor"]["ID"] in ids)


def test_fifty_cuts_lose_nothing_and_double_nothing(engine, stage, tmp_path):
    operations, proxy, watched = stage
    cutter = Cutter(proxy)
    with recorded(engine.host, tmp_path / "events") as record:
        cast = Cast(engine, operations)
        for number in range(EVENTS):
            cast.act()
            cutter.at(number)
            if number % BATCH == BATCH - 1:  # an engine remembers no more than 256
                mark = f"mark-{number}"
                cast.mark(mark)
                proxy.admit()
                eventually(lambda mark=mark: is_told(watched, mark), f"{mark} is told", NOTICED)
        record.wait_for(mark)

    happened = Counter(key for key in record.happened() if key[1] in cast.ids)
    assert happened.total() >= EVENTS
    eventually(lambda: told_keys(watched, cast.ids) >= happened, "all was told", NOTICED)
    assert told_keys(watched, cast.ids) == happened
    assert not watched.all(lambda told: told.get("type") == "gap")


def is_told(watched, name):
    last = watched.feed.puts[-3 * BATCH :]
    return any(f'"{name}"'.encode() in put.raw for put in last)


def test_what_an_engine_forgot_is_a_gap_and_the_end_states_are_found(engine, stage):
    operations, proxy, watched = stage
    stays, stops, goes = (ready(engine, OBEYS) for _ in range(3))
    starts = ended(engine, f"if [ -e /ran ]; then {OBEYS}; fi; /bin/busybox touch /ran")
    watched.of(starts, state="Stopped")
    watched.settle(lambda: operations.post(f"/containers/{stays}/kill?signal=CONT"))
    proxy.refuse()
    engine.docker("stop", stops)
    engine.docker("rm", "--force", goes)
    engine.docker("start", starts)
    comes, crashes = ready(engine, OBEYS), ended(engine, "exit 7")
    renamed(operations, stays, 600, 10)
    proxy.admit()

    (gap,) = watched.wait(lambda told: told.get("type") == "gap")
    expected = {
        stops: "Stopped",
        goes: "Terminated",
        starts: "Running",
        comes: "Running",
        crashes: "Stopped",
    }
    for container, state in expected.items():
        assert watched.of(container, state=state, inferred=True)
    assert {each: last_state(watched, each) for each in expected} == expected
    assert last_state(watched, stays) == "Running"
    assert watched.of(crashes, state="Stopped").get("container.exit_code") == 7
    assert watched.all(lambda told: told.get("type") == "gap") == [gap]


def last_state(watched, container):
    of_it = watched.all(lambda told: told.get("container.docker_id") == container)
    return [told.get("state") for told in of_it if told.get("state")][-1]
