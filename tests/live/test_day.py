"""A day on an engine under the ready rules of the example: what wakes people and what does not."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

import reactor
from tests.endpoint import listening
from tests.live import deeds
from tests.service import Service, eventually

EXAMPLE = Path(reactor.__file__).parent / "data" / "rules.example.yaml"
SHORTER = {"for: 2m": "for: 6s", "for: 1m": "for: 3s"}
SEED, TIMES = 8, 2
AT_ONCE = 4

ENDED, STARVED, LOOP = "ended on", "ran out of memory on", "crashes again and again on"
ILL, WELL, OVER = "has been unhealthy since", "is healthy again", "is Stopping now"
GONE, BACK = "has been unreachable since", "is back"
WORDS = (ENDED, STARVED, LOOP, ILL, WELL, OVER, GONE, BACK)
ALERT = re.compile(rf"(\S+)(?: on \S+)? ({'|'.join(WORDS)})")

DAY = {
    deeds.stopped: (),
    deeds.stopped_by_force: (),
    deeds.stopped_slowly: (),
    deeds.restarted: (),
    deeds.removed: (),
    deeds.recreated: (),
    deeds.replaced: (),
    deeds.completed: (),
    deeds.killed: (),
    deeds.killed_softly: (),
    deeds.unwell: (),
    deeds.crashed: (ENDED,),
    deeds.crashed_beside_another: (ENDED,),
    deeds.survived_a_signal: (ENDED,),
    deeds.shot: (ENDED,),
    deeds.starved: (STARVED,),
    deeds.looped: (ENDED, LOOP),
    deeds.stopped_between_runs: (ENDED, LOOP),
}
"""What is done to containers, and what people hear of each."""


def write_rules(path, engine, ops, log):
    """The example, for this engine and these addresses, with a shorter patience."""
    text = EXAMPLE.read_text()
    for variable, value in (
        ("DOCKER_HOST", engine.host),
        ("SLACK_WEBHOOK_URL", ops.url),
        ("DEPLOY_LOG_URL", log.url),
    ):
        text = re.sub(rf"\$\{{{variable}:-[^}}]*\}}", value, text)
    for long, short in SHORTER.items():
        assert long in text
        text = text.replace(long, short)
    path.write_text(text)


def heard(endpoint):
    """Of whom what was told, and how often."""
    texts = [json.loads(each.body)["text"] for each in endpoint.heard]
    assert [text for text in texts if "(unknown)" in text] == []
    return Counter(ALERT.match(text).groups() for text in texts)


def ill(engine, name, hears):
    """A container whose probe fails until people know."""
    script = f"/bin/busybox touch /well; {deeds.OBEYS}"
    container = deeds.ready(engine, script, "--name", name, *deeds.PROBED)
    deeds.flip(engine, container, "rm", "unhealthy")
    hears(name, ILL)
    return container


def cured(engine, name, hears):
    """One that is ill, and then no longer."""
    deeds.flip(engine, ill(engine, name, hears), "touch", "healthy")
    hears(name, WELL)


def given_up(engine, name, hears):
    """One that is ill and is stopped, which makes it no healthier."""
    engine.docker("stop", ill(engine, name, hears))
    hears(name, OVER)


@pytest.fixture
def stage(tmp_path, own_engine):
    """An engine, the service that watches it, and where people and a program listen."""
    with ExitStack() as stack:
        ops = stack.enter_context(listening(tmp_path / "ops"))
        log = stack.enter_context(listening(tmp_path / "log"))
        rules = tmp_path / "rules.yaml"
        write_rules(rules, own_engine, ops, log)
        service = stack.enter_context(Service(rules, tmp_path / "data", "--http", "off"))
        service.hears("source local: connected to Docker Engine")
        yield own_engine, service, ops


@pytest.mark.long
def test_only_what_is_wrong_wakes_people(stage):
    engine, service, ops = stage
    node = engine.docker("info", "--format", "{{.Name}}")

    def hears(name, what):
        eventually(lambda: heard(ops)[name, what] == 1, f"{name} {what}")

    work = [(deed, f"{deed.__name__}-{n}") for deed in DAY for n in range(TIMES)]
    Random(SEED).shuffle(work)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = [pool.submit(deed, engine, name) for deed, name in work]
        done += [pool.submit(deed, engine, deed.__name__, hears) for deed in (cured, given_up)]
    for each in done:
        each.result()
    engine.stop()
    hears(node, GONE)
    engine.start()
    hears(node, BACK)
    deeds.crashed(engine, "last")
    hears("last", ENDED)

    expected = Counter((name, what) for deed, name in work for what in DAY[deed])
    expected.update([("cured", ILL), ("cured", WELL), ("given_up", ILL), ("given_up", OVER)])
    expected.update([(node, GONE), (node, BACK), ("last", ENDED)])
    assert heard(ops) == expected
    assert service.stop() == 0
