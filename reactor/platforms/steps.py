"""Carrying out one call: its steps in order, and before a repeat the question what the earlier
attempt has reached."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reactor.clock import monotonic, utc_now
from reactor.duration import format_duration
from reactor.engine.judge import judge_http
from reactor.engine.normalize import Refusal, decode_frame, platform_time
from reactor.model.protocols import Api
from reactor.model.request import CallStep, Fault, ObjectCall, Response
from reactor.model.uri import ObjectRef, as_action_uri, parse_uri, read_uri

PAGE = 100
MOST_PAGES = 5

_REACHED = "an earlier attempt has reached it"
_SLACK = timedelta(seconds=1)
"""Actions and the Date header tell whole seconds."""


def carry_out(api: Api, call: ObjectCall, is_wanted: Callable[[], bool]) -> Response:
    """Make the steps of a call, each after the one before it succeeded, but for those that an
    earlier attempt has made. Blocks for the call's time-out at most, as far as `api` keeps to it;
    `is_wanted` is asked before each request. The last answer is the result."""
    line = _Line(api, call, is_wanted, monotonic() + call.timeout.total_seconds())
    *first, last = call.steps
    # The last step first: if it was made, so were those before it.
    answer = line.reached(last)
    if answer is not None:
        return answer
    for step in first:
        response = line.reached(step) or line.make(step)
        if not _is_good(response):
            return response
    return line.make(last)


@dataclass(frozen=True, slots=True)
class _Line:
    """What the requests of one call have in common. `ends_at` is monotonic."""

    api: Api
    call: ObjectCall
    is_wanted: Callable[[], bool]
    ends_at: float

    @property
    def path(self) -> str:
        """The object's."""
        return self.call.target.path(self.api.namespace)

    def make(self, step: CallStep) -> Response:
        path = self.path + (step.verb and f"{step.verb}/") + (step.query and f"?{step.query}")
        return self._exchange(step.method, path, step.body)

    def _exchange(self, method: str, path: str, body: bytes = b"") -> Response:
        left = timedelta(seconds=self.ends_at - monotonic())
        if left <= timedelta() or not self.is_wanted():  # nobody hears what is not wanted
            detail = f"no complete answer within {format_duration(self.call.timeout)}"
            return Response(fault=Fault.TIMEOUT, detail=detail)
        agent = f"delivery/{self.call.delivery_id}"  # by it the platform's action will be known
        return self.api.exchange(method, path, timeout=left, body=body, user_agent=agent)

    def reached(self, step: CallStep) -> Response | None:
        """What stands in the place of a step that is not to be made: an earlier attempt has made
        it, or whether it has could not be asked."""
        if not self.call.is_repeated:
            return None
        return self._unchanged(step) if step.method == "PATCH" else self._action(step)

    def _unchanged(self, step: CallStep) -> Response | None:
        """Whether the object has the values already that the step would give it."""
        response = self._exchange("GET", self.path)
        shown, wanted = _object(response), _decoded(step.body)
        if shown is None:
            return _unasked(response, "the answer is no object")
        if wanted is None or not wanted.items() <= shown.items():
            return None
        return Response(status=200, detail=_REACHED)

    def _action(self, step: CallStep) -> Response | None:
        """Whether one of the object's actions is this step's."""
        for page in self._pages():
            if isinstance(page, Response):
                return page
            for action in page.actions:
                if _is_ours(action, self.call, step, page.promised_at):
                    return _made(action)
        return None

    def _pages(self) -> Iterator["_Page | Response"]:
        """The object's actions, as far as they are read, or why they cannot be read."""
        first = self._page(0)
        yield first
        if isinstance(first, _Page):
            yield from map(self._page, first.others())

    def _page(self, offset: int) -> "_Page | Response":
        subsystem = "" if self.call.target.is_tutum else "audit/"
        query = f"object={self.path}&limit={PAGE}&offset={offset}"
        response = self._exchange("GET", f"/api/{subsystem}v1/action/?{query}")
        shift = response.date - utc_now() if response.date else timedelta()
        page = _read_page(_object(response), self.call.promised_at + shift)
        return page or _unasked(response, "the answer is no list of actions")


@dataclass(frozen=True, slots=True)
class _Page:
    """Some of `total` actions. `promised_at` is by the server's clock."""

    actions: tuple[Mapping[str, object], ...]
    total: int
    promised_at: datetime

    def others(self) -> range:
        """Where the other pages begin, the last one first: an API may show the oldest first, and
        ours would be among the newest."""
        size = max(len(self.actions), 1)
        return range(self.total - size, 0, -size)[: MOST_PAGES - 1]


def _read_page(answer: Mapping[str, object] | None, promised_at: datetime) -> _Page | None:
    """A list as the API shows it: `{"meta": {"total_count": n, …}, "objects": […]}`."""
    meta, objects = (answer.get("meta"), answer.get("objects")) if answer else (None, None)
    total = meta.get("total_count") if isinstance(meta, dict) else None
    if not isinstance(total, int) or not isinstance(objects, list) or (total and not objects):
        return None
    actions = tuple(action for action in objects if isinstance(action, dict))
    return _Page(actions, total, promised_at)


def _is_ours(
    action: Mapping[str, object], call: ObjectCall, step: CallStep, promised_at: datetime
) -> bool:
    """By the name that our requests carry; where a platform keeps no names, by what was asked of
    the object since the promise was made."""
    ref = ObjectRef(call.target.type, call.target.uuid)
    if _ref(action.get("object")) != ref:
        return False
    agent, method = action.get("user_agent"), action.get("method")
    started = _moment(action.get("start_date"))
    if isinstance(agent, str) and agent:  # by its method, since the step before was ours too
        is_named = call.delivery_id in agent and method in (step.method, None)
        # Of one that may be of an earlier promise; else no clock need be right.
        is_earlier = call.is_renewed and started is not None and started < promised_at - _SLACK
        return is_named and not is_earlier
    fits = (method, *_asked(action.get("path"))) == (step.method, ref, step.verb)
    return fits and started is not None and started >= promised_at - _SLACK


def _ref(text: object) -> ObjectRef | None:
    ref = parse_uri(text) if isinstance(text, str) else None
    return ref and ObjectRef(ref.type, ref.id.lower())


def _asked(path: object) -> tuple[ObjectRef | None, str]:
    """The object and the verb that a request went to."""
    found = read_uri(path.partition("?")[0]) if isinstance(path, str) else None
    if found is None:
        return None, ""
    uri, rest = found
    return ObjectRef(uri.type, uri.uuid), rest.strip("/")


def _moment(text: object) -> datetime | None:
    return platform_time(text) if isinstance(text, str) else None


def _made(action: Mapping[str, object]) -> Response:
    uri = as_action_uri(action.get("resource_uri"))
    detail = f"{_REACHED}: {uri}" if uri else _REACHED
    return Response(status=202, action_uri=uri, detail=detail)


def _unasked(response: Response, otherwise: str) -> Response:
    """A question without a good answer: the call is not made, and tried again later."""
    why = otherwise if _is_good(response) else judge_http(response).detail
    return Response(
        fault=response.fault or Fault.RECEIVE,
        detail=f"whether the earlier attempt has reached it could not be asked: {why}",
        retry_after=response.retry_after,
    )


def _is_good(response: Response) -> bool:
    return response.status is not None and 200 <= response.status < 300


def _object(response: Response) -> Mapping[str, object] | None:
    return _decoded(response.body) if response.status == 200 else None


def _decoded(body: bytes) -> Mapping[str, object] | None:
    decoded = decode_frame(body)
    return None if isinstance(decoded, Refusal) else decoded
