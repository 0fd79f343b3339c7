"""What evaluating an event can do at worst, without a process: what ends one is an error that
nothing catches, and the next road finds what the file holds."""

from contextlib import closing, suppress

import pytest

from reactor.journal import events, inputs, memory
from reactor.journal.quarantine import list_quarantined
from reactor.journal.summary import counts
from reactor.model.errors import JournalUnavailable
from reactor.model.match import Reason
from reactor.model.memory import MemoryKey
from tests.dangerous import Death, blow_up, dangerous, die
from tests.roads import LOOKED_UP, Cloud, Road, a_frame, an_arrival

POISON = """\
rules:
  - {name: each, match: {type: container}, throttle: 900 per 1h, actions: [{log: info}]}
  - {name: guilty, match: {type: container}, actions: [{dangerous: info}]}
"""
DEEDS = dangerous({"blow_up": blow_up, "die": die})


def a_poisonous_road(folder):
    return closing(Road(folder, POISON, actions=DEEDS))


def quarantined(road):
    return [(row.event_id, row.poison.sentence) for row in list_quarantined(road.reader)]


def test_of_five_hundred_events_one_raises_and_nothing_else_changes(tmp_path):
    heard = []
    batch = [an_arrival(n, acknowledge=lambda: heard.append(1)) for n in range(500)]
    batch[250] = an_arrival(250, deed="blow_up", acknowledge=lambda: heard.append(1))
    with a_poisonous_road(tmp_path) as road:
        committed = road.receive(*batch)

        said = "rule 'guilty': ValueError: this event is poison"
        assert quarantined(road) == [("line-250", said)]
        assert (len(heard), len(committed.events), len(committed.quarantined)) == (500, 499, 1)
        assert counts(road.reader).events == {"local": 500}
        assert road.reasons("each") == road.reasons("guilty", "dangerous") == [Reason.FIRED] * 499
        assert inputs.last_sequence(road.reader) == 500
        throttle = MemoryKey("each", "", "throttle", "[]")
        (times,) = memory.load(road.reader)[throttle].value.values()
        assert len(times) == 499


def dies(folder, *arrivals):
    """A process that takes what an earlier one left, and then these, and dies of it."""
    with a_poisonous_road(folder) as road, suppress(Death):
        road.pipeline.recover()
        road.receive(*arrivals)
        raise AssertionError("it lives")


def test_what_ends_the_process_is_put_aside_at_the_third_death_and_all_else_goes_on(tmp_path):
    dies(tmp_path, an_arrival(1), an_arrival(2, deed="die"), an_arrival(3))
    dies(tmp_path)
    dies(tmp_path)

    with a_poisonous_road(tmp_path) as road:
        road.pipeline.recover()

        said = "rule 'guilty': reactor died 3 times while deciding it"
        assert quarantined(road) == [("line-2", said)]
        assert road.reasons("each") == [Reason.FIRED] * 2
        assert road.receive(an_arrival(2, deed="die")).duplicates == {"local": 1}
    with a_poisonous_road(tmp_path) as road:
        assert road.warned == []


def test_what_was_decided_and_not_committed_is_so_by_the_next_process(tmp_path):
    with a_poisonous_road(tmp_path) as road:
        road.writer.close()
        with pytest.raises(JournalUnavailable):
            road.receive(an_arrival(1), an_arrival(2))

    with a_poisonous_road(tmp_path) as road:
        road.pipeline.recover()

        assert road.reasons("each") == [Reason.FIRED] * 2
        assert road.warned == []


DEADLY = LOOKED_UP.replace("log:", "dangerous:")


def a_deadly_road(folder, cloud):
    return closing(Road(folder, DEADLY, {"cloud": cloud}, DEEDS))


def test_what_waited_for_a_lookup_and_ends_the_process_is_put_aside_too(tmp_path):
    with a_deadly_road(tmp_path, Cloud()) as road:
        road.receive(a_frame(1, deed="die"), a_frame(2, resource_uri="another"))
    for _ in range(3):
        cloud = Cloud()
        with a_deadly_road(tmp_path, cloud) as road:
            road.pipeline.resume()
            cloud.answer(name="web-1", exit_code=3)
            with pytest.raises(Death):
                road.receive(*road.told)

    with a_deadly_road(tmp_path, Cloud()) as road:
        road.pipeline.resume()

        said = "rule 'crashed': reactor died 3 times while deciding it"
        assert quarantined(road) == [("frame-1", said)]
        assert list(events.undecided(road.reader)) == []


def test_frames_of_a_dead_process_queue_behind_what_was_accepted_before_them(tmp_path):
    """The first waits for a lookup; the second is of the same subject."""
    with a_deadly_road(tmp_path, Cloud()) as road:
        road.receive(a_frame(1))
        road.writer.close()
        with pytest.raises(JournalUnavailable):
            road.receive(a_frame(2))

    cloud = Cloud()
    with a_deadly_road(tmp_path, cloud) as road:
        road.pipeline.run(lambda *_: None)
        for _ in range(2):
            cloud.answer(name="web-1", exit_code=3)
        road.receive(*road.told)

        assert [event.id for each in road.committed for event in each.events] == [
            "frame-1",
            "frame-2",
        ]


def test_what_is_mended_is_decided_when_it_is_tried_again(tmp_path):
    mended = tmp_path / "mended"
    with a_poisonous_road(tmp_path) as road:
        road.receive(an_arrival(1, deed="blow_up", mended_by=str(mended)))
        again = road.pipeline.retry(["line-1", "line-2"])
        mended.touch()

        assert again["line-1"].startswith("in quarantine again: rule 'guilty': ValueError")
        assert again["line-2"] == "is not in quarantine"
        assert road.pipeline.retry(["line-1"]) == {"line-1": "decided"}
        assert road.reasons("guilty", "dangerous") == [Reason.FIRED]
        assert quarantined(road) == []


def test_one_more_death_is_enough_for_what_was_in_quarantine(tmp_path):
    with a_poisonous_road(tmp_path) as road:
        frame = an_arrival(1, deed="blow_up")
        road.receive(frame)
    deadlier = dangerous({"blow_up": die})
    with closing(Road(tmp_path, POISON, actions=deadlier)) as road, pytest.raises(Death):
        road.pipeline.retry(["line-1"])

    with closing(Road(tmp_path, POISON, actions=deadlier)) as road:
        road.pipeline.resume()

        assert [event for event, _ in quarantined(road)] == ["line-1"]
