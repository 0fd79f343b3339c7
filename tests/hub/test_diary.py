"""What simulated containers write."""

from datetime import timedelta

import pytest

from reactor.hub.diary import Diary
from reactor.hub.fleet import NoSuchObject, NotAllowed
from tests.hub.fleets import A_WHILE, START, a_fleet, named, operate, uuid_of
from tests.hub.reading import read_later


def opened(fleet, kind, name, *, tail=300, follow=True):
    return Diary(fleet, kind, uuid_of(fleet, kind, name), tail=tail, follow=follow)


def texts(lines):
    return [line.text for line in lines]


def test_a_container_says_that_it_is_ready_and_when():
    fleet = a_fleet()
    [line] = opened(fleet, "container", "web-1").read()

    assert line.text == "web-1: acme/shop-web:2.4.1 is ready\n"
    assert (line.stream, line.source) == ("stdout", None)
    assert line.at.tzinfo is not None
    assert line.at < START


def test_a_crash_is_written_as_it_happens_and_the_next_start_too():
    fleet = a_fleet()
    diary = opened(fleet, "container", "web-1", tail=0)
    fleet.advance(START + timedelta(seconds=1))

    fleet.crash(uuid_of(fleet, "container", "web-1"), 137)
    [crash] = diary.read()
    fleet.advance(START + A_WHILE)

    assert (crash.text, crash.stream) == ("web-1: exit code 137\n", "stderr")
    assert crash.at == START + timedelta(seconds=1)
    assert texts(diary.read()) == ["web-1: acme/shop-web:2.4.1 is ready\n"]


def test_a_log_that_is_not_followed_ends_with_what_is_there():
    diary = opened(a_fleet(), "container", "web-1", follow=False)

    assert len(diary.read()) == 1
    assert diary.read() == []


@pytest.mark.parametrize(("tail", "count"), [(0, 0), (1, 1), (2, 2), (300, 3)])
def test_a_service_has_the_lines_of_its_containers_the_last_of_them(tail, count):
    lines = opened(a_fleet(), "service", "web", tail=tail, follow=False).read()

    assert [line.source for line in lines] == ["web-1", "web-2", "web-3"][3 - count :]


def test_a_service_that_is_followed_has_its_new_containers_too():
    fleet = a_fleet()
    diary = opened(fleet, "service", "backup", tail=0)

    operate(fleet, "service", "backup", "redeploy")
    fleet.advance(START + A_WHILE)

    assert texts(diary.read())[-1] == "backup-1: acme/backup:7 is ready\n"


def test_a_terminated_container_has_nothing_more_to_say():
    fleet = a_fleet()
    diary = opened(fleet, "container", "backup-1", tail=0)

    operate(fleet, "container", "backup-1", "terminate")
    fleet.advance(START + A_WHILE)

    assert len(diary.read()) == 1
    assert diary.read() == []


def test_an_action_tells_how_it_ends():
    fleet = a_fleet()
    operate(fleet, "service", "backup", "stop")
    [action] = fleet.objects("action")
    diary = Diary(fleet, "action", action["uuid"], tail=300, follow=True)

    fleet.advance(START + A_WHILE)

    uri = named(fleet, "service", "backup")["resource_uri"]
    assert texts(diary.read()) == [f"Service Stop of {uri}", "Success"]
    assert diary.read() == []


def test_a_close_lets_the_reader_go_and_the_fleet_is_not_heard_any_more():
    fleet = a_fleet()
    diary = opened(fleet, "container", "web-1", tail=0)
    read = read_later(diary)

    diary.close()
    fleet.crash(uuid_of(fleet, "container", "web-1"), 1)

    assert read() == []
    assert diary.read() == []


def test_what_has_no_log_says_so():
    fleet = a_fleet()

    with pytest.raises(NotAllowed, match="A stack has no log"):
        opened(fleet, "stack", "shop")
    with pytest.raises(NoSuchObject):
        Diary(fleet, "container", "nobody", tail=1, follow=False)
