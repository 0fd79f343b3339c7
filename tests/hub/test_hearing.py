"""Frames of any thread, heard in the event loop."""

import asyncio
from threading import Thread

from reactor.hub.hearing import heard
from tests.fakes import PATIENCE
from tests.hub.served import SpokenFleet, a_frame

FRAMES = [a_frame(uuid=str(number)) for number in range(1000)]


def test_frames_of_another_thread_are_heard_in_order():
    async def hear():
        fleet, frames = SpokenFleet(), asyncio.Queue()
        with heard(fleet, frames.put_nowait):
            speaker = Thread(target=fleet.tell, args=FRAMES)
            speaker.start()
            async with asyncio.timeout(PATIENCE):
                told = [await frames.get() for _ in FRAMES]
            speaker.join()
        return told

    assert asyncio.run(hear()) == FRAMES


def test_nothing_is_heard_afterwards():
    fleet = SpokenFleet()

    async def hear():
        with heard(fleet, lambda _: None):
            assert fleet.is_heard

    asyncio.run(hear())
    assert not fleet.is_heard


def test_a_fleet_that_still_speaks_when_the_loop_is_closed_is_not_disturbed():
    fleet, listeners = SpokenFleet(), []

    async def hear():
        with heard(fleet, lambda _: None):
            # As a fleet does that is about to tell a frame while the server ends.
            listeners.extend(fleet._listeners)

    asyncio.run(hear())
    listeners[0](a_frame())
