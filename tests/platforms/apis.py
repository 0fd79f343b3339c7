"""A stand-in for the API of a source: it answers as it is told and remembers what it was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Condition

import msgspec

from reactor.model.request import Response
from tests.fakes import PATIENCE


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    body: bytes
    user_agent: str | None
    timeout: timedelta


@dataclass(slots=True)
class ScriptedApi:
    """`answer` is called for each request, in the thread that makes it."""

    answer: Callable[[Asked], Response]
    origin: str = "https://cloud.example.com"
    namespace: str | None = None
    asked: list[Asked] = field(default_factory=list)
    _changed: Condition = field(default_factory=Condition)

    def exchange(
        self,
        method: str,
        path: str,
        *,
        timeout: timedelta,
        body: bytes = b"",
        user_agent: str | None = None,
    ) -> Response:
        request = Asked(method, path, body, user_agent, timeout)
        with self._changed:
            self.asked.append(request)
            self._changed.notify_all()
        return self.answer(request)

    def wait(self, count: int) -> list[Asked]:
        """The requests, as soon as there are `count`."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count, PATIENCE), self.asked
            return list(self.asked)

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [(request.method, request.path) for request in self.asked]


def answered(value: Mapping[str, object], status: int = 200) -> Response:
    """An answer with a JSON object."""
    return Response(status=status, body=msgspec.json.encode(value))
