"""A thousand reloads under load, half of them broken: each event is decided by one whole rule set,
and by the one that was taken up last."""

import json
import sqlite3
from collections import defaultdict
from contextlib import closing, contextmanager
from itertools import count, groupby
from random import Random
from threading import Event, Thread

import pytest

from tests.crash.judge import read_sent
from tests.service import Service, eventually

SECONDS, FRAMES = 0.05, 25
"""Every so often so many frames: 500 a second."""

RULES = """\
version: 1
sources: {{lines: {{type: file, path: {events}, follow: true}}}}
rules:
  - name: first
    match: {{type: container}}
    actions: [{{log: debug, name: set-{number}, shadow: true}}]
  - name: second
    match: {{type: container}}
    actions: [{{log: debug, name: set-{number}, shadow: true}}]
  - {{name: number {number}, enabled: false, match: {{a: 1}}, actions: [{{log: debug}}]}}
"""
REFUSED = "not reloaded, the old rules stay"


class Sender:
    """Writes frames until it is stopped."""

    def __init__(self, path):
        self._path, self._stop, self._numbers = path, Event(), count(1)
        path.touch()

    @contextmanager
    def sending(self):
        self._thread = Thread(target=self._run)
        self._thread.start()
        try:
            yield
        finally:
            self.stop()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(SECONDS):
            numbers = [next(self._numbers) for _ in range(FRAMES)]
            frames = [json.dumps({"uuid": f"e-{n:07}", "type": "container"}) for n in numbers]
            with self._path.open("a") as file:
                file.write("\n".join([*frames, ""]))


def put(path, text):
    """As an editor does: whole, in the place of the old one."""
    fresh = path.with_name("fresh")
    fresh.write_text(text)
    fresh.rename(path)


def broken(text, chance):
    """The same rules with a mistake."""
    cut = text[: chance.randrange(text.index("rules:") + 8, text.rindex("actions"))]
    misspelt = text.replace("match:", "mach:", 1)
    return chance.choice(
        [cut + "\n{", misspelt, text + "rules: []\n", text.replace("debug", "loud"), "[", ""]
    )


def judged(data_dir):
    """The numbers of the rule sets in the order they were taken up; and what each event shows
    that was not decided by the last of them, whole."""
    with closing(sqlite3.connect(f"file:{data_dir}/reactor.db?mode=ro", uri=True)) as db:
        texts = dict(db.execute("select hash, text from rulesets"))
        shown = defaultdict(list)
        for event, action in db.execute("select event_id, action from evaluations"):
            shown[event].append(action)
        inputs = db.execute("select kind, ruleset, event_id from inputs order by sequence")
        taken, wrong = [], []
        for kind, ruleset, event in inputs:
            if kind == "ruleset":
                taken.append(texts[ruleset].partition("name: set-")[2].partition("\n")[0])
            elif kind == "event" and shown[event] != [f"set-{taken[-1]}"] * 2:
                wrong.append((event, taken[-1], shown[event]))
    return [number for number, _ in groupby(taken)], wrong


def journaled(data_dir):
    with closing(sqlite3.connect(f"file:{data_dir}/reactor.db?mode=ro", uri=True)) as db:
        return [row[0] for row in db.execute("select id from events order by number")]


def reload_often(folder, times):
    """So many reloads, of which every other one is broken; the numbers of the good ones."""
    chance, rules, events = Random(times), folder / "rules.yaml", folder / "events.jsonl"
    text = RULES.format(events=events, number=0)
    rules.write_text(text)
    sender, good = Sender(events), ["0"]
    with Service(rules, folder / "data", "--http", "off") as service, sender.sending():
        service.hears("running")
        for number in range(1, times // 2 + 1):
            refused = sum(REFUSED in line for line in service.said)
            put(rules, broken(text, chance))
            service.reload()
            service.hears(REFUSED, times=refused + 1)
            text = RULES.format(events=events, number=number)
            put(rules, text)
            service.reload()
            service.hears("  reloaded: ", f"added 'number {number}'")
            good.append(str(number))
        sender.stop()
        sent = read_sent(events)
        eventually(lambda: len(journaled(folder / "data")) == len(sent), "all was journaled")
        assert service.stop() == 0
    return good, sent


@pytest.mark.long
def test_a_thousand_reloads_lose_nothing_and_mix_nothing(tmp_path):
    good, sent = reload_often(tmp_path, times=1000)

    taken, wrong = judged(tmp_path / "data")
    assert wrong == []
    assert taken == good
    assert journaled(tmp_path / "data") == sent
