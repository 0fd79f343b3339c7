"""The fleet's objects as Docker Cloud's REST API showed them. What an engine has no word for is as
it was on Docker Cloud where nobody had asked for it. Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from reactor.engine.exits import signal_words
from reactor.hub.docker.inspection import Inspection, Machine, Port, Runtime
from reactor.hub.docker.register import Entry, Register
from reactor.hub.fleet import Object
from reactor.hub.objects import rest_date
from reactor.hub.states import State
from reactor.platforms.docker.engine import ListedContainer

_REGION = "/api/infra/v1/region/docker/engine/"
_NODE_TYPE = "/api/infra/v1/nodetype/docker/engine/"
_SIGNALLED = 128
"""An exit code above this names the signal that ended the process."""

_UNKNOWN = Inspection(container=ListedContainer(id="", name="", image="", state=""))
_MOST_LINKS = 1000
_ACTIVE = (State.RUNNING, State.STARTING, State.STOPPING)


def shown(register: Register, entry: Entry, now: datetime) -> Object:
    """The REST object of an entry, freshly made."""
    return {
        "uuid": entry.uuid,
        "resource_uri": register.named(entry.uri),
        "state": str(entry.state),
        **_FIELDS[entry.kind](register, entry, now),
    }


def _container(register: Register, entry: Entry, _: datetime) -> dict[str, object]:
    found = register.containers.get(entry.uuid, _UNKNOWN)
    container, runtime = found.container, found.runtime
    node, service = entry.parent("node"), entry.parent("service")
    host = _host(register, entry)
    is_over = entry.state in (State.STOPPED, State.TERMINATED)
    code = container.exit_code if entry.state not in _ACTIVE else None
    return {
        "name": entry.name or container.name,
        **_dates(entry, container.created_at or entry.since),
        "started_datetime": rest_date(container.started_at),
        "stopped_datetime": rest_date(container.finished_at if is_over else None),
        **_run(runtime, container.labels),
        "image_name": container.image,
        "synchronized": True,
        "exit_code": code,
        "exit_code_msg": _exit_code_msg(code),
        "container_ports": _ports(runtime.ports, host),
        "linked_to_container": _links(register, entry, found),
        "private_ip": found.address,
        "public_dns": host,
        "node": register.named(node) if node else None,
        "service": register.named(service) if service else None,
    }


def _links(register: Register, entry: Entry, found: Inspection) -> list[dict[str, object]]:
    """Containers of a stack reach those of its other services, on the networks that they share."""
    stack, service = entry.parent("stack"), entry.parent("service")
    linked: list[dict[str, object]] = []
    if stack is None or service is None or not found.networks:
        return linked
    for other in register.members(stack, "container"):
        seen = register.containers.get(other.uuid, _UNKNOWN)
        if service not in other.parents and found.networks & seen.networks:
            ports = seen.runtime.ports if seen.address else ()
            linked.append(
                {
                    "name": other.name,
                    "from_container": register.named(entry.uri),
                    "to_container": register.named(other.uri),
                    "endpoints": {
                        f"{port.inner}/{port.protocol}": _endpoint(port, seen.address, port.inner)
                        for port in ports
                    },
                }
            )
    return linked[:_MOST_LINKS]


def _service(register: Register, entry: Entry, _: datetime) -> dict[str, object]:
    containers = _members(register, entry)
    found = [register.containers.get(each.uuid, _UNKNOWN) for each in containers]
    states = [each.state for each in containers]
    newest, specification = (found or [_UNKNOWN])[-1], register.specifications.get(entry.uuid)
    runtime = specification.runtime if specification else newest.runtime
    stack, host = entry.parent("stack"), _host(register, (containers or [entry])[-1])
    target = target_of(register, entry)
    return {
        "name": entry.name,
        **_dates(entry, specification.created_at if specification else entry.since),
        "started_datetime": rest_date(newest.container.started_at),
        "stopped_datetime": rest_date(newest.container.finished_at),
        **_run(runtime, newest.container.labels),
        "nickname": entry.name,
        "image_name": specification.image if specification else newest.container.image,
        "synchronized": _is_synchronized(register, entry),
        "stack": register.named(stack) if stack else None,
        "containers": [register.named(each.uri) for each in containers],
        "target_num_containers": register.wanted.get(entry.uuid, target),
        "current_num_containers": len(containers),
        "running_num_containers": states.count(State.RUNNING),
        "stopped_num_containers": states.count(State.STOPPED),
        "container_ports": _ports(runtime.ports, host),
        "public_dns": host,
        "autoredeploy": False,
        "deployment_strategy": "EMPTIEST_NODE",
        "sequential_deployment": False,
        **_relations(register, entry, stack),
        "tags": [],
    }


def target_of(register: Register, service: Entry) -> int:
    """How many containers a service is to have by what its platform was last told."""
    specification = register.specifications.get(service.uuid)
    if specification and specification.wanted is not None:
        return specification.wanted
    return len(_members(register, service))


def _is_synchronized(register: Register, service: Entry) -> bool:
    """Whether no client wants another number than the platform was told."""
    target = target_of(register, service)
    return register.wanted.get(service.uuid, target) == target


def _members(register: Register, service: Entry) -> list[Entry]:
    """The containers that make up a service. A swarm starts none of its own again: those that have
    stopped it only keeps for a while, as a record."""
    containers = register.members(service.uri, "container")
    if service.uuid not in register.specifications:
        return containers
    return [each for each in containers if each.actual != State.STOPPED]


def _relations(register: Register, entry: Entry, stack: str | None) -> dict[str, object]:
    """The services of a stack reach each other."""
    services = register.members(stack, "service") if stack else []
    others = [other for other in services if other.uuid != entry.uuid]
    own = register.named(entry.uri)

    def related(source: str, target: str, name: str) -> dict[str, object]:
        return {"name": name, "from_service": source, "to_service": target}

    uris = [(register.named(other.uri), other.name) for other in others[:_MOST_LINKS]]
    return {
        "linked_to_service": [related(own, uri, name) for uri, name in uris],
        "linked_from_service": [related(uri, own, entry.name) for uri, _ in uris],
    }


def _stack(register: Register, entry: Entry, _: datetime) -> dict[str, object]:
    services = register.members(entry.uri, "service")
    return {
        "name": entry.name,
        "nickname": entry.name,
        "synchronized": all(_is_synchronized(register, service) for service in services),
        "services": [register.named(service.uri) for service in services],
        **_dates(entry, entry.since),
    }


def _node(register: Register, entry: Entry, now: datetime) -> dict[str, object]:
    machine = register.machines.get(entry.uuid, Machine())
    cluster = entry.parent("nodecluster")
    is_there = entry.state == State.DEPLOYED
    return {
        "external_fqdn": entry.name,
        "nickname": entry.name,
        "node_cluster": register.named(cluster) if cluster else None,
        "node_type": _NODE_TYPE,
        "region": _REGION,
        "availability_zone": None,
        "docker_version": machine.version,
        "docker_execdriver": "",
        "docker_graphdriver": machine.driver,
        "cpu": machine.cpus,
        "disk": 0,
        "memory": machine.memory,
        "current_num_containers": len(register.members(entry.uri, "container")),
        "last_seen": rest_date(now if is_there else entry.changed_at),
        "public_ip": machine.address,
        "private_ips": [],
        "tunnel": None,
        **_dates(entry, machine.created_at or entry.since),
        "tags": [],
    }


def _cluster(register: Register, entry: Entry, _: datetime) -> dict[str, object]:
    nodes = register.members(entry.uri, "node")
    return {
        "name": entry.name,
        "nickname": entry.name,
        "region": _REGION,
        "node_type": _NODE_TYPE,
        "disk": 0,
        "nodes": [register.named(node.uri) for node in nodes],
        "current_num_nodes": len(nodes),
        "target_num_nodes": len(nodes),
        **_dates(entry, entry.since),
        "tags": [],
    }


def _action(register: Register, entry: Entry, _: datetime) -> dict[str, object]:
    order = register.orders[entry.uuid]
    return {
        "action": order.name,
        "object": register.named(order.object),
        "method": order.call.method,
        "path": order.call.path,
        "body": "",
        # Not `logs`: to the Python SDK a field is an attribute, and that is a method there.
        "detail": order.said,
        "user": register.namespace or "",
        "user_agent": order.call.user_agent,
        "ip": order.call.ip,
        "location": "",
        "created": rest_date(entry.since),
        "start_date": rest_date(entry.since),
        "end_date": rest_date(order.ended_at),
        "is_user_action": True,
        "can_be_canceled": False,
        "can_be_retried": False,
    }


_FIELDS: Mapping[str, Callable[[Register, Entry, datetime], dict[str, object]]] = {
    "container": _container,
    "service": _service,
    "stack": _stack,
    "node": _node,
    "nodecluster": _cluster,
    "action": _action,
}


def _dates(entry: Entry, deployed_at: datetime | None) -> dict[str, object]:
    return {
        "deployed_datetime": rest_date(deployed_at),
        "destroyed_datetime": rest_date(entry.changed_at if entry.is_gone else None),
    }


def _run(runtime: Runtime, labels: Mapping[str, str]) -> dict[str, object]:
    """How a container, or those of a service, are run."""
    return {
        "autorestart": runtime.autorestart,
        "autodestroy": "OFF",
        "container_envvars": [{"key": name, "value": value} for name, value in runtime.environment],
        "link_variables": {},
        "labels": dict(labels),
        "roles": [],
        "bindings": [],
        "run_command": runtime.command,
        "entrypoint": runtime.entrypoint,
        "working_dir": runtime.working_dir,
        "net": runtime.net,
        "pid": runtime.pid,
        "privileged": runtime.is_privileged,
        "cpu_shares": runtime.cpu_shares,
        "memory": runtime.memory,
    }


def _ports(ports: Iterable[Port], host: str) -> list[dict[str, object]]:
    return [
        {
            "endpoint_uri": _endpoint(port, host, port.outer) + "/" if port.outer else None,
            "inner_port": port.inner,
            "outer_port": port.outer,
            "port_name": "http" if port.inner == 80 else port.protocol,
            "protocol": port.protocol,
            "published": port.outer is not None,
            "uri_protocol": port.protocol,
        }
        for port in ports
    ]


def _endpoint(port: Port, host: str, number: int | None) -> str:
    return f"{port.protocol}://{host}:{number}"


def _host(register: Register, entry: Entry) -> str:
    """The name of the machine where the object's ports are: its node's, else the first node's."""
    node = register.of(entry.parent("node")) or next(iter(register.all("node")), None)
    return node.name if node else ""


def _exit_code_msg(code: int | None) -> str | None:
    """The wording is ours: none of the old service's survives."""
    if not code:
        return None if code is None else "Ended normally"
    if code > _SIGNALLED:
        return f"Ended by {signal_words(code - _SIGNALLED)}"
    return f"Ended with exit code {code}"
