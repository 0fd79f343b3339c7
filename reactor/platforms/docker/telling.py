"""Frames about one engine's objects, in the order in which they are handed in. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from reactor.duration import format_time
from reactor.engine.exits import exit_reason
from reactor.engine.proof import clock_time
from reactor.model.cause import Cause, Judgement
from reactor.model.event import Frame
from reactor.model.uri import stable_uuid
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.frames import (
    as_thing,
    container_facts,
    fields,
    frame,
    place_facts,
)
from reactor.platforms.docker.groups import Change, Groups
from reactor.platforms.docker.inherited import Inherited
from reactor.platforms.docker.known import STOPPED
from reactor.platforms.docker.objects import Place, Thing, cluster_of, node_of, place_of
from reactor.platforms.docker.waiting import Pending


class Telling:
    """Makes frames and holds them until they are taken. For one thread."""

    def __init__(self, engine: Engine, groups: Groups, inherited: Inherited) -> None:
        self.engine, self._groups, self._inherited = engine, groups, inherited
        self._frames: list[Frame] = []

    def take(self) -> list[Frame]:
        """The frames made since this was asked last."""
        made, self._frames = self._frames, []
        return made

    def add(self, made: Frame) -> None:
        """One that was made elsewhere, in its turn."""
        self._frames.append(made)

    def container(self, pending: Pending, place: Place, changes: Iterable[Change]) -> None:
        """The frame of a container, and those of the groups that change with it."""
        known, judged = pending.known, pending.judged
        own = {**_own_facts(pending), **pending.evidence}
        facts = {
            "container": own,
            **place_facts(place, self._states(place)),
            "labels": self._inherited.labels(known.labels),
            **(judged.facts() if judged else {}),
        }
        told = fields(as_thing(known), place.things(), pending.at, is_new=_is_new(pending))
        state = {"state": pending.state} if pending.state else {}
        self._put({**told, **state, **pending.data}, facts, pending.identity)
        inferred = pending.data.get("inferred") is True
        self.changes(changes, pending.at, pending.identity, judged, is_inferred=inferred)

    def changes(
        self,
        changes: Iterable[Change],
        at: datetime,
        because: tuple[str, ...],
        judged: Judgement | None = None,
        *,
        is_inferred: bool = False,
    ) -> None:
        """A frame for each group that is in another state; `because` names what changed it. Why the
        container ended that changed it is told of the group, so that one end is told once."""
        mark = {"inferred": True} if is_inferred else {}
        why = judged.facts() if judged else {}
        for change in changes:
            data = fields(change.thing, change.parents, at, is_new=change.is_new)
            facts = {
                **{parent.kind: self._with_state(parent) for parent in change.parents},
                change.thing.kind: {**change.thing.facts(), "state": change.state, **why},
            }
            identity = (*because, change.thing.uuid, change.state)
            self._put({**data, "state": change.state, **mark}, facts, identity)

    def node(
        self, state: str, at: datetime, lost: str | None = None, *, other: Thing | None = None
    ) -> None:
        """The engine, or another node of its swarm, is in another state; how that showed, if it is
        lost."""
        node = other or node_of(self.engine)
        judged = _lost(at, lost) if lost else None
        cluster = cluster_of(self.engine)
        facts = {
            "node": {**node.facts(), "state": state},
            **({"nodecluster": cluster.facts()} if cluster else {}),
            **(judged.facts() if judged else {}),
        }
        data = {**fields(node, (cluster,) if cluster else (), at), "state": state}
        self._put(data, facts, ("docker-node", node.uuid, state, format_time(at)))

    def revised(self, pending: Pending, judged: Judgement, at: datetime) -> None:
        """The cause that was told with a frame turned out to be another one."""
        known, was = pending.known, pending.judged
        place = place_of(known.labels, self.engine)
        thing = as_thing(known)
        data = {
            "type": "revised",
            "parents": [parent.uri for parent in place.things()],
            "resource_uri": thing.uri,
            "datetime": format_time(at),
            "revises": stable_uuid(*pending.identity),
            "was": was.cause.value if was else None,
        }
        facts = {
            "container": _own_facts(pending),
            **place_facts(place, self._states(place)),
            "labels": self._inherited.labels(known.labels),
            **judged.facts(),
        }
        self._put(data, facts, (*pending.identity, "revised", judged.cause.value))

    def _with_state(self, thing: Thing) -> dict[str, object]:
        state = self._groups.state(thing)
        return {**thing.facts(), **({"state": state} if state else {})}

    def _states(self, place: Place) -> dict[str, str]:
        groups = (place.service, place.stack)
        found = {thing.uuid: self._groups.state(thing) for thing in groups if thing}
        return {uuid: state for uuid, state in found.items() if state}

    def _put(
        self, data: Mapping[str, object], facts: Mapping[str, object], identity: tuple[str, ...]
    ) -> None:
        self._frames.append(frame(data, facts, identity))


def _lost(at: datetime, how: str) -> Judgement:
    return Judgement(cause=Cause.HOST_DOWN, planned=False, evidence=(f"{clock_time(at)} {how}",))


def _is_new(pending: Pending) -> bool:
    return pending.action == "create"


def _own_facts(pending: Pending) -> dict[str, object]:
    """The container; at its end also the exit code in words, and the images of a deploy."""
    known, judged = pending.known, pending.judged
    is_end = pending.state == STOPPED
    facts = container_facts(known, is_end=is_end)
    if is_end and judged and known.exit_code is not None:
        facts["exit_reason"] = exit_reason(known.exit_code, judged)
    new = pending.run.replacement if pending.run else None
    if is_end and new is not None:
        facts |= {"old_image": known.image, "new_image": new.image}
    return facts
