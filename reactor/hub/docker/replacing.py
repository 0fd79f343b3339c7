"""One container of a service made anew, which Docker Cloud did when a container was redeployed."""

from reactor.model.request import Fault, Response
from reactor.platforms.docker.acting import Means, act
from reactor.platforms.docker.actions import is_good
from reactor.platforms.docker.compose import project_of
from reactor.platforms.docker.finding import Found
from reactor.platforms.docker.objects import COMPOSE_SERVICE, SWARM_SERVICE, is_one_off


def replace_container(found: Found, count: int, means: Means) -> Response:
    """Another one takes the container's place: a swarm sees to that by itself, Compose is asked for
    so many as the service had, `count`. What neither made, or was run by hand beside a service, is
    restarted. Blocks as `act` does; raises Gone and Refusal."""
    labels = found.containers[0].labels
    if SWARM_SERVICE in labels:
        return act("terminate", found, means)
    ready = means.compose.ready(project_of(labels))
    if isinstance(ready, str) or is_one_off(labels):
        return act("redeploy", found, means)
    response = act("terminate", found, means)
    if not is_good(response):
        return response
    fault = means.compose.up(ready, {labels[COMPOSE_SERVICE]: count}, "--no-recreate")
    if fault:
        return Response(fault=Fault.RECEIVE, detail=fault)
    return Response(status=200, detail=f"replaced by {ready.tool}")
