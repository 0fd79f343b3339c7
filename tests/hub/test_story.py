from datetime import timedelta

from reactor.hub.story import Story, cues
from tests.hub.fleets import A_WHILE, START, a_fleet, heard, operate

END = START + timedelta(minutes=1)


def crashes(frames, fleet):
    """The names of containers that went to Stopped, in order."""
    return [
        fleet.find("container", frame["resource_uri"].split("/")[-2])["name"]
        for frame in frames
        if frame["type"] == "container" and frame["state"] == "Stopped"
    ]


def test_the_story_lasts_about_a_minute_and_its_cues_are_in_order():
    moments = [cue.at.total_seconds() for cue in cues(1)]

    assert moments == sorted(moments)
    assert 0 < moments[0] < 5
    assert 45 < moments[-1] < 60


def test_within_a_minute_web_crashes_several_times_and_backup_ends_as_it_should():
    fleet = a_fleet()
    frames = heard(fleet)

    told = Story(seed=1, start=START).perform(fleet, END)

    names = [name.rpartition("-")[0] for name in crashes(frames, fleet)]
    assert names == ["web", "web", "backup", "web", "db", "web", "web"]
    assert "backup-1 ends as it should: exit code 0" in told
    assert "db-1 crashes: exit code 1" in told


def test_a_node_is_lost_and_comes_back():
    fleet = a_fleet()
    frames = heard(fleet)

    told = Story(seed=1, start=START).perform(fleet, END)

    assert [frame["state"] for frame in frames if frame["type"] == "node"] == [
        "Unreachable",
        "Deployed",
    ]
    assert "node-3 cannot be reached any more" in told
    assert "node-3 is back" in told


def test_one_step_or_many_make_the_same_frames():
    at_once, in_steps = a_fleet(), a_fleet()
    once, stepwise = heard(at_once), heard(in_steps)

    Story(seed=1, start=START).perform(at_once, END)
    story = Story(seed=1, start=START)
    for second in range(61):
        story.perform(in_steps, START + timedelta(seconds=second))

    assert stepwise == once


def test_each_cue_comes_when_it_is_due():
    story, fleet = Story(seed=1, start=START), a_fleet()
    first = story.next_due()

    assert story.perform(fleet, first - timedelta(milliseconds=1)) == []
    assert len(story.perform(fleet, first)) == 1
    assert story.next_due() > first


def test_at_half_the_pace_each_cue_comes_in_half_the_time():
    story = Story(seed=1, start=START, pace=0.5)

    assert story.next_due() - START == cues(1)[0].at / 2


def test_after_the_last_cue_nothing_is_due():
    story = Story(seed=1, start=START)

    story.perform(a_fleet(), END)

    assert story.next_due() is None


def test_a_crash_hits_a_container_that_runs_after_a_redeploy():
    story, fleet = Story(seed=1, start=START), a_fleet()
    old = set(fleet.running("web"))
    operate(fleet, "service", "web", "redeploy")

    told = story.perform(fleet, START + timedelta(seconds=5))

    assert len(told) == 1
    assert not old & set(fleet.running("web"))


def test_where_nothing_runs_nothing_crashes_and_nothing_is_told():
    story, fleet = Story(seed=1, start=START), a_fleet()
    operate(fleet, "stack", "shop", "stop")
    fleet.advance(START + timedelta(seconds=2))

    told = story.perform(fleet, START + A_WHILE)

    assert told == ["backup-1 ends as it should: exit code 0"]
