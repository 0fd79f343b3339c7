"""A journal with a past: what really went down the road under some rules, to be explained."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from reactor.actions import ACTIONS
from reactor.config.silences import parse_silence
from reactor.journal.silences import AddSilence
from reactor.model.protocols import ActionType, Lookups
from reactor.model.signal import Signal
from reactor.model.silence import Silence, StoredSilence
from tests.roads import NO_LOOKUPS, Road, an_arrival

MINUTE = timedelta(minutes=1)


class Past:
    """A road whose events come one a minute, if nothing else is said; they are called `line-1` and
    so on, and stop something if nothing else is said."""

    def __init__(
        self,
        folder: Path,
        rules: str,
        lookups: Mapping[str, Lookups] = NO_LOOKUPS,
        actions: Mapping[str, ActionType] = ACTIONS,
    ) -> None:
        self.road = Road(folder, rules, lookups, actions)
        self._number = 0

    def see(self, *, source: str = "local", key: str = "a", **frame: object) -> "Past":
        """The next event."""
        self._number += 1
        if self._number > 1:
            self.wait(MINUTE)
        shown = {"state": "Stopped", **frame}
        arrival = an_arrival(self._number, source=source, key=key, acknowledge=None, **shown)
        self.road.receive(arrival)
        return self

    def wait(self, span: timedelta) -> "Past":
        """Time goes on, and what comes due is decided."""
        self.road.now += span
        self.road.pipeline.pass_time(self.road.now)
        return self

    def hear(self, signal: Signal) -> "Past":
        """A signal comes."""
        self.road.receive(signal)
        return self

    def silence(self, text: str) -> "Past":
        """A silence by anna, for an hour from now."""
        kept = StoredSilence(
            id="s1",
            text=text,
            author="anna",
            comment="deploy night",
            created_at=self.road.now,
            expires_at=self.road.now + timedelta(hours=1),
        )
        self.road.writer.submit(AddSilence(kept)).result()
        held = Silence(
            id=kept.id,
            text=text,
            match=parse_silence(text),
            author=kept.author,
            comment=kept.comment,
            created_at=kept.created_at,
            expires_at=kept.expires_at,
        )
        self.road.pipeline.silence((held,))
        return self

    def close(self) -> None:
        """The end of it."""
        self.road.close()
