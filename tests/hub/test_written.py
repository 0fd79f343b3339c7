from functools import partial
from threading import Thread

import pytest

from reactor.hub.fleet import Unavailable
from reactor.hub.written import MOST_WANTED, Operation, Trigger, Writing, Written
from tests.fakes import PATIENCE

WEB, DB = "web's UUID", "db's UUID"


def a_trigger(service=WEB, uuid="a"):
    return Trigger(uuid=uuid, service=service, name="deploy", operation=Operation.REDEPLOY)


def refuse(_):
    raise Unavailable("The disk is full.")


def test_a_service_wants_what_it_was_told_last_until_it_has_it():
    writing = Writing().wanting(WEB, 3).wanting(DB, 1).wanting(WEB, 5)

    assert writing.wanted == {DB: 1, WEB: 5}
    assert writing.without_wanted(WEB).wanted == {DB: 1}
    assert writing.without_wanted("another").wanted == writing.wanted


def test_of_too_many_that_want_another_number_the_oldest_are_forgotten():
    writing = Writing(wanted={str(number): 1 for number in range(MOST_WANTED)})

    wanted = writing.wanting("0", 2).wanting(WEB, 3).wanted

    assert len(wanted) == MOST_WANTED
    assert "1" not in wanted
    assert (wanted["0"], wanted[WEB]) == (2, 3)


def test_what_belongs_to_a_service_goes_with_it():
    writing = Writing(triggers=(a_trigger(), a_trigger(DB, "b")), wanted={WEB: 3, DB: 1})

    assert writing.without([WEB]) == Writing(triggers=(a_trigger(DB, "b"),), wanted={DB: 1})


def test_each_change_is_kept_and_nothing_that_is_none():
    kept = []
    written = Written(keep=kept.append)

    written.change(lambda now: now.wanting(WEB, 3))
    written.change(lambda now: now.without([DB]))

    assert kept == [Writing(wanted={WEB: 3})]
    assert written.present == kept[0]


def test_what_cannot_be_kept_is_not_written():
    written = Written(Writing(wanted={WEB: 3}), keep=refuse)

    with pytest.raises(Unavailable):
        written.change(lambda now: now.wanting(WEB, 4))

    assert written.present == Writing(wanted={WEB: 3})


def test_no_change_of_many_threads_is_lost():
    written = Written()

    def want(service):
        for number in range(50):
            written.change(partial(Writing.wanting, service=f"{service}-{number}", count=1))

    threads = [Thread(target=want, args=(service,)) for service in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert len(written.present.wanted) == 400
