"""Who asks for what and when, on a clock that the tests turn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.model.lookup import Found
from reactor.model.uri import ObjectUri
from reactor.platforms import fetches as module
from reactor.platforms.fetches import Fetches
from reactor.platforms.queries import Query

WEB = Query(ObjectUri("service", "00000000-0000-4000-8000-000000000001", None, is_tutum=False))
OTHER = Query(ObjectUri("service", "00000000-0000-4000-8000-000000000002", None, is_tutum=False))
REF, OTHER_REF = WEB.key, OTHER.key
OBJECT = Found(object={"name": "web"})


@pytest.fixture
def fetches():
    return Fetches(patience=60.0)


class Asker:
    """Remembers what it was told."""

    def __init__(self):
        self.told = []

    def __call__(self, found):
        self.told.append(found)


def ask(fetches, now=0.0, *, query=WEB, fresh=True):
    asker = Asker()
    assert fetches.ask(query, asker, fresh=fresh, now=now)
    return asker


def begin(fetches, now=0.0):
    """What is due now, begun."""
    return [ref for ref in fetches.due(now) if fetches.begin(ref, now)]


def say(told):
    for tell, found in told:
        tell(found)
    return len(told)


def test_an_object_that_is_asked_for_is_due_at_once(fetches):
    ask(fetches, 5.0)

    assert fetches.due(5.0) == [REF]
    assert fetches.begin(REF, 5.0) == WEB


def test_all_who_asked_before_it_began_share_one_request(fetches):
    askers = [ask(fetches, fresh=number % 2 == 0) for number in range(10)]

    assert begin(fetches) == [REF]
    assert say(fetches.end(REF, OBJECT, 1.0)) == 10
    assert all(asker.told == [OBJECT] for asker in askers)
    assert fetches.next_at() is None


def test_who_asks_for_a_fresh_answer_later_gets_the_next_request(fetches):
    first = ask(fetches)
    begin(fetches)
    later = ask(fetches, 0.5)

    assert begin(fetches, 0.5) == []  # one at a time
    say(fetches.end(REF, OBJECT, 1.0))
    assert (len(first.told), len(later.told)) == (1, 0)
    assert begin(fetches, 1.0) == [REF]
    say(fetches.end(REF, OBJECT, 2.0))
    assert len(later.told) == 1


def test_who_takes_an_older_answer_joins_the_request_under_way(fetches):
    ask(fetches)
    begin(fetches)
    later = ask(fetches, 0.5, fresh=False)

    say(fetches.end(REF, OBJECT, 1.0))

    assert later.told == [OBJECT]


def test_a_failed_request_is_repeated_after_1_2_4_8_and_8_seconds(fetches):
    ask(fetches)
    moments, now = [], 0.0
    for _ in range(6):
        assert begin(fetches, now) == [REF]
        moments.append(now)
        fetches.fail(REF, "503", now)
        now = fetches.next_at()

    assert moments == [0.0, 1.0, 3.0, 7.0, 15.0, 23.0]


def test_a_request_that_failed_and_those_who_wait_become_one(fetches):
    askers = [ask(fetches)]
    begin(fetches)
    askers.append(ask(fetches, 0.5))
    fetches.fail(REF, "503", 0.5)
    askers.append(ask(fetches, 1.0))

    assert begin(fetches, 1.5) == [REF]
    assert say(fetches.end(REF, OBJECT, 2.0)) == 3


def test_after_an_answer_failures_count_from_the_start(fetches):
    ask(fetches)
    begin(fetches)
    fetches.fail(REF, "503", 0.0)
    begin(fetches, 1.0)
    ask(fetches, 1.0)
    fetches.end(REF, OBJECT, 1.0)
    begin(fetches, 1.0)
    fetches.fail(REF, "503", 1.0)

    assert fetches.next_at() == 2.0


def test_an_ask_ends_after_a_minute_with_what_was_heard_last(fetches):
    asker = ask(fetches)
    begin(fetches)
    fetches.fail(REF, "503 Service Unavailable", 55.0)

    assert fetches.expired(59.9) == []
    say(fetches.expired(60.0))

    reason = "no answer within 60 s (last: 503 Service Unavailable)"
    assert asker.told == [Found(object=None, reason=reason)]
    assert begin(fetches, 60.0) == []  # nobody asks any more


def test_an_ask_ends_though_its_request_never_does(fetches):
    asker = ask(fetches)
    begin(fetches)
    say(fetches.expired(60.0))

    assert asker.told == [Found(object=None, reason="no answer within 60 s")]
    assert fetches.end(REF, OBJECT, 99.0) == []


def test_those_who_wait_behind_a_request_that_hangs_are_not_kept_for_ever(fetches):
    ask(fetches)
    begin(fetches)
    for now in range(1, 500):
        ask(fetches, float(now))
        say(fetches.expired(float(now)))

    assert len(fetches._fetches[REF].waiting) <= 60


def test_nothing_is_asked_while_the_api_holds_us_off(fetches):
    ask(fetches)
    begin(fetches)
    fetches.hold(30.0, "429 Too Many Requests")
    fetches.fail(REF, "429 Too Many Requests", 0.0)
    ask(fetches, 1.0, query=OTHER)

    assert fetches.due(29.9) == []
    assert fetches.next_at() == 30.0
    assert begin(fetches, 30.0) == [REF, OTHER_REF]


def test_what_was_due_when_the_api_held_us_off_waits_too(fetches):
    ask(fetches)
    due = fetches.due(0.0)
    fetches.hold(30.0, "429 Too Many Requests")

    assert fetches.begin(due[0], 0.0) is None
    assert begin(fetches, 29.0) == []
    assert begin(fetches, 30.0) == [REF]


def test_who_could_not_be_served_in_time_is_told_at_once(fetches):
    fetches.hold(3600.0, "429 Too Many Requests")
    asker = ask(fetches, 10.0)

    say(fetches.expired(10.0))

    reason = "429 Too Many Requests, and nothing may be asked for 3590 s"
    assert asker.told == [Found(object=None, reason=reason)]


def test_what_happens_to_an_object_outdates_the_request_under_way_only(fetches):
    ask(fetches)
    fetches.outdate(REF)
    begin(fetches)
    assert not fetches.is_outdated(REF)

    fetches.outdate(REF)
    fetches.outdate(OTHER_REF)  # nobody asks for that

    assert fetches.is_outdated(REF)


def test_closing_ends_all_that_is_open(fetches):
    askers = [ask(fetches), ask(fetches, query=OTHER)]
    begin(fetches)
    askers.append(ask(fetches))

    assert say(fetches.close("over")) == 3
    assert [asker.told for asker in askers] == [[Found(object=None, reason="over")]] * 3
    assert fetches.end(REF, OBJECT, 1.0) == []


def test_only_so_many_may_wait(fetches):
    for _ in range(module.MOST_OPEN):
        fetches.ask(WEB, Asker(), fresh=True, now=0.0)

    assert not fetches.ask(WEB, Asker(), fresh=True, now=0.0)
    say(fetches.expired(60.0))
    assert fetches.ask(WEB, Asker(), fresh=True, now=60.0)


class Walk:
    """Fetches, and what was done to them so far."""

    def __init__(self):
        self.fetches, self.now = Fetches(patience=60.0), 0.0
        self.askers, self.running = [], []

    def ask(self, query):
        self.askers.append(ask(self.fetches, self.now, query=query, fresh=False))

    def ask_fresh(self, query):
        self.askers.append(ask(self.fetches, self.now, query=query))

    def begin(self, _):
        self.running += begin(self.fetches, self.now)
        assert len(self.running) == len(set(self.running)), "two requests for one object"

    def end(self, _):
        if self.running:
            say(self.fetches.end(self.running.pop(0), OBJECT, self.now))

    def fail(self, _):
        if self.running:
            self.fetches.fail(self.running.pop(0), "503", self.now)

    def hold(self, _):
        self.fetches.hold(self.now + 5.0, "429")

    def wait(self, _):
        self.now += 7.0
        say(self.fetches.expired(self.now))


MOVES = st.sampled_from(["ask", "ask_fresh", "begin", "end", "fail", "hold", "wait"])


@given(st.lists(st.tuples(MOVES, st.sampled_from([WEB, OTHER])), max_size=60))
def test_whatever_happens_everybody_is_told_once_and_in_time(moves):
    walk = Walk()
    for move, query in moves:
        getattr(walk, move)(query)

    say(walk.fetches.expired(walk.now + 60.0))

    assert all(len(asker.told) == 1 for asker in walk.askers)
    assert walk.fetches.close("over") == []
