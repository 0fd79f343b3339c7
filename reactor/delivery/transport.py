"""HTTP out: libcurl, thousands of exchanges at once on one thread.

Knows nothing of deliveries: a token goes in with a request and comes out with a Response.
"""

import os
import select
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import pycurl

from reactor.clock import monotonic
from reactor.delivery.exchange import Exchange
from reactor.delivery.streams import Streams
from reactor.model.request import HttpRequest, Response

CONNECTIONS = 512
"""How many connections are kept open for reuse. With the exchanges that the dispatcher has under
way it stays below 1,024 descriptors, the usual limit of a process."""

FEW = 16
"""While no more exchanges are under way, nobody asks whether we rest, and it is not looked into."""

Token = TypeVar("Token")
"""What the caller knows an exchange by."""


class Transport(Generic[Token]):
    """Exchanges under way. One thread calls everything but `wake`. `has_rested`: the last `step`
    found nothing to do when it was called, or FEW are under way."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now` is the wall clock, for a `Retry-After` that names a date."""
        self._now = now
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, CONNECTIONS)
        self.has_rested = False
        self._timer: float | None = None
        self._watched: set[int] = set()
        self._poll = select.epoll()
        self._alarm = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll.register(self._alarm, select.EPOLLIN)
        self._running: dict[pycurl.Curl, tuple[Token, Exchange]] = {}
        self._idle: list[Exchange] = []
        self._unsendable: list[tuple[Token, Response]] = []
        self._streams = Streams()

    @property
    def under_way(self) -> int:
        """How many exchanges have begun and not ended."""
        return len(self._running)

    def start(self, token: Token, request: HttpRequest) -> None:
        """Begin an exchange. Does not block and does not fail: `step` tells how it ended."""
        exchange = self._idle.pop() if self._idle else Exchange(self._now)
        unsent = exchange.prepare(request)
        if unsent is not None:
            exchange.forget()
            self._idle.append(exchange)
            self._unsendable.append((token, unsent))
            return
        exchange.began = monotonic()
        self._running[exchange.curl] = (token, exchange)
        self._multi.add_handle(exchange.curl)

    def step(self, timeout: timedelta) -> list[tuple[Token, Response]]:
        """Move bytes; returns what ended. Waits up to `timeout` if nothing happens before."""
        patience = self._patience(timeout)
        # Not by the clock: to come back from the kernel takes its time where threads compete.
        happenings = self._poll.poll(0) if len(self._running) > FEW else []
        self.has_rested = not happenings and patience > 0
        if not happenings:
            happenings = self._poll.poll(patience)
        for descriptor, happened in happenings:
            if descriptor == self._alarm:
                os.eventfd_read(self._alarm)
            elif descriptor in self._watched:
                self._multi.socket_action(descriptor, _action(happened))
            else:
                self._unregister(descriptor)
        if self._timer is not None and self._timer <= monotonic():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        return self._take_ended()

    def wake(self) -> None:
        """Make a waiting `step` return at once. May be called from any thread."""
        os.eventfd_write(self._alarm, 1)

    def abandon(self) -> list[Token]:
        """Cut off every exchange under way; returns whose they were."""
        cut_off = list(self._running.values())
        for _, exchange in cut_off:
            self._release(exchange)
        return [token for token, _ in cut_off]

    def close(self) -> None:
        """Cut everything off and give all descriptors back."""
        self.abandon()
        for exchange in self._idle:
            exchange.curl.close()
        self._multi.close()
        self._poll.close()
        os.close(self._alarm)

    def _patience(self, timeout: timedelta) -> float:
        """Seconds to wait for a descriptor."""
        if self._unsendable:
            return 0.0
        patience = max(timeout.total_seconds(), 0.0)
        return (
            patience if self._timer is None else max(0.0, min(patience, self._timer - monotonic()))
        )

    def _watch(self, what: int, descriptor: int, *_: object) -> None:
        """libcurl says which descriptors it waits for. One that it leaves stays registered: the
        connection is kept, and the next request on it begins by waiting for it again."""
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(descriptor)
            return
        self._watched.add(descriptor)
        self._register(descriptor, _MASKS[what])

    def _register(self, descriptor: int, mask: int) -> None:
        try:
            self._poll.modify(descriptor, mask)
        except FileNotFoundError:  # new, or closed meanwhile: then the kernel has forgotten it
            self._poll.register(descriptor, mask)

    def _unregister(self, descriptor: int) -> None:
        """Something happened to a connection that libcurl keeps for later: it finds out itself."""
        with suppress(OSError):  # it was closed in this very round
            self._poll.unregister(descriptor)

    def _set_timer(self, milliseconds: int) -> None:
        """libcurl says when it wants to be called although no descriptor is ready."""
        self._timer = None if milliseconds < 0 else monotonic() + milliseconds / 1000

    def _take_ended(self) -> list[tuple[Token, Response]]:
        ended, self._unsendable = self._unsendable, []
        left = 1
        while left:
            left, done, failed = self._multi.info_read(1000)
            outcomes = [(curl, pycurl.E_OK, "") for curl in done] + failed
            for curl, code, words in outcomes:
                token, exchange = self._running[curl]
                if exchange.is_secure:  # and so may share its connection
                    self._streams.watch(curl, code, began=exchange.began, now=monotonic())
                ended.append((token, exchange.response(code, words)))
                self._release(exchange)
        return ended

    def _release(self, exchange: Exchange) -> None:
        """Take the handle back for the next exchange: making one costs more than a request."""
        self._multi.remove_handle(exchange.curl)
        del self._running[exchange.curl]
        exchange.forget()
        self._idle.append(exchange)


_MASKS = {
    pycurl.POLL_NONE: 0,
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


def _action(happened: int) -> int:
    """What epoll saw, in libcurl's words."""
    action = 0
    if happened & (select.EPOLLIN | select.EPOLLHUP):
        action |= pycurl.CSELECT_IN
    if happened & select.EPOLLOUT:
        action |= pycurl.CSELECT_OUT
    return action | (pycurl.CSELECT_ERR if happened & select.EPOLLERR else 0)
