"""Frames to audiences."""

import asyncio
import json
from contextlib import ExitStack

import pytest
from starlette.datastructures import QueryParams

from reactor.hub.filters import frame_filter
from reactor.hub.spread import MOST_AT_ONCE, MOST_WAITING, TRY_AGAIN_LATER, Spread, Wish
from reactor.serving.websocket import text_frame
from tests.fakes import PATIENCE
from tests.hub.served import SpokenFleet, a_frame


class SpokenOutlet:
    """Keeps what is written. `unread` is what the test says."""

    def __init__(self):
        self.writes, self.unread, self.dismissed = [], 0, None
        self.written = asyncio.Event()

    def write(self, frames):
        self.writes.append(frames)
        self.written.set()

    def dismiss(self, code, reason, patience):
        self.dismissed = code


def wish(query="", *, is_tutum=False):
    return Wish(wanted=frame_filter(QueryParams(query)), is_tutum=is_tutum)


def encoded(*frames):
    return b"".join(
        text_frame(json.dumps(frame, separators=(",", ":")).encode()) for frame in frames
    )


def spread(wishes, frames, *, unread=()):
    """The outlets of clients with those wishes when the last of them has the frames."""

    async def spreading():
        fleet, outlets = SpokenFleet(), [SpokenOutlet() for _ in wishes]
        for number in unread:
            outlets[number].unread = MOST_WAITING + 1
        spread = Spread(fleet)
        async with asyncio.timeout(PATIENCE), spread.flowing():
            with ExitStack() as listening:
                for outlet, each in zip(outlets, wishes, strict=True):
                    listening.enter_context(spread.listening(outlet, each))
                fleet.tell(*frames)
                while sum(write.count(b'"uuid"') for write in outlets[-1].writes) < len(frames):
                    outlets[-1].written.clear()
                    await outlets[-1].written.wait()
            fleet.tell(a_frame(uuid="when nobody listens"))
        return outlets

    return asyncio.run(spreading())


FRAMES = [a_frame(uuid=str(number)) for number in range(10)]


def test_what_is_told_at_once_is_written_at_once():
    [outlet] = spread([wish()], FRAMES)

    assert outlet.writes == [encoded(*FRAMES)]


def test_an_audience_shares_what_is_written():
    one, two = spread([wish(), wish()], FRAMES)

    assert one.writes[0] is two.writes[0]


def test_a_long_burst_goes_out_in_parts_and_in_order():
    frames = [a_frame(uuid=str(number)) for number in range(MOST_AT_ONCE + 1)]

    [outlet] = spread([wish()], frames)

    assert outlet.writes == [encoded(*frames[:-1]), encoded(frames[-1])]


def test_each_audience_gets_what_it_wishes():
    frames = [a_frame(type="node"), a_frame(type="action")]

    nodes, actions, nothing, _ = spread(
        [wish("type=node"), wish("type=action"), wish("type=stack"), wish()], frames
    )

    assert nodes.writes == [encoded(frames[0])]
    assert actions.writes == [encoded(frames[1])]
    assert nothing.writes == []


def test_tutums_clients_have_its_uris_and_its_date():
    tutum, _ = spread([wish(is_tutum=True), wish()], [a_frame()])

    told = json.loads(tutum.writes[0][4:])
    assert told["resource_uri"] == "/api/v1/container/22222222-2222-4222-8222-222222222222/"
    assert told["parents"] == ["/api/v1/service/11111111-1111-4111-8111-111111111111/"]
    assert told["date"] == "2031-05-06T17:08:09+00:00"
    assert told["datetime"] == "2031-05-06T17:08:09Z"


@pytest.mark.parametrize("unread", [{0}, {0, 1}])
def test_who_is_too_slow_is_dismissed_and_the_others_go_on(unread):
    *outlets, last = spread([wish()] * 3, FRAMES, unread=unread)

    for number, outlet in enumerate(outlets):
        assert outlet.dismissed == (TRY_AGAIN_LATER if number in unread else None)
        assert bool(outlet.writes) is (number not in unread)
    assert last.writes
