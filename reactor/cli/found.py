"""What `reactor init` finds around it: sources that can be had here, and where messages can go."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from reactor.config.values import has_blank, url_fault
from reactor.platforms.docker.client import Client, Gone, Refusal
from reactor.platforms.docker.dial import DEFAULT_HOST, address_from

SLACK_VARIABLE = "SLACK_WEBHOOK_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`sources` are types of sources, `slack` says whether SLACK_VARIABLE holds a URL. `told` says
    in sentences what was found and what is missing; no value of a variable is in it."""

    sources: tuple[str, ...]
    slack: bool
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """One of the old services, and how the variables of its tools begin. `hosts` are those that
    name the host of its stream."""

    type: str
    name: str
    prefix: str
    hosts: tuple[str, ...]

    def has(self, environment: Mapping[str, str], *names: str) -> bool:
        """Whether one of the variables of these names is set."""
        return any(environment.get(f"{self.prefix}_{name}") for name in names)


_SERVICES = (
    _Service(type="dockercloud", name="Docker Cloud", prefix="DOCKERCLOUD", hosts=("STREAM_HOST",)),
    _Service(type="tutum", name="Tutum", prefix="TUTUM", hosts=("STREAM_HOST", "STREAM_URL")),
)


def look_around(environment: Mapping[str, str]) -> Found:
    """Ask the Docker Engine whether it is there, and look into the environment. Blocks for half a
    minute at most, when an engine hangs."""
    version, engine = _ask_engine(environment)
    accounts = [service for service in _SERVICES if _has_account(service, environment)]
    slack = environment.get(SLACK_VARIABLE, "")
    has_slack = url_fault(slack) is None and not has_blank(slack)
    return Found(
        sources=(*(["docker"] if version else []), *(service.type for service in accounts)),
        slack=has_slack,
        told=(engine, *_told_of(environment), _slack_told(slack, has_slack=has_slack)),
    )


def _ask_engine(environment: Mapping[str, str]) -> tuple[str | None, str]:
    """The engine's version, None if there is none for us, and a sentence."""
    host = environment.get("DOCKER_HOST") or DEFAULT_HOST
    try:
        address, tls = address_from({}, environment)
    except Refusal as fault:  # which begins with the host
        return None, f"no Docker Engine at {fault}"
    try:
        with closing(Client(address, tls)) as client:
            described = client.describe()
    except (Gone, Refusal) as fault:
        return None, f"no Docker Engine at {host}: {fault}"
    kind = "Podman" if described["podman"] else "Docker Engine"
    version = str(described["version"] or "of some version")
    return version, f"{kind} {version} at {host}"


def _has_account(service: _Service, environment: Mapping[str, str]) -> bool:
    return service.has(environment, "AUTH") or (
        service.has(environment, "USER") and service.has(environment, "APIKEY", "PASS")
    )


def _told_of(environment: Mapping[str, str]) -> Iterator[str]:
    """Of the old services only those of which there is a trace."""
    for service in _SERVICES:
        prefix = service.prefix
        if _has_account(service, environment):
            yield f"an account of {service.name} in {prefix}_…"
            if not service.has(environment, *service.hosts):
                yield (
                    f"{prefix}_STREAM_HOST and {prefix}_REST_HOST are not set: the hosts of "
                    f"{service.name} itself are gone, so name those that speak for it now"
                )
        elif service.has(environment, "USER", "APIKEY", "PASS"):
            pair = f"{prefix}_USER and {prefix}_APIKEY"
            yield f"half an account of {service.name}: {pair} go together"


def _slack_told(value: str, *, has_slack: bool) -> str:
    if has_slack:
        return f"the URL of a Slack webhook in {SLACK_VARIABLE}"
    if value:
        return f"{SLACK_VARIABLE} is set, but holds no URL"
    return f"no {SLACK_VARIABLE}: messages go to reactor's own log"
