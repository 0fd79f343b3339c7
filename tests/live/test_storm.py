"""500 containers at the first start are no news; what changed until the second start is."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count

import pytest

from tests.live.deeds import OBEYS, ended, ready
from tests.live.operations import operating
from tests.live.watching import settle
from tests.service import Service, eventually

pytestmark = pytest.mark.long  # minutes of a real engine

CREATED, RUNNING, KILLED = 484, 8, 8
REMEMBERED = 256
"""Events that an engine keeps."""

RULES = """\
version: 1
sources:
  local: {{type: docker, host: "{host}"}}
rules:
  - name: anything
    match: {{type: [container, service, stack, node, gap]}}
    actions: [{{log: info}}]
"""


@pytest.fixture
def crowd(own_engine):
    """Ids of containers: those that were only created, those that run, those that were killed."""
    # An image of nothing takes no room, and what is never started needs nothing.
    own_engine.docker("import", "-", "nothing", stdin=bytes(10_240))

    def create(numbers):
        with operating(own_engine.host) as operations:
            return [operations.create(f"c-{n}", "nothing", Cmd=["none"]) for n in numbers]

    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(create, [range(start, CREATED, 4) for start in range(4)])
        running = pool.map(lambda _: ready(own_engine, OBEYS), range(RUNNING))
        killed = pool.map(lambda _: ended(own_engine, "kill -9 $$"), range(KILLED))
        return [each for part in parts for each in part], list(running), list(killed)


def told(data_dir):
    """All that the journal tells: type, container, state, and whether it was inferred."""
    uri = f"file:{data_dir}/reactor.db?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as db:
        rows = db.execute("select frame, facts from events order by number").fetchall()
    frames = [(json.loads(frame), json.loads(facts)) for frame, facts in rows]
    return [
        (
            frame["type"],
            facts.get("container", {}).get("docker_id"),
            frame.get("state"),
            frame.get("inferred", False),
        )
        for frame, facts in frames
    ]


def has_settled(data_dir):
    """Whether the journal knows that all containers were listed once."""
    with closing(sqlite3.connect(f"file:{data_dir}/reactor.db?mode=ro", uri=True)) as db:
        return (
            db.execute("select 1 from source_memory where key = 'baseline'").fetchone() is not None
        )


def matches(data_dir):
    """How often the rule matched."""
    with closing(sqlite3.connect(f"file:{data_dir}/reactor.db?mode=ro", uri=True)) as db:
        return db.execute("select count(*) from evaluations").fetchone()[0]


@contextmanager
def reactor(engine, folder, marker):
    """A service that has told of a container that ends now, and so of all there was before."""
    rules = folder / "rules.yaml"
    rules.write_text(RULES.format(host=engine.host))
    with Service(rules, folder / "data", "--http", "off") as service:
        service.hears("source local: connected to Docker Engine")
        last = ended(engine, "exit 7", "--name", marker)
        end = ("container", last, "Stopped", False)
        eventually(lambda: end in told(folder / "data"), f"{marker} is told")
        names = (f"{marker}-{number}" for number in count())
        settle(
            lambda: has_settled(folder / "data"),
            lambda: engine.docker("rename", last, next(names)),
        )
        yield last
        assert service.stop() == 0


def change(engine, crowd):
    """Change some of the crowd; the state that each of these ends up in."""
    created, running, killed = crowd
    gone = [*created[:3], killed[0]]
    engine.docker("rm", *gone)
    engine.docker("kill", *running[:2])
    new = ready(engine, OBEYS)
    return dict.fromkeys(gone, "Terminated") | {
        **dict.fromkeys(running[:2], "Stopped"),
        new: "Running",
    }


def forget(engine, container):
    """Have an engine forget what was before, by what is no change of a state."""
    with operating(engine.host) as operations:
        for number in range(REMEMBERED + 1):
            operations.rename(container, f"renamed-{number}")


def test_a_crowd_is_no_news_and_then_exactly_what_changed_is(own_engine, crowd, tmp_path):
    data = tmp_path / "data"
    with reactor(own_engine, tmp_path, "first") as first:
        before = told(data)
        assert {container for _, container, *_ in before} == {first}
        assert matches(data) == len(before)

    expected = change(own_engine, crowd)
    forget(own_engine, next(reversed(expected)))
    with reactor(own_engine, tmp_path, "second") as second:
        eventually(lambda: set(expected) <= {row[1] for row in told(data)}, "changes are told")
    later = [row for row in told(data)[len(before) :] if row[1] not in (first, second)]

    moves = [row for row in later if row[0] == "container" and row[2]]
    assert {container: state for _, container, state, _ in moves} == expected
    assert all(is_inferred for *_, is_inferred in moves)
    assert [kind for kind, *_ in later if kind != "container"] == ["gap"]
