"""The service manager hears that we live only while all parts move."""

import pytest

from reactor.cli.attendant import Attendant


class Manager:
    """A notifier that remembers, on a clock of our own, and the parts that hang."""

    def __init__(self):
        self.told, self.seconds, self.stuck, self.why = [], 100.0, 0.0, {}

    def tell(self, *states):
        self.told.append(" ".join(states))

    def hung(self, patience):
        return {"pipeline": "hangs"} if self.stuck > patience else {}

    def unready(self):
        return self.why

    def alive(self):
        return self.told.count("WATCHDOG=1")


@pytest.fixture
def manager():
    return Manager()


def attendant(manager, watchdog=None):
    return Attendant(manager, manager, watchdog=watchdog, monotonic=lambda: manager.seconds)


def attend(manager, watchdog, seconds):
    """So many seconds of service, with a tick as often as is asked for."""
    attended = attendant(manager, watchdog)
    for _ in range(int(seconds / attended.pause)):
        manager.seconds += attended.pause
        attended.tick()


def test_a_sign_of_life_comes_four_times_as_often_as_is_asked_for(manager):
    attend(manager, watchdog=30.0, seconds=60)

    assert manager.alive() == 7  # the first after 8 s of ticks, then every 8 s


def test_without_a_watchdog_there_is_none(manager):
    attend(manager, watchdog=None, seconds=60)

    assert manager.alive() == 0


def test_a_short_watchdog_is_fed_in_time(manager):
    attend(manager, watchdog=1.0, seconds=10)

    assert manager.alive() == 40


def test_who_hangs_for_more_than_half_of_the_time_is_given_up(manager):
    manager.stuck = 15.0
    attend(manager, watchdog=30.0, seconds=60)
    assert manager.alive() == 7

    manager.stuck = 15.1
    attend(manager, watchdog=30.0, seconds=60)
    assert manager.alive() == 7


def test_who_moves_again_is_fed_at_once(manager):
    manager.stuck = 99.0
    attended = attendant(manager, watchdog=30.0)
    manager.seconds += 20
    attended.tick()
    manager.stuck = 0.0
    attended.tick()

    assert manager.alive() == 1


def test_the_status_is_told_when_it_changes(manager):
    attended = attendant(manager)
    for why in ({}, {}, {"journal": "disk full", "source a": "waiting"}, {}):
        manager.why = why
        attended.tick()

    assert manager.told == [
        "STATUS=ready",
        "STATUS=not ready: journal: disk full; source a: waiting",
        "STATUS=ready",
    ]


def test_start_reload_and_stop_are_told(manager):
    attended = attendant(manager)

    attended.ready()
    attended.reloading()
    attended.ready()
    attended.stopping()

    assert manager.told == [
        "READY=1",
        "RELOADING=1 MONOTONIC_USEC=100000000",
        "READY=1",
        "STOPPING=1 STATUS=stopping",
    ]
