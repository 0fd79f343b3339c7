from threading import Thread

from reactor.hub.announcing import Announcer
from tests.fakes import PATIENCE


def test_frames_are_told_in_order_to_all_who_listen():
    announcer, one, other = Announcer(), [], []
    announcer.listen(one.append)
    end = announcer.listen(other.append)

    announcer.add({"state": 1})
    announcer.tell()
    end()
    announcer.add({"state": 2})
    announcer.tell()

    assert one == [{"state": 1}, {"state": 2}]
    assert other == [{"state": 1}]


def test_a_listener_may_cause_more():
    announcer, heard = Announcer(), []

    def listener(frame):
        heard.append(frame["state"])
        if len(heard) < 3:
            announcer.add({"state": len(heard)})
            announcer.tell()

    announcer.listen(listener)
    announcer.add({"state": 0})
    announcer.tell()

    assert heard == [0, 1, 2]


def test_nothing_is_lost_or_told_twice_by_many_threads():
    announcer, heard = Announcer(), []
    announcer.listen(heard.append)

    def speak(own):
        for number in range(200):
            announcer.add({"state": (own, number)})
            announcer.tell()

    threads = [Thread(target=speak, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert sorted(frame["state"] for frame in heard) == [
        (own, number) for own in range(4) for number in range(200)
    ]
