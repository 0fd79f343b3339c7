"""What becomes of the specification of a swarm's service when it is redeployed, scaled, stopped or
started. Pure: a specification is JSON as the engine writes it, and goes back whole."""

import re

from reactor.platforms.docker.answers import at, number, texts
from reactor.platforms.docker.objects import meant_for_us

Spec = dict[str, object]

FORMER = "reactor.replicas"
"""The label that keeps how many replicas a stopped service had."""

_COUNT = re.compile("[1-9][0-9]{0,5}")


def redeployed(spec: Spec) -> Spec:
    """Every task is replaced, although nothing else changes: `docker service update --force`."""
    template = at(spec, "TaskTemplate")
    kept = template if isinstance(template, dict) else {}
    return {
        **spec,
        "TaskTemplate": {**kept, "ForceUpdate": (number(kept, "ForceUpdate") or 0) + 1},
    }


def scaled(spec: Spec, count: int) -> Spec:
    """With so many replicas. Only for a service that `replicas` knows a number of."""
    return {**spec, "Mode": {"Replicated": {"Replicas": count}}}


def stopped(spec: Spec) -> Spec:
    """Without replicas; how many there were stands on a label, for `started` and for people."""
    former = replicas(spec)
    if not former:
        return spec
    return {**scaled(spec, 0), "Labels": {**texts(spec, "Labels"), FORMER: str(former)}}


def started(spec: Spec) -> Spec:
    """With the replicas that it had when it was stopped, else with one."""
    if replicas(spec):
        return spec
    labels = texts(spec, "Labels")
    former = labels.pop(FORMER, "")
    count = int(former) if _COUNT.fullmatch(former) else 1
    return {**scaled(spec, count), "Labels": labels}


def labels_of(spec: object) -> dict[str, str]:
    """The service's own labels, and those for reactor that it gives its containers, which win."""
    given = texts(spec, "TaskTemplate", "ContainerSpec", "Labels")
    return {**texts(spec, "Labels"), **meant_for_us(given)}


def replicas(spec: Spec) -> int | None:
    """How many it is to have; None for a mode without a number, such as one on each node."""
    return number(spec, "Mode", "Replicated", "Replicas")
