"""An event that ends the process, or hangs it, is found, put aside, and costs no other event
anything; restarts are the test's."""

import json
from contextlib import closing

import pytest

from reactor.changes import retry_quarantined
from reactor.inflight import MAX_DEATHS, TRACE_NAME
from reactor.journal.database import open_reader
from reactor.journal.quarantine import list_quarantined
from tests.crash.judge import read_case
from tests.endpoint import listening, read_ledger
from tests.service import Service, eventually

RULES = """\
sources: {{lines: {{type: file, path: {folder}/events.jsonl, follow: true}}}}
destinations: {{ops: {{type: webhook, url: "{url}"}}}}
rules:
  - {{name: innocent, match: {{type: container}}, actions: [{{webhook: ops}}]}}
  - {{name: guilty, match: {{type: container}}, actions: [{{dangerous: info}}]}}
"""
ENDS = [("die", -9, ""), ("hang", 1, "; it hung for more than 0.6 s"), ("spin", -27, "")]
"""What the event does, how the process ends, and what is known of that beside that it ended."""


class Stage:
    """A service that gets so many events, the one in the middle poisonous."""

    def __init__(self, folder, url, deed, count):
        self.folder, self.data_dir, self.poison = folder, folder / "data", f"event-{count // 2}"
        self.rules, self.mended = folder / "rules.yaml", folder / "mended"
        self.rules.write_text(RULES.format(folder=folder, url=url))
        frames = [{"type": "container", "uuid": f"event-{number}"} for number in range(count)]
        frames[count // 2] |= {"deed": deed, "mended_by": str(self.mended)}
        lines = "".join(f"{json.dumps(frame)}\n" for frame in frames)
        (folder / "events.jsonl").write_text(lines)
        self.sent = [frame["uuid"] for frame in frames]

    def service(self):
        return Service(self.rules, self.data_dir, "--http", "off", program="tests.crash.poisonous")

    def case(self):
        return read_case(self.data_dir, self.sent, read_ledger(self.folder / "ledger"))

    def quarantined(self):
        with closing(open_reader(self.data_dir)) as reader:
            return list(list_quarantined(reader))

    def delivered(self):
        """The events of which the endpoint heard."""
        bodies = [json.loads(heard.body) for heard in read_ledger(self.folder / "ledger")]
        return {body["event"]["id"] for body in bodies}


@pytest.mark.parametrize(("deed", "ended", "how"), ENDS[:2])
def test_poison_is_put_aside_after_the_third_death(tmp_path, deed, ended, how):
    survive(tmp_path, deed, ended, how, count=400)


@pytest.mark.long
@pytest.mark.parametrize(("deed", "ended", "how"), ENDS)
def test_of_ten_thousand_events_only_the_poison_is_put_aside(tmp_path, deed, ended, how):
    survive(tmp_path, deed, ended, how, count=10_000)


def survive(folder, deed, ended, how, *, count):
    with listening(folder / "ledger") as endpoint:
        stage = Stage(folder, endpoint.url, deed, count)
        for _ in range(MAX_DEATHS):
            with stage.service() as service:
                assert service.ended() == ended
        with stage.service() as service:
            innocent = set(stage.sent) - {stage.poison}
            service.hears(stage.poison, "is in quarantine, rule 'guilty': reactor died 3 times")
            eventually(lambda: stage.delivered() >= innocent, "all others were delivered")
            (row,) = stage.quarantined()
            evaluated = {each[0] for each in stage.case().evaluations}
            assert (stage.delivered(), evaluated) == (innocent, innocent)
            assert set(stage.case().events) == set(stage.sent)
            assert row.poison.why == f"reactor died 3 times while deciding it{how}"
            assert ("tests/crash/poisonous.py" in row.poison.trace) is (deed != "die")

            stage.mended.touch()
            assert retry_quarantined(stage.data_dir, [stage.poison]) == {stage.poison: "decided"}
            eventually(lambda: stage.poison in stage.delivered(), "it was delivered after all")
            assert service.stop() == 0
    assert (stage.quarantined(), (stage.data_dir / TRACE_NAME).read_text()) == ([], "")
