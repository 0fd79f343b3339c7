"""What strangers provoke is told, and seldom."""

from datetime import UTC, datetime, timedelta

from reactor.web.complaints import Complaints

NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)


def test_each_kind_is_told_once_a_minute_with_how_many_were_kept_back():
    told, moments = [], iter(NOON + timedelta(seconds=second) for second in (0, 1, 2, 3, 60))
    complaints = Complaints(told.append, lambda: next(moments))

    for kind in ("a", "a", "b", "a", "a"):
        complaints.say(kind, f"{kind} happened")

    assert told == [
        "a happened",
        "b happened",
        "a happened (2 more since the last such line)",
    ]
