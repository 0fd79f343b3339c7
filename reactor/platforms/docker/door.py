"""Whether an engine still lets anybody in: the first sign of its end."""

from contextlib import closing
from threading import Lock

from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import Gone, Refusal

_KNOCK_SECONDS, _AT_ONCE_SECONDS = 1.0, 0.5  # the end of a container waits for it, for 2 s


class Door:
    """Of the engine that `client` speaks with. Threads may share it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._is_shut, self._lock = False, Lock()

    def is_shut(self) -> bool:
        """Whether nobody new is let in, though we are answered. An engine that ends closes its
        socket first, then stops its containers, and serves meanwhile who is in (measured on 20.10);
        where systemd holds the socket open, those who come wait in vain. Nothing is said of an
        engine at a port: a proxy that is gone looks the same. Blocks for 1.5 s at most, one thread
        after the other; what was shut stays so."""
        if self._client.address.scheme != "unix":
            return False
        with self._lock:
            self._is_shut = self._is_shut or self._is_shut_now()
            return self._is_shut

    def _is_shut_now(self) -> bool:
        try:
            with closing(Client(self._client.address)) as stranger:
                stranger.request("GET", "/_ping", timeout=_KNOCK_SECONDS)
        except Gone:
            return self._are_we_heard()
        except Refusal:  # we may not open the socket any more
            return False
        return False

    def _are_we_heard(self) -> bool:
        """Over a connection of before: an engine that is merely slow is slow there, too, and where
        that is closed as well, it is only the connection that is lost."""
        try:
            self._client.request("GET", "/_ping", timeout=_AT_ONCE_SECONDS)
        except (Gone, Refusal):
            return False
        return True
