"""The demo's own Docker Cloud: a simulated fleet, the hub that serves it, and its story."""

from collections.abc import Mapping

from reactor.clock import utc_now
from reactor.hub.auth import Credentials
from reactor.hub.server import Hub
from reactor.hub.simulated import SimulatedFleet
from reactor.hub.story import Story, cues

SEED = 1
USER = KEY = "demo"

SETTLING = 3.0
"""Seconds kept at the end, so that what the last happening leads to is seen before the summary."""

FASTEST = 0.4
"""A redeploy takes its time: at a faster pace the next crash would come into it."""


class SimulatedCloud:
    """Listens on a free port of loopback from construction on; `serve` is the body of its thread,
    which `stop` ends."""

    def __init__(self) -> None:
        self.fleet = SimulatedFleet(seed=SEED, now=utc_now())
        self._hub = Hub(
            self.fleet,
            credentials=Credentials(user=USER, key=KEY),
            listen=("127.0.0.1", 0),
            now=utc_now,
        )
        self.serve, self.stop = self._hub.serve, self._hub.stop

    @property
    def stream_host(self) -> str:
        """Where its stream is."""
        return "ws://{}:{}/".format(*self._hub.address)

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment in which the old tools, and rules.example.yaml, find it."""
        return {
            "DOCKERCLOUD_STREAM_HOST": self.stream_host,
            "DOCKERCLOUD_REST_HOST": "http://{}:{}/".format(*self._hub.address),
            "DOCKERCLOUD_USER": USER,
            "DOCKERCLOUD_APIKEY": KEY,
        }

    def story(self, seconds: float) -> Story:
        """What happens from now on: within `seconds`, as far as that can be."""
        pace = (seconds - SETTLING) / cues(SEED)[-1].at.total_seconds()
        return Story(seed=SEED, start=utc_now(), pace=max(FASTEST, min(pace, 1.0)))
