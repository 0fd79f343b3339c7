"""The time of a fleet goes on by itself."""

import asyncio
from datetime import timedelta

from reactor.hub.clockwork import Clockwork
from tests.fakes import PATIENCE
from tests.hub.served import NOW, SpokenFleet, a_frame

A_MOMENT = timedelta(milliseconds=20)


class TickingFleet(SpokenFleet):
    """Tells the test each time that it is brought forward."""

    def __init__(self):
        super().__init__()
        self.advanced = asyncio.Queue()

    def advance(self, now):
        super().advance(now)
        self.advanced.put_nowait(now)


def run(story):
    """Run a coroutine with a ticking fleet whose clock shows NOW."""

    async def within():
        fleet = TickingFleet()
        async with asyncio.timeout(PATIENCE), Clockwork(fleet, lambda: NOW).going():
            await story(fleet)

    asyncio.run(within())


def test_a_fleet_is_brought_to_the_present_at_the_start():
    async def story(fleet):
        assert await fleet.advanced.get() == NOW

    run(story)


def test_what_comes_due_by_a_change_happens_in_time():
    async def story(fleet):
        await fleet.advanced.get()  # the start; nothing is due, so it waits for ever

        fleet.due = NOW + A_MOMENT
        fleet.tell(a_frame())

        await fleet.advanced.get()  # because something changed

    run(story)


def test_it_waits_until_something_is_due():
    async def story(fleet):
        await fleet.advanced.get()
        fleet.advance = fleet.advanced.put_nowait  # so that what is due stays due
        fleet.due = NOW + A_MOMENT
        fleet.tell(a_frame())
        begun = asyncio.get_running_loop().time()

        for _ in range(4):
            await fleet.advanced.get()

        # At once because of the change, then after a moment, three times.
        assert asyncio.get_running_loop().time() - begun >= 3 * A_MOMENT.total_seconds() * 0.9

    run(story)


def test_it_can_be_brought_to_the_present_at_any_time():
    fleet = SpokenFleet()

    Clockwork(fleet, lambda: NOW).catch_up()

    assert fleet.times == [NOW]


def test_nobody_listens_when_it_is_over():
    fleets = []

    async def story(fleet):
        fleets.append(fleet)
        assert fleet.is_heard

    run(story)
    assert not fleets[0].is_heard
