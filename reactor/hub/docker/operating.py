"""What clients ask for, carried out by the engine; each becomes an action that they can watch."""

import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from threading import Event as StopEvent
from uuid import uuid4

from reactor.hub.docker.holding import Holding
from reactor.hub.docker.permitting import held_by, leaving_by, permit
from reactor.hub.docker.register import Entry, Order, Register
from reactor.hub.docker.replacing import replace_container
from reactor.hub.docker.settling import Settling
from reactor.hub.docker.shown import target_of
from reactor.hub.fleet import Call, Unavailable
from reactor.hub.states import State
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
            permit(register, entry, call.verb)
            work = self._planned(register, entry, call)
        carried_out = self._pool.submit(partial(self._carry_out, work))
        carried_out.add_done_callback(self._tell_fault)
        return register.named(work.action.uri)

    def close(self) -> None:
        """Begin nothing more. Does not wait for what is under way."""
        self._pool.close()

    def _tell_fault(self, carried_out: Future[None]) -> None:
        error = None if carried_out.cancelled() else carried_out.exception()
        if error is not None:
            self._warn("".join(traceback.format_exception(error)).rstrip())

    def _planned(self, register: Register, entry: Entry, call: Call) -> "_Work":
        """The work of a permitted call, of which clients hear that it has begun."""
        held = held_by(register, entry, call.verb)
        leaving = leaving_by(register, entry, call.verb)
        count, resting = _count(register, entry), _resting(register, entry, call.verb)
        action = self._record(register, entry, call)
        for each in held:
            register.begin(each.entry, each.phase, action.uuid, self._holding.now())
        register.leave(leaving)
        return _Work(
            action=action,
            entry=entry,
            call=call,
            count=count,
            resting=resting,
            held=tuple(each.entry.uuid for each in held),
            leaving=leaving,
        )

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
                for uuid in work.held:
                    register.end(uuid, work.action.uuid, self._holding.now())
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
            return self._settling.wait(work.resting, engine, found, work.call.verb, response)
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
    """A call under way: its action, what it is about, and what comes to rest at its end. `count` is
    how many containers its service shall have; `held` are the UUIDs of what is in a phase because
    of it, `leaving` those of the containers that may be replaced or removed."""

    action: Entry
    entry: Entry
    call: Call
    count: int
    resting: Entry
    held: tuple[str, ...]
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


def _count(register: Register, entry: Entry) -> int:
    """How many containers a service shall have, or the one that a container belongs to has."""
    if entry.kind == "service":
        return register.wanted.get(entry.uuid, target_of(register, entry))
    own = (each for each in register.all("service") if each.uri in entry.parents)
    return sum(target_of(register, service) for service in own)


def _resting(register: Register, entry: Entry, verb: str) -> Entry:
    """What comes to rest: where a container is redeployed its service, which gets another one."""
    is_replaced = entry.kind == "container" and verb == "redeploy"
    service = register.of(entry.parent("service")) if is_replaced else None
    return service or entry
