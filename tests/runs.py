"""Runs of a container, written as the sequence of what its engine told."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from reactor.engine.runs import Kill, Loss, Replacement, Run
from tests.builders import replace

DEATH = datetime(2031, 5, 6, 13, 20, 22, 285000, tzinfo=UTC)

_STEP = re.compile(r"([a-z]+)(?:\((-?\d+)\))?([+-][\d.]+)?")
_MOMENTS = {
    "start": "started_at",
    "oom": "oom_at",
    "stop": "stopped_at",
    "destroy": "destroyed_at",
    "restart": "restarted_at",
}
_FACTS: Mapping[str, Mapping[str, object]] = {
    "service": {"has_service": True},
    "podman": {"tells_kills": False},
    "oomkilled": {"oom_killed": True},
    "spared": {"oom_killed": False},
    "left": {"is_left_over": True},
    "cut": {"is_cut": True},
}


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def a_run(sequence: str) -> Run:
    """`start-30 kill(15)-0.1 die(0) stop+0.01 service`. Numbers behind a sign are seconds before
    or after the death. `new` is a replacement of its `service`, created then; `lost` the end of
    its engine; `oomkilled` and `spared` are the answers of an inspect; with `podman` a stop is
    told without a kill; what was `left` over its end was told by the engine after that; with `cut`
    the connection was lost before all was told."""
    run = Run()
    for step in sequence.split():
        found = _STEP.fullmatch(step)
        assert found is not None, step
        word, number, apart = found.groups()
        at = DEATH + seconds(float(apart or 0))
        run = replace(run, **_told(run, word, None if number is None else int(number), at))
    return run


def _told(run: Run, word: str, number: int | None, at: datetime) -> Mapping[str, object]:
    match word:
        case "kill":
            return {"kills": (*run.kills, Kill(signal=number or 0, at=at))}
        case "die":
            return {"died_at": at, "exit_code": number}
        case "new":
            new = Replacement(name="shop-web-2", image="nginx:1.28", created_at=at)
            return {"replacement": new, "has_service": True}
        case "lost":
            return {"loss": Loss(at=at, how="the engine closed its stream")}
    return {_MOMENTS[word]: at} if word in _MOMENTS else _FACTS[word]


# Any run whatever, also those that no engine tells.
MOMENTS = st.integers(-120_000, 120_000).map(lambda apart: DEATH + seconds(apart / 1000))
NEAR = st.integers(-4, 4).map(lambda half: DEATH + seconds(half / 2))
_maybe = st.none() | NEAR | MOMENTS
_kills = st.builds(Kill, signal=st.sampled_from([0, 1, 2, 9, 15, 28, 77]), at=NEAR | MOMENTS)
ANY_RUNS = st.builds(
    Run,
    started_at=_maybe,
    kills=st.lists(_kills, max_size=4).map(tuple),
    oom_at=_maybe,
    died_at=_maybe,
    exit_code=st.sampled_from([None, -1, 0, 1, 137, 143, 256]),
    stopped_at=_maybe,
    destroyed_at=_maybe,
    restarted_at=_maybe,
    oom_killed=st.none() | st.booleans(),
    has_service=st.booleans(),
    replacement=st.none()
    | st.builds(Replacement, name=st.text(), image=st.text(), created_at=NEAR | MOMENTS),
    tells_kills=st.booleans(),
    short_runs=st.integers(0, 4),
    loss=st.none() | st.builds(Loss, at=NEAR | MOMENTS, how=st.text()),
    is_left_over=st.booleans(),
    is_cut=st.booleans(),
)
