"""A Docker Engine, or Podman: whether it is reached, which one it is, and what it lets us do."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing

from reactor.cli.doctor.faults import remedy
from reactor.cli.doctor.finding import Finding, broken, doubtful, unreachable, well
from reactor.cli.doctor.rights import INFO, READING, SWARM, Reply, Right, acting, judge_rights
from reactor.model.rule import SourceSpec
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import Address, Gone, Refusal, address_from

OLDEST_API = (1, 41)
"""That of Docker 20.10, the oldest that reactor is tried with."""

_NOTICEABLE, _WRONG = 1.0, 60.0  # seconds that two clocks are apart
_QUOTED = 1024  # bytes of an answer: its message is at the beginning

Described = Mapping[str, object]
"""What an engine says of itself, as `Client.describe` has it."""


def look_at_docker(
    spec: SourceSpec, environment: Mapping[str, str], seconds: float
) -> Iterator[Finding]:
    """The engine of a source, and what `allow` needs of the one that calls go to. Nothing changes
    in either. Each request ends within so many seconds."""
    name = f"source {spec.name}"
    try:
        with _client(spec.options, environment) as client:
            engine = yield from look_at_engine(name, client, seconds)
        if engine is not None and (verbs := _allowed(spec)):
            with _client({**spec.options, "host": _called(spec)}, environment) as client:
                yield from look_at_calls(name, client, engine, verbs, seconds)
    except Refusal as refused:
        yield unreachable(name, str(refused), "see `host` of the source, and DOCKER_HOST")


def _client(options: Mapping[str, object], environment: Mapping[str, str]) -> closing[Client]:
    """Raises Refusal for an address that is none."""
    return closing(Client(*address_from(options, environment)))


def _allowed(spec: SourceSpec) -> tuple[str, ...]:
    verbs = spec.options.get("allow")
    return verbs if isinstance(verbs, tuple) else ()


def _called(spec: SourceSpec) -> object:
    return spec.options.get("act") or spec.options.get("host")


def look_at_engine(
    name: str, client: Client, seconds: float
) -> Generator[Finding, None, Described | None]:
    """One that events come from. Gives what it says of itself, or None when it does not."""
    try:
        client.request("GET", "/_ping", timeout=seconds)
    except (Gone, Refusal) as fault:
        yield unreachable(name, f"{client.address}: {fault}", _advice(client.address, fault))
        return None
    engine: Described | None = None
    try:
        engine = client.describe()
    except (Gone, Refusal) as fault:
        yield unreachable(name, f"{client.address}: {fault}", _DUMB)
    else:
        yield judge_engine(name, str(client.address), engine)
        yield judge_clock(name, engine["skew"])
    yield from _rights(name, client, engine, seconds)
    return engine


def _advice(address: Address, fault: Exception) -> str:
    if address.scheme == "ssh":
        return "see that `ssh HOST docker version` works here and asks nothing"
    return remedy(fault)


_DUMB = "see whether an engine listens there, which rights are missing, and the versions of both"


def _rights(
    name: str, client: Client, engine: Described | None, seconds: float
) -> Iterator[Finding]:
    """What it lets us read, its place in a swarm. Of what is no engine, and no proxy before one,
    nothing more is to be said."""
    api = str(engine["api"]) if engine else ""
    replies = _replies(client, READING, api, seconds)
    if engine is not None or any(reply.is_yes or reply.is_no for reply in replies.values()):
        yield from judge_rights(f"{name} rights", replies)
    if engine is not None and replies[INFO].is_yes:
        yield well(f"{name} swarm", _swarm_told(engine))
    if engine is not None and _is_manager(engine):
        yield from judge_rights(f"{name} swarm rights", _replies(client, SWARM, api, seconds))


def look_at_calls(
    name: str, client: Client, engine: Described, verbs: Iterable[str], seconds: float
) -> Iterator[Finding]:
    """What the verbs that are allowed need. It is tried on a container that does not exist."""
    rights = acting(verbs, is_manager=_is_manager(engine))
    yield from judge_rights(f"{name} calls", _replies(client, rights, str(engine["api"]), seconds))


def _replies(
    client: Client, rights: Iterable[Right], api: str, seconds: float
) -> dict[Right, Reply]:
    return {right: _asked(client, right, api, seconds) for right in rights}


def _asked(client: Client, right: Right, api: str, seconds: float) -> Reply:
    try:
        answer = client.request(right.method, f"{api}{right.path}", timeout=seconds)
    except (Gone, Refusal) as fault:
        return Reply(None, str(fault))
    return Reply(answer.status, answer.body[:_QUOTED].decode(errors="replace"))


def judge_engine(name: str, address: str, engine: Described) -> Finding:
    """Which one it is."""
    kind = "Podman" if engine["podman"] else "Docker Engine"
    told = f"{kind} {engine['version']} at {address}, {_api_told(engine)}"
    if not _is_old(engine):
        return well(name, told)
    oldest = ".".join(map(str, OLDEST_API))
    return doubtful(name, told, f"reactor is tried with API {oldest} and newer: update it")


def _api_told(engine: Described) -> str:
    return f"API {str(engine['api']).removeprefix('/v') or 'of its own choice'}"


def _is_old(engine: Described) -> bool:
    major, _, minor = str(engine["api"]).removeprefix("/v").partition(".")
    is_number = major.isdecimal() and minor.isdecimal()
    return is_number and (int(major), int(minor)) < OLDEST_API


def _is_manager(engine: Described) -> bool:
    swarm = engine["swarm"]
    return isinstance(swarm, Mapping) and bool(swarm["is_manager"])


def _swarm_told(engine: Described) -> str:
    if _is_manager(engine):
        return "it is a manager: services, nodes and their containers are seen"
    if engine["swarm"] is not None:
        return "it is a worker: its own containers are seen, the rest of the swarm by a manager"
    return "it is in none"


def judge_clock(name: str, skew: object) -> Finding:
    """The engine's clock is so many seconds before ours; behind, if less than zero."""
    apart = skew if isinstance(skew, float | int) else 0.0
    direction = "before" if apart > 0 else "behind"
    if abs(apart) < _NOTICEABLE:
        return well(f"{name} clock", f"{abs(apart):.1f} s from ours")
    told = f"it is {abs(apart):.1f} s {direction} ours: so are the times of its events"
    if abs(apart) <= _WRONG:
        return doubtful(f"{name} clock", told, _SYNCHRONIZE)
    return broken(f"{name} clock", f"{told}, and windows and timers go wrong", _SYNCHRONIZE)


_SYNCHRONIZE = "have both machines keep time by NTP (`timedatectl`)"
