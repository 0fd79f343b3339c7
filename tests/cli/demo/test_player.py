"""The recordings are played in their order and at their pace."""

import json
from threading import Event

import pytest

from reactor.cli.demo.player import Cue, play, recordings
from tests.fakes import CountingStop

CUES = [Cue(100.0, "a"), Cue(200.0, "b"), Cue(1000.0, "c")]


def test_the_recordings_are_frames_in_the_order_of_their_time():
    played = recordings()

    assert {name: len(cues) for name, cues in played.items()} == {"recorded": 29, "cloud": 30}
    for cues in played.values():
        assert [cue.at for cue in cues] == sorted(cue.at for cue in cues)
        assert all(isinstance(json.loads(cue.line), dict) for cue in cues)
        assert cues[-1].at < 60, "the demo lasts a minute"


def test_the_day_has_what_the_story_is_about():
    lines = " ".join(cue.line for cue in recordings()["recorded"])

    assert all(word in lines for word in ('"oom"', '"exitCode": "7"', '"exitCode": "137"'))


def test_every_line_is_written_in_order(tmp_path):
    play(CUES, tmp_path / "played", seconds=0.01, stop=Event())

    assert (tmp_path / "played").read_text() == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("seconds", "pauses"),
    [
        (500.0, [50.0, 100.0, 500.0]),  # twice as fast, so that 1000 s fit into 500
        (6000.0, [100.0, 200.0, 1000.0]),  # never slower than it was recorded
        (-2.0, [0.0, 0.0, 0.0]),  # a demo shorter than its settling: all at once
    ],
)
def test_the_pace_is_that_of_the_recording_or_faster(tmp_path, seconds, pauses):
    stop = CountingStop(most=len(CUES) + 1)

    play(CUES, tmp_path / "played", seconds, stop)

    assert stop.pauses == pytest.approx(pauses, abs=10)  # nobody waited: all are from the start


def test_a_stop_ends_it_at_once(tmp_path):
    stop = Event()
    stop.set()

    play(CUES, tmp_path / "played", seconds=3600, stop=stop)

    assert (tmp_path / "played").read_text() == ""
