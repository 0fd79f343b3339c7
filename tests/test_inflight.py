"""What stands in the file when the process dies, and what the next one makes of it."""

import shutil
from contextlib import closing

import pytest

from reactor.inflight import MAX_DEATHS, NAME, TRACE_NAME, Inflight
from tests.builders import NOON, an_event, replace
from tests.roads import an_arrival

ONE, TWO, EVENT = an_arrival(1), an_arrival(2), ("cloud", "event-1")
KEY = ("local", "line-1")


@pytest.fixture
def told():
    return []


def opened(folder, told):
    """As the next process opens it."""
    return closing(Inflight(folder, told.append))


def left(folder, told):
    """The frames that it finds there."""
    with opened(folder, told) as inflight:
        found = []
        while frame := inflight.next_frame():
            found.append(frame)
        return found


def test_what_is_being_decided_is_found_as_it_came(tmp_path, told):
    whole = replace(
        ONE, time=NOON, facts={"service": {"name": "wéb"}}, remember={"at": 7}, subject="s"
    )
    with opened(tmp_path, told) as inflight:
        inflight.hold([replace(whole, acknowledge=print), TWO], [EVENT])

    assert left(tmp_path, told) == [whole, TWO]
    assert told == ["reactor died while it was deciding 3 events: each is tried by itself"]
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_what_waits_for_the_commit_is_found_and_suspected_of_nothing(tmp_path, told):
    with opened(tmp_path, told) as inflight:
        inflight.hold([ONE])
        inflight.decided()

    with opened(tmp_path, told) as inflight:
        assert (inflight.next_frame(), inflight.has_suspects, told) == (ONE, False, [])


def test_what_is_committed_is_not_found(tmp_path, told):
    with opened(tmp_path, told) as inflight:
        inflight.hold([ONE, TWO])
        inflight.decided()
        inflight.clear([])
        shutil.copy(tmp_path / NAME, tmp_path / "killed")

    assert (left(tmp_path, told), (tmp_path / NAME).stat().st_size) == ([], 0)
    (tmp_path / "killed").rename(tmp_path / NAME)
    assert (left(tmp_path, told), told) == ([], [])


def test_a_shorter_batch_hides_the_rest_of_a_longer_one(tmp_path, told):
    with opened(tmp_path, told) as inflight:
        inflight.hold([an_arrival(number) for number in range(100)])
        inflight.hold([TWO])

    assert left(tmp_path, told) == [TWO]


def deaths(folder, told, count, *, rule=None):
    """So many processes that die of the first frame while the second waits."""
    with opened(folder, told) as inflight:
        inflight.hold([ONE, TWO])
    for _ in range(count - 1):
        with opened(folder, told) as inflight:
            inflight.hold([inflight.next_frame()])
            if rule:
                inflight.name(rule)


def test_deaths_are_counted_over_processes_until_it_is_enough(tmp_path, told):
    verdicts = []
    for count in range(1, MAX_DEATHS + 1):
        (tmp_path / NAME).unlink(missing_ok=True)
        deaths(tmp_path, told, count)
        with opened(tmp_path, told) as inflight:
            verdicts.append(inflight.verdict(KEY) is not None)

    assert verdicts == [False, False, True]


def test_who_only_waited_is_not_counted_again_and_not_lost(tmp_path, told):
    deaths(tmp_path, told, MAX_DEATHS)

    with opened(tmp_path, told) as inflight:
        assert inflight.verdict(("local", "line-2")) is None
        assert [inflight.next_frame(), inflight.next_frame()] == [ONE, TWO]


@pytest.mark.parametrize(
    ("words", "how"),
    [
        ("", ""),
        ("it hung for more than 20 s\nThread 1", "; it hung for more than 20 s"),
        ("Thread 0x1 (most recent call first):\n  File", ""),
    ],
)
def test_the_verdict_says_all_that_is_known(tmp_path, told, words, how):
    deaths(tmp_path, told, MAX_DEATHS, rule="guilty")
    (tmp_path / TRACE_NAME).write_text(words)

    with opened(tmp_path, told) as inflight:
        poison = inflight.verdict(KEY)

    assert poison.sentence == f"rule 'guilty': reactor died 3 times while deciding it{how}"
    assert poison.trace == words


def test_what_is_decided_after_all_is_suspected_no_longer(tmp_path, told):
    deaths(tmp_path, told, 2)

    with opened(tmp_path, told) as inflight:
        inflight.hold([inflight.next_frame(), inflight.next_frame()])
        inflight.decided()
        inflight.clear([])
        assert not inflight.has_suspects
    assert left(tmp_path, []) == []


def test_an_event_of_the_journal_stays_suspected_until_it_is_settled(tmp_path, told):
    with opened(tmp_path, told) as inflight:
        inflight.hold([], [EVENT])
    with opened(tmp_path, told) as inflight:
        inflight.hold([], [EVENT])
        inflight.clear([])  # it waits for another lookup
    with opened(tmp_path, told) as inflight:
        assert inflight.has_suspects
        inflight.clear([replace(an_event(source="cloud"), id="event-1")])
        assert not inflight.has_suspects


def test_frames_that_are_to_be_tried_stay_suspected(tmp_path, told):
    deaths(tmp_path, told, 2)

    with opened(tmp_path, told) as inflight:
        inflight.forget_others([])
        assert inflight.has_suspects
        while inflight.next_frame():
            pass
        inflight.forget_others([])
        assert not inflight.has_suspects


def test_the_last_try_is_known_and_a_suspect_of_old_has_one(tmp_path, told):
    with opened(tmp_path, told) as inflight:
        inflight.hold([], [EVENT])
        assert not inflight.is_last_try
        inflight.suspect([EVENT])
        assert inflight.is_last_try
        inflight.hold([ONE], [EVENT])
        assert not inflight.is_last_try


def test_what_can_never_be_written_is_to_blame(tmp_path, told):
    with opened(tmp_path, told) as inflight:
        inflight.hold([ONE])
        inflight.decided()
        inflight.refused()

    with opened(tmp_path, told) as inflight:
        assert inflight.has_suspects


def test_it_beats_only_while_something_is_decided(tmp_path, told):
    with opened(tmp_path, told) as inflight:
        inflight.hold([ONE])
        assert inflight.deciding.overdue() > 0
        inflight.decided()
        assert inflight.deciding.overdue() == 0


@pytest.mark.parametrize("kept", [1, 8, 13, 40, -1])
def test_a_torn_file_is_told_and_is_not_fatal(tmp_path, told, kept):
    with opened(tmp_path, told) as inflight:
        inflight.hold([ONE, TWO])
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:kept])

    assert left(tmp_path, told) == []
    assert told == [f"{path} cannot be understood: what was being decided is not known"]


@pytest.mark.parametrize("place", [0, 3, 7, 20, 60])
def test_no_changed_byte_is_believed(tmp_path, told, place):
    with opened(tmp_path, told) as inflight:
        inflight.hold([ONE, TWO])
    data = bytearray((tmp_path / NAME).read_bytes())
    data[place] ^= 1
    (tmp_path / NAME).write_bytes(data)

    assert left(tmp_path, told) in ([], [ONE, TWO])  # a changed state says only who is suspected


def test_what_cannot_be_written_is_told_once_and_forgotten(tmp_path, told):
    wild = replace(ONE, facts={"n": 1 << 70})
    with opened(tmp_path, told) as inflight:
        inflight.hold([TWO])
        inflight.decided()
        inflight.clear([])
        inflight.hold([wild])
        inflight.hold([wild])
        inflight.decided()

    assert left(tmp_path, []) == []
    assert len(told) == 1
    assert "cannot be used, so an event that ends us is not found" in told[0]


def test_a_file_that_cannot_be_opened_is_told_and_all_goes_on(tmp_path, told):
    (tmp_path / NAME).mkdir()
    with opened(tmp_path, told) as inflight:
        inflight.hold([ONE])
        inflight.decided()
        inflight.clear([])

    assert len(told) == 1
