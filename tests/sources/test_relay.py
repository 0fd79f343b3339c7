from reactor.model.event import Frame
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.sources.relay import Relay
from tests.builders import replace

LOCAL = SourceSpec(name="local", type="docker", options={"host": "one"}, place=Place("f", 1, 1))
ONE, TWO = Frame(b"{}", "1"), Frame(b"{}", "2")


class Diary:
    """What a hearer was told, in order."""

    def __init__(self):
        self.told = []

    def link(self, *, is_connected):
        self.told.append(is_connected)

    def hear(self, frame):
        self.told.append(frame)


def hearing(relay, diary, spec=LOCAL):
    return relay.heard_by(diary, spec.name, spec.options)


def test_all_of_a_source_is_told_in_its_order_as_long_as_somebody_hears_it():
    relay, diary = Relay(), Diary()

    with hearing(relay, diary):
        relay.link(LOCAL, is_connected=True)
        relay.tell(LOCAL, ONE)
        relay.link(LOCAL, is_connected=False)
    relay.tell(LOCAL, TWO)

    assert diary.told == [True, ONE, False]


def test_a_source_that_is_connected_already_is_told_so():
    relay, diary = Relay(), Diary()
    relay.link(LOCAL, is_connected=True)

    with hearing(relay, diary):
        relay.tell(LOCAL, ONE)

    assert diary.told == [True, ONE]


def test_one_that_lost_its_connection_is_not():
    relay, diary = Relay(), Diary()
    relay.link(LOCAL, is_connected=True)
    relay.link(LOCAL, is_connected=False)

    with hearing(relay, diary):
        assert diary.told == []


def test_neither_another_source_is_heard_nor_what_had_other_options():
    relay, diary = Relay(), Diary()
    others = [replace(LOCAL, name="far"), replace(LOCAL, options={"host": "two"})]
    relay.link(others[1], is_connected=True)

    with hearing(relay, diary):
        for spec in others:
            relay.link(spec, is_connected=True)
            relay.tell(spec, ONE)

    assert diary.told == []


def test_other_evidence_makes_no_other_source():
    relay, diary = Relay(), Diary()

    with hearing(relay, diary):
        relay.tell(replace(LOCAL, evidence=frozenset({"log_tail"})), ONE)

    assert diary.told == [ONE]


def test_several_may_hear_one_source():
    relay, diaries = Relay(), [Diary(), Diary()]

    with hearing(relay, diaries[0]), hearing(relay, diaries[1]):
        relay.tell(LOCAL, ONE)

    assert [diary.told for diary in diaries] == [[ONE], [ONE]]
