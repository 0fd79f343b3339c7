"""`time_intervals`, and the gates that name them. What else is wrong stands in bad/."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from reactor.config.intervals import parse_hours, parse_intervals
from reactor.config.node import Problems
from reactor.model.gates import Hours, Otherwise
from reactor.model.interval import Interval
from tests.conditions import node_of

UTC = ZoneInfo("UTC")
HOUR = timedelta(hours=1)
CHRISTMAS = date(2026, 12, 24)


def told(found):
    """Line, column and words of each problem."""
    return [str(problem).split(":", 1)[1] for problem in found]


def parsed(text):
    """The one interval of `a: TEXT`, and what was warned of."""
    problems = Problems()
    found = parse_intervals(node_of(f"a: {text}"), problems)
    assert told(problems.found) == []
    return found["a"], told(problems.warnings)


def mistakes(text):
    problems = Problems()
    assert list(parse_intervals(node_of(f"a: {text}"), problems)) == ["a"]
    return told(problems.found)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("{days: sat}", {"days": {5}}),
        ("{days: [sat, Sunday]}", {"days": {5, 6}}),
        ("{days: mon-fri}", {"days": {0, 1, 2, 3, 4}}),
        ("{days: [fri-mon, wed]}", {"days": {4, 5, 6, 0, 2}}),
        ("{days: monday-tue}", {"days": {0, 1}}),
        ("{days: sat-sat}", {"days": {5}}),
        ("{dates: 2026-12-24}", {"dates": ((CHRISTMAS, CHRISTMAS),)}),
        (
            "{dates: [2026-12-24/2027-01-02, 2028-02-29]}",
            {"dates": ((CHRISTMAS, date(2027, 1, 2)), (date(2028, 2, 29),) * 2)},
        ),
        ("{from: 02:00, to: '04:00:30'}", {"begin": time(2), "end": time(4, 0, 30)}),
        ("{from: 22:00, to: 06:00}", {"begin": time(22), "end": time(6)}),
        ("{from: 22:00, to: 24:00}", {"begin": time(22), "end": time(0)}),
        ("{from: 22:00}", {"begin": time(22)}),
        ("{to: 06:00}", {"end": time(6)}),
        ("{from: 00:00, to: 24:00:00}", {}),
        ("{days: sun, timezone: Asia/Kolkata}", {"days": {6}, "zone": ZoneInfo("Asia/Kolkata")}),
        ("{cron: 0 2 * * sat, for: 2h}", {"cron": "0 2 * * sat", "lasts": 2 * HOUR}),
        ("{cron: 0 0 29 2 *, for: 24h}", {"cron": "0 0 29 2 *", "lasts": 24 * HOUR}),
    ],
)
def test_an_interval_is_read(text, fields):
    days = fields.get("days")
    expected = {"zone": UTC, **fields, "days": days and frozenset(days)}

    assert parsed(text) == (Interval(**expected), [])


def test_without_the_key_there_are_none():
    assert parse_intervals(None, Problems()) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "1:4: a time interval needs 'days', 'dates', 'from' or 'to', or 'cron' and 'for'"),
        ("{day: sat}", "1:5: unknown key 'day' (did you mean 'days'?)"),
        ("{days: []}", "1:11: 'days' is an empty list, expected a text or several"),
        ("{days: 6}", "1:11: 'days' is 6, expected a text"),
        ("{days: mon-}", "1:11: 'days' is \"mon-\", expected mon to sun, or a span such as"),
        ("{days: mon-tue-wed}", "1:11: 'days' is \"mon-tue-wed\", expected mon to sun"),
        ("{dates: 20261224}", "1:12: 'dates' is 20261224, expected a text"),
        ("{dates: '20261224'}", "1:12: 'dates' is \"20261224\", expected a date such as"),
        ("{dates: 2026-02-29}", "1:12: 'dates' is \"2026-02-29\", expected a date such as"),
        ("{dates: 2026-01-01/}", "1:12: 'dates' is \"2026-01-01/\", expected a date such as"),
        (
            "{from: 24:00}",
            "1:11: 'from' is \"24:00\", expected a time of the day, from 00:00 to 23",
        ),
        ("{to: 24:00:01}", "1:9: 'to' is \"24:00:01\", expected a time of the day"),
        ("{to: 4}", "1:9: 'to' is 4, expected a time of the day"),
        ("{to: 12:60}", "1:9: 'to' is \"12:60\", expected a time of the day"),
        ("{days: sat, timezone: europe}", "1:26: 'timezone' is \"europe\", expected a name such"),
        ("{days: sat, timezone: Europe}", "1:26: 'timezone' is \"Europe\", expected a name such"),
        ("{days: sat, timezone: ../UTC}", "1:26: 'timezone' is \"../UTC\", expected a name such"),
        ("{days: sat, timezone: 1}", "1:26: 'timezone' is 1, expected a text"),
        ("{days: sat, for: 2h}", "1:16: 'for' goes with 'cron'; here 'to' is the end"),
        ("{for: 2h}", "1:5: 'for' goes with 'cron'; here 'to' is the end"),
        ("{cron: 0 2 30 2 *, for: 2h}", "1:11: 'cron': there is no such day"),
        ("{cron: 0 2 * * sat, for: 2}", "1:29: 'for' is 2, expected a duration such as"),
        ("{cron: 2, for: 2h}", "1:11: 'cron' is 2, expected a text"),
        ("{cron: 0 2 * * *, for: 2h, days: sat}", "1:31: 'days' does not go with 'cron'"),
        ("{cron: '* * * * *', for: 1m}", "1:29: 'for' is \"1m\", within which 'cron' comes again"),
        ("{cron: 0 0 1 1 *, for: 366d}", "1:27: 'for' is \"366d\", within which 'cron' comes"),
    ],
)
def test_a_mistake_is_told_with_its_place(text, message):
    [found] = mistakes(text)

    assert found.startswith(message)


@pytest.mark.parametrize("text", ["{cron: 0 22-23 * * *, for: 1h}", "{cron: '* 5 * * *', for: 1m}"])
def test_what_comes_again_before_it_is_over_may_do_so_for_a_while(text):
    assert mistakes(text) == []


def test_an_interval_that_never_is_is_warned_of():
    message = "1:12: none of 'dates' is on one of 'days': the interval never is"

    assert parsed("{dates: 2026-12-24, days: mon}")[1] == [message]
    assert parsed("{dates: 2026-12-24/2026-12-27, days: mon}")[1] == [message]
    assert parsed("{dates: 2026-12-24/2026-12-28, days: mon}")[1] == []
    assert parsed("{dates: [2026-12-24, 2026-12-28], days: mon}")[1] == []


def test_its_name_is_one_line():
    problems = Problems()

    parse_intervals(node_of('"a\\nb": {days: sat}'), problems)

    assert told(problems.found) == ["1:1: expected a name: a line of 1 to 200 printable characters"]


def test_a_list_of_intervals_has_no_names():
    problems = Problems()

    assert parse_intervals(node_of("[{days: sat}]"), problems) == {}
    assert told(problems.found)[0].startswith("1:1: 'time_intervals' is a list, expected a mapping")


# `during` and `not_during`.

KNOWN = {"nights": Interval(zone=UTC, begin=time(22), end=time(6)), "fairs": Interval(zone=UTC)}


def hours(text, key="during", intervals=KNOWN):
    problems = Problems()
    return parse_hours(key, node_of(text), intervals, problems), told(problems.found)


@pytest.mark.parametrize(
    ("text", "names", "otherwise"),
    [
        ("nights", ["nights"], Otherwise.DROP),
        ("[nights, fairs]", ["nights", "fairs"], Otherwise.DROP),
        ("{interval: nights}", ["nights"], Otherwise.DROP),
        ("{interval: nights, then: hold}", ["nights"], Otherwise.HOLD),
        ("{interval: [fairs, nights], then: digest}", ["fairs", "nights"], Otherwise.DIGEST),
    ],
)
def test_hours_name_intervals_and_say_what_else(text, names, otherwise):
    intervals = {name: KNOWN[name] for name in names}

    assert hours(text) == (Hours(intervals, inside=True, otherwise=otherwise), [])
    assert hours(text, "not_during")[0] == Hours(intervals, inside=False, otherwise=otherwise)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("none", "1:1: 'during' names the time interval 'none', which does not exist"),
        ("[nights, x]", "1:10: 'during' names the time interval 'x', which does not exist"),
        ("{then: hold}", "1:1: 'during' needs 'interval', the name of a time interval"),
        ("{interval: []}", "1:12: 'interval' is an empty list, expected a text or several"),
        ("{interval: nights, than: hold}", "1:20: unknown key 'than' (did you mean 'then'?)"),
        ("{from: 22:00, interval: nights}", "1:2: unknown key 'from'"),
        ("7", "1:1: 'during' is 7, expected a text"),
    ],
)
def test_a_mistake_in_hours_is_told_with_its_place(text, message):
    assert hours(text)[1] == [message]


def test_a_misspelt_name_gets_a_hint():
    [message] = hours("night")[1]

    assert message.endswith("which does not exist (did you mean 'nights'?)")


def test_no_name_is_blamed_while_nobody_knows_the_intervals():
    assert hours("night", intervals=None) == (None, [])


def test_a_broken_interval_is_there_all_the_same():
    problems = Problems()

    intervals = parse_intervals(node_of("{a: 5, b: {days: x}}"), problems)
    found = parse_hours("during", node_of("[a, b]"), intervals, problems)

    assert found is not None
    assert len(problems.found) == 2
