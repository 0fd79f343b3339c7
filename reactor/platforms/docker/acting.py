"""What an engine is asked to do with what was found: with containers one by one, with services of a
swarm by their specification, with Compose's through Compose."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from reactor.model.request import Fault, Response
from reactor.platforms.docker.actions import is_good
from reactor.platforms.docker.client import Answer, Client
from reactor.platforms.docker.compose import Compose, project_of
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.finding import Found, Member, SwarmService
from reactor.platforms.docker.objects import COMPOSE_SERVICE, PROJECT
from reactor.platforms.docker.services import (
    Spec,
    redeployed,
    replicas,
    scaled,
    started,
    stopped,
)

PATIENCE = 600.0
"""Seconds for one request: an engine answers a stop when the container has ended, for which some
get minutes."""

_LONGEST = 300
_NUMBER = "com.docker.compose.container-number"

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Means:
    """By what to act: `client` may change things, `engine` is the one that it leads to."""

    client: Client
    engine: Engine
    compose: Compose


def act(verb: str, found: Found, means: Means) -> Response:
    """Start, stop, restart, redeploy or terminate it. Blocks until that is done, or until a swarm
    has taken it; raises Gone and Refusal."""
    if found.services:
        return _in_turn(partial(_change_service, means, verb), found.services)
    if verb == "redeploy":
        return _redeploy(found, means)
    return _in_turn(partial(_CONTAINER_VERBS[verb], means), found.containers)


def scale(count: int, found: Found, means: Means) -> Response:
    """Have so many containers of a service. Blocks as `act` does; raises Gone and Refusal."""
    if found.services:
        [service] = found.services
        return _scale_service(means, service, count)
    if count == 0:
        why = "without a container a Compose service could not be found again: use stop"
        return Response(fault=Fault.INVALID, detail=why)
    ready = means.compose.ready(project_of(found.containers[0].labels))
    if isinstance(ready, str):
        return Response(fault=Fault.INVALID, detail=f"'{found.name}' cannot be scaled: {ready}")
    fault = means.compose.up(ready, {found.name: count}, "--no-recreate")
    return _composed(fault, f"scaled to {count} by {ready.tool}")


def _redeploy(found: Found, means: Means) -> Response:
    """Compose's are made anew, as many as there are. What cannot be is restarted."""
    labels = found.containers[0].labels
    if found.kind == "container" or PROJECT not in labels:
        return _in_turn(partial(_restart, means), found.containers)
    ready = means.compose.ready(project_of(labels))
    if isinstance(ready, str):
        response = _in_turn(partial(_restart, means), found.containers)
        told = f"restarted, container by container, as {ready}"
        return Response(status=200, detail=told) if is_good(response) else response
    fault = means.compose.up(ready, _counts(found.containers), "--force-recreate")
    return _composed(fault, f"recreated by {ready.tool}")


def _counts(containers: Iterable[Member]) -> Counter[str]:
    """How many each service has. A redeploy that failed leaves two of one number, the old one and
    the one that was to take its place."""
    numbered = (
        (each.labels.get(COMPOSE_SERVICE, ""), each.labels.get(_NUMBER) or each.id)
        for each in containers
    )
    return Counter(service for service, _ in dict.fromkeys(numbered))


def _composed(fault: str | None, told: str) -> Response:
    """A run that failed may go well later: a registry is back, a port is free."""
    return (
        Response(fault=Fault.RECEIVE, detail=fault) if fault else Response(status=200, detail=told)
    )


def _in_turn(step: Callable[[Thing], Response], things: Iterable[Thing]) -> Response:
    """One after the other, until one goes wrong; the last answer."""
    response = Response(status=200)
    for thing in things:
        response = step(thing)
        if not is_good(response):
            return response
    return response


def _start(means: Means, container: Member) -> Response:
    return _told(_post(means, container, "start"), "started")


def _stop(means: Means, container: Member) -> Response:
    return _told(_post(means, container, "stop"), "stopped")


def _restart(means: Means, container: Member) -> Response:
    return _told(_post(means, container, "restart"), "restarted")


def _terminate(means: Means, container: Member) -> Response:
    """Stopped first, as it may have something to finish; removed even if something starts it
    meanwhile."""
    response = _stop(means, container)
    if not is_good(response) and response.status != 404:
        return response
    path = f"{means.engine.api}/containers/{container.id}?force=true"
    answer = means.client.request("DELETE", path, timeout=PATIENCE)
    if answer.status == 404 or (answer.status == 409 and "in progress" in _message(answer)):
        return Response(status=200, detail="stopped; it was removed by others")
    return _told(answer, "stopped and removed")


_CONTAINER_VERBS: Mapping[str, Callable[[Means, Member], Response]] = {
    "start": _start,
    "stop": _stop,
    "restart": _restart,
    "terminate": _terminate,
}


def _post(means: Means, container: Member, verb: str) -> Answer:
    path = f"{means.engine.api}/containers/{container.id}/{verb}"
    return means.client.request("POST", path, timeout=PATIENCE)


def _change_service(means: Means, verb: str, service: SwarmService) -> Response:
    path = f"{means.engine.api}/services/{service.id}"
    if verb == "terminate":
        return _told(means.client.request("DELETE", path, timeout=PATIENCE), "removed")
    if verb in ("start", "stop") and replicas(service.spec) is None:
        return _countless(service, verb)
    return _updated(means, service, _SERVICE_CHANGES[verb])


def _scale_service(means: Means, service: SwarmService, count: int) -> Response:
    if replicas(service.spec) is None:
        return _countless(service, "scale")
    return _updated(means, service, partial(scaled, count=count))


def _countless(service: SwarmService, verb: str) -> Response:
    why = f"'{service.name}' has no number of replicas that {verb} could change"
    return Response(fault=Fault.INVALID, detail=why)


# A task is never restarted: another one takes its place.
_SERVICE_CHANGES: Mapping[str, Callable[[Spec], Spec]] = {
    "start": started,
    "stop": stopped,
    "restart": redeployed,
    "redeploy": redeployed,
}


def _updated(means: Means, service: SwarmService, change: Callable[[Spec], Spec]) -> Response:
    """Hand a changed specification in; the engine refuses it if another was quicker, by the version
    (https://docs.docker.com/engine/api/v1.41/#operation/ServiceUpdate)."""
    changed = change(service.spec)
    if changed == service.spec:
        return Response(status=200, detail="there was nothing to change")
    path = f"{means.engine.api}/services/{service.id}/update?version={service.version}"
    answer = means.client.request("POST", path, body=changed)
    return _told(answer, "the swarm has taken it, and carries it out")


def _told(answer: Answer, done: str) -> Response:
    """304 is how an engine says that there was nothing to do."""
    if answer.status < 300 or answer.status == 304:
        return Response(status=200, detail=done)
    return Response(status=answer.status, detail=_message(answer))


def _message(answer: Answer) -> str:
    """The engine's own words, or a proxy's if they are few."""
    try:
        said = json.loads(answer.body)["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        said = "does a proxy before the engine forbid it?" if answer.status == 403 else ""
    return str(said)[:_LONGEST]
