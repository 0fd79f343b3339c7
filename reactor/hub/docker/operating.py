"""What clients ask for, carried out by the engine; each becomes an action that they can watch."""

import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from threading import Event as StopEvent
from uuid import uuid4

from reactor.hub.docker.deriving import derived_state
from reactor.hub.docker.holding import Holding
from reactor.hub.docker.register import Entry, Order, Register
from reactor.hub.docker.replacing import replace_container
from reactor.hub.docker.settling import Settling
from reactor.hub.docker.shown import target_of
from reactor.hub.fleet import Call, NotAllowed, Unavailable
from reactor.hub.states import State, is_settled, refusal
from reactor.hub.written import Writing
from reactor.model.request import Fault, Response
from reactor.model.uri import ObjectUri
from reactor.platforms.docker.acting import Means, act, scale
from reactor.platforms.docker.actions import is_good
from reactor.platforms.docker.client import Client, Gone, Refusal
from reactor.platforms.docker.compose import Compose
from reactor.platforms.docker.engine import described
from reactor.platforms.docker.finding import Found, find, untouchable
from reactor.platforms.pool import Pool

THREADS = 4
"""Calls that are carried out at once; more wait, and their actions are Pending."""

_PHASES = {
    "start": State.STARTING,
    "stop": State.STOPPING,
    "redeploy": State.REDEPLOYING,
    "scale": State.SCALING,
    "terminate": State.TERMINATING,
}
_REMOVING = ("redeploy", "scale", "terminate")
_OPERABLE = ("container", "service", "stack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways to the engine, and what the ids of the containers begin with that we run in."""

    client: Client
    compose: Compose
    own: frozenset[str]


class Operations:
    """Calls, from the moment they are made until clients have heard how they ended. `stop` is set
    when the fleet stops."""

    def __init__(
        self, ways: Ways, holding: Holding, stop: StopEvent, warn: Callable[[str], None]
    ) -> None:
        """`warn` takes a line of what went wrong in us."""
        self._ways, self._holding, self._warn = ways, holding, warn
        self._pool = Pool("operating", THREADS)
        self._settling = Settling(ways.client, holding, stop)

    def begin(self, kind: str, uuid: str, call: Call) -> str:
        """Have a call carried out; returns the URI of its action. Does not block. Raises
        NoSuchObject, NotAllowed."""
        with self._holding.changing() as register:
            entry = register.get(kind, uuid)
            _permit(register, entry, call.verb)
            action = self._record(register, entry, call)
            held = _held(register, entry, call.verb)
            for each in held:
                register.begin(each, _PHASES[call.verb], action.uuid, self._holding.now())
            leaving = _leaving(register, entry, held, call.verb)
            register.leave(leaving)
            count = _count(register, entry)
        work = _Work(action=action, entry=entry, call=call, count=count, held=held, leaving=leaving)
        carried_out = self._pool.submit(partial(self._carry_out, work))
        carried_out.add_done_callback(self._tell_fault)
        return register.named(action.uri)

    def close(self) -> None:
        """Begin nothing more. Does not wait for what is under way."""
        self._pool.close()

    def _tell_fault(self, carried_out: Future[None]) -> None:
        error = None if carried_out.cancelled() else carried_out.exception()
        if error is not None:
            self._warn("".join(traceback.format_exception(error)).rstrip())

    def _record(self, register: Register, entry: Entry, call: Call) -> Entry:
        now = self._holding.now()
        action = Entry(
            kind="action",
            uuid=str(uuid4()),
            name=f"{entry.kind.capitalize()} {call.verb.capitalize()}",
            parents=(entry.uri, *entry.parents),
            actual=State.PENDING,
            since=now,
            changed_at=now,
        )
        register.act(action, Order(name=action.name, object=entry.uri, call=call))
        return action

    def _carry_out(self, work: "_Work") -> None:
        """In a thread of the pool. Whatever happens, the action comes to an end."""
        self._move(work, State.IN_PROGRESS)
        response = Response(fault=Fault.INVALID, detail="the hub failed; its log says how")
        try:
            response = self._done(work)
        finally:
            is_done = is_good(response)
            if is_done and work.call.verb == "scale":
                self._scaled(work.entry.uuid, work.count)
            with self._holding.changing() as register:
                register.stay(work.leaving, work.action.uuid, self._holding.now())
                for each in work.held:
                    register.end(each.uuid, work.action.uuid, self._holding.now())
            self._move(work, State.SUCCESS if is_done else State.FAILED, response.detail)

    def _scaled(self, service: str, count: int) -> None:
        """It has what was wanted, unless a client wants another number by now."""

        def changed(now: Writing) -> Writing:
            is_same = now.wanted.get(service) == count
            return now.without_wanted(service) if is_same else now

        try:
            self._holding.written.change(changed)
        except Unavailable as fault:
            self._warn(f"the service {service} was scaled, and still wants {count}: {fault}")

    def _move(self, work: "_Work", state: State, said: str = "") -> None:
        now = self._holding.now()
        with self._holding.changing() as register:
            order = register.orders.get(work.action.uuid)
            if order is None:
                return  # so many came after it that it is forgotten
            is_over = state is not State.IN_PROGRESS
            ended = replace(order, said=said, ended_at=now) if is_over else order
            register.act(replace(work.action, actual=state, changed_at=now), ended)

    def _done(self, work: "_Work") -> Response:
        """Have the engine do it, and wait until clients were told of all that came of it."""
        try:
            engine = described(self._ways.client.describe())
            found = find(self._ways.client, engine, work.uri)
            if found is None:
                return _absent(work.call.verb)
            why = untouchable(self._ways.client, engine, found, self._ways.own)
            if why is not None:
                return Response(fault=Fault.INVALID, detail=why)
            means = Means(self._ways.client, engine, self._ways.compose)
            response = self._acted(work, found, means)
            return self._settling.wait(work.entry, engine, found, work.call.verb, response)
        except (Gone, Refusal) as error:
            return Response(fault=Fault.CONNECT, detail=str(error))

    def _acted(self, work: "_Work", found: Found, means: Means) -> Response:
        if work.call.verb == "scale":
            return scale(work.count, found, means)
        if work.call.verb == "redeploy" and found.kind == "container":
            return replace_container(found, work.count, means)
        return act(work.call.verb, found, means)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A call under way: its action, what it is about and what is in a phase of its because of it.
    `count` is how many containers its service shall have, `leaving` are the UUIDs of those that may
    be replaced or removed."""

    action: Entry
    entry: Entry
    call: Call
    count: int
    held: tuple[Entry, ...]
    leaving: tuple[str, ...]

    @property
    def uri(self) -> ObjectUri:
        return ObjectUri(type=self.entry.kind, uuid=self.entry.uuid, namespace=None, is_tutum=False)


def _absent(verb: str) -> Response:
    """Who is gone is terminated."""
    told = "the engine has it no more"
    is_done = verb == "terminate"
    return (
        Response(status=200, detail=told) if is_done else Response(fault=Fault.INVALID, detail=told)
    )


def _permit(register: Register, entry: Entry, verb: str) -> None:
    """Raises NotAllowed. A stack waits for its services, or a call would pass one of them by."""
    if entry.kind not in _OPERABLE:
        raise NotAllowed(f"A {entry.kind} takes no calls here.")
    refused = refusal(entry.kind, _state(register, entry), verb)
    if refused:
        raise NotAllowed(refused)
    for service in _services(register, entry):
        state = _state(register, service)
        if not is_settled("service", state):
            raise NotAllowed(
                f"No actions allowed in this state: its service {service.name} is {state}."
            )


def _state(register: Register, entry: Entry) -> State:
    return State(entry.phase or derived_state(register, entry))


def _count(register: Register, entry: Entry) -> int:
    """How many containers a service shall have, or the one that a container belongs to has."""
    if entry.kind == "service":
        return register.wanted.get(entry.uuid, target_of(register, entry))
    own = (each for each in register.all("service") if each.uri in entry.parents)
    return sum(target_of(register, service) for service in own)


def _services(register: Register, entry: Entry) -> list[Entry]:
    return register.members(entry.uri, "service") if entry.kind == "stack" else []


def _held(register: Register, entry: Entry, verb: str) -> tuple[Entry, ...]:
    """What is in the phase of a call until that is done: the object, and the services of a stack
    that take the call. A container that is redeployed only starts again, as frames tell."""
    if entry.kind == "container" and verb == "redeploy":
        return ()
    willing = (
        service
        for service in _services(register, entry)
        if refusal("service", _state(register, service), verb) is None
    )
    return (entry, *willing)


def _leaving(
    register: Register, entry: Entry, held: tuple[Entry, ...], verb: str
) -> tuple[str, ...]:
    """The containers that the call may replace or remove."""
    if verb not in _REMOVING:
        return ()
    if entry.kind == "container":
        return (entry.uuid,)
    services = (each for each in held if each.kind == "service")
    return tuple(each.uuid for one in services for each in register.members(one.uri, "container"))
