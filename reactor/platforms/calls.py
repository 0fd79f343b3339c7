"""Calls to platform objects: REST through the API of the source that an event came from.

Beside the transport for HTTP requests and in its manner: a token goes in with a call and comes out
with a Response.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from itertools import count
from threading import Lock
from typing import Generic, TypeVar

from reactor.model.protocols import Api
from reactor.model.request import Fault, ObjectCall, Response
from reactor.platforms.pool import Pool
from reactor.platforms.steps import carry_out

THREADS = 4
"""For each source: one that hangs delays nobody else."""

Token = TypeVar("Token")
"""What the caller knows a call by."""


class Calls(Generic[Token]):
    """Calls under way. May be used from any thread."""

    def __init__(self, on_finished: Callable[[], None]) -> None:
        """`on_finished` is called when `finished` has something to give. It must not block, nor
        call back; after `abandon` it is not called any more for what was under way."""
        self._on_finished = on_finished
        self._lock = Lock()
        self._apis: Mapping[str, Api] = {}
        self._pools: dict[str, Pool] = {}
        self._open: dict[int, Token] = {}
        self._finished: list[tuple[Token, Response]] = []
        self._tickets = count()

    def adopt(self, apis: Mapping[str, Api]) -> None:
        """Call the sources named here, by these APIs, from the next call on; calls to others that
        have not begun end as if there were no such source."""
        with self._lock:
            self._apis = dict(apis)
            gone = [self._pools.pop(name) for name in self._pools.keys() - apis.keys()]
        for pool in gone:
            pool.close()

    def start(self, token: Token, call: ObjectCall) -> None:
        """Begin a call. Does not block and does not fail: `finished` tells how it ended. Its
        time-out runs from when a thread is free for it."""
        with self._lock:
            ticket = next(self._tickets)
            self._open[ticket] = token
            pool = self._pool(call.source) if call.source in self._apis else None
        if pool is None:
            self._finish(ticket, _unknown(call.source))
            return
        future = pool.submit(partial(self._carry_out, ticket, call))
        future.add_done_callback(partial(self._end, ticket, call.source))

    def _pool(self, source: str) -> Pool:
        if source not in self._pools:
            self._pools[source] = Pool(f"calls-{source}", THREADS)
        return self._pools[source]

    def _carry_out(self, ticket: int, call: ObjectCall) -> Response:
        api = self._apis.get(call.source)
        if api is None:
            return _unknown(call.source)
        return carry_out(api, call, lambda: ticket in self._open)

    def _end(self, ticket: int, source: str, future: Future[Response]) -> None:
        self._finish(ticket, _result(source, future))

    def _finish(self, ticket: int, response: Response) -> None:
        with self._lock:
            if ticket in self._open:
                self._finished.append((self._open.pop(ticket), response))
                self._on_finished()

    def finished(self) -> list[tuple[Token, Response]]:
        """What has ended since this was asked last. Does not block."""
        with self._lock:
            finished, self._finished = self._finished, []
            return finished

    def abandon(self) -> list[Token]:
        """Give up every call under way; returns whose they were. What cannot be cut off goes on to
        the end of its request, and nobody hears of it."""
        with self._lock:
            tokens = list(self._open.values())
            self._open.clear()
            return tokens

    def close(self) -> None:
        """Give everything up, and let the threads end."""
        self.abandon()
        self.adopt({})


def _result(source: str, future: Future[Response]) -> Response:
    if future.cancelled():
        return _unknown(source)
    error = future.exception()
    if error is None:
        return future.result()
    # Only the error's type: its text may quote a secret.
    detail = f"the call cannot be made: {type(error).__name__}"
    return Response(fault=Fault.INVALID, detail=detail)


def _unknown(source: str) -> Response:
    detail = f"source '{source}' is not in the rule file, or takes no calls"
    return Response(fault=Fault.INVALID, detail=detail)
