"""Every frame of a fleet to everyone who listens, each as fast as they read.

Who listens for the same is an audience: a frame is encoded once for all of it, and what gathers
while one round goes out goes out together in the next. All of it runs in the server's event loop;
the fleet may speak from any thread.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import msgspec

from reactor.hub.connection import FAREWELL
from reactor.hub.eras import tutum_uri
from reactor.hub.filters import FrameFilter
from reactor.hub.fleet import Fleet, Frame
from reactor.hub.hearing import heard
from reactor.serving.websocket import Outlet, text_frame

MOST_WAITING = 1024 * 1024
"""Bytes that wait for one client, beside what the system's own buffers hold: some 2,000 frames. Who
lets more gather is closed."""

MOST_AT_ONCE = 1024
"""Frames of one round."""

PAUSE = 0.005
"""Seconds between two rounds. What comes meanwhile goes out as one, which for a thousand clients is
most of the work; others have their turn; and a burst of the fleet's does not look like slowness of
its clients. The first frame after a pause goes out at once."""

TRY_AGAIN_LATER = 1013
"""The code of a WebSocket that is closed because its client is too slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client listens for, and whether it knows the URIs of Tutum alone."""

    wanted: FrameFilter
    is_tutum: bool = False


class Spread:
    """The audiences of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._audiences: dict[Wish, set[Outlet]] = {}

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """As long as it lasts, the fleet's frames go to the clients."""
        frames: asyncio.Queue[Frame] = asyncio.Queue()
        with heard(self._fleet, frames.put_nowait):
            spreading = asyncio.create_task(self._run(frames))
            try:
                yield
            finally:
                spreading.cancel()

    @contextmanager
    def listening(self, outlet: Outlet, wish: Wish) -> Iterator[None]:
        """As long as it lasts, the client behind the outlet gets what it wishes."""
        self._audiences.setdefault(wish, set()).add(outlet)
        try:
            yield
        finally:
            audience = self._audiences[wish]
            audience.discard(outlet)
            if not audience:
                del self._audiences[wish]

    async def _run(self, frames: asyncio.Queue[Frame]) -> None:
        while True:
            told = [await frames.get()]
            while len(told) < MOST_AT_ONCE and not frames.empty():
                told.append(frames.get_nowait())
            self._tell(told)
            await asyncio.sleep(PAUSE)

    def _tell(self, frames: list[Frame]) -> None:
        eras = {wish.is_tutum for wish in self._audiences}
        texts = {is_tutum: [_text(frame, is_tutum) for frame in frames] for is_tutum in eras}
        for wish, audience in self._audiences.items():
            pairs = zip(frames, texts[wish.is_tutum], strict=True)
            wanted = b"".join(text for frame, text in pairs if wish.wanted.passes(frame))
            if wanted:
                _write(audience, wanted)


def _text(frame: Frame, is_tutum: bool) -> bytes:  # noqa: FBT001 -- a column of a table
    return text_frame(msgspec.json.encode(_as_tutum(frame) if is_tutum else frame))


def _as_tutum(frame: Frame) -> Frame:
    """The frame as Tutum wrote it at last: its own URIs, and `date` (docs/platforms.md §2). The
    `datetime` stays, for the clients of either service have been pointed at the other's path."""
    parents = frame["parents"]
    return {
        **frame,
        "parents": [tutum_uri(str(uri)) for uri in parents] if isinstance(parents, list) else [],
        "resource_uri": tutum_uri(str(frame["resource_uri"])),
        "date": str(frame["datetime"]).replace("Z", "+00:00"),
    }


def _write(audience: set[Outlet], frames: bytes) -> None:
    for outlet in audience:
        if outlet.unread > MOST_WAITING:
            outlet.dismiss(TRY_AGAIN_LATER, "Too slow: too many events were waiting.", FAREWELL)
        else:
            outlet.write(frames)
