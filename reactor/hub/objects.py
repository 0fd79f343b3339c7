"""Things as Docker Cloud's REST API showed them: the fields and their JSON types (the old service's
API documentation; its clients break without them)."""

from datetime import datetime

from reactor.hub.fleet import Object
from reactor.hub.states import GONE, State
from reactor.hub.things import Action, Cluster, Container, Node, Service, Stack, Thing
from reactor.hub.world import World

_REGION = "/api/infra/v1/region/simulated/loopback/"
_NODE_TYPE = "/api/infra/v1/nodetype/simulated/small/"
_DOMAIN = "dockerapp.io"
_SIGNALLED = 128
"""An exit code above this names the signal that ended the process."""


def shown(world: World, thing: Thing) -> Object:
    """The REST object of a thing, freshly made."""
    match thing:
        case Container():
            fields = _container(world, thing)
        case Service():
            fields = _service(world, thing)
        case Stack():
            fields = _stack(world, thing)
        case Node():
            fields = _node(world, thing)
        case Cluster():
            fields = _cluster(world, thing)
        case Action():
            fields = _action(world, thing)
    return {
        "uuid": thing.uuid,
        "resource_uri": world.uri(thing.kind, thing.uuid),
        "state": thing.state.value,
        **fields,
    }


def rest_date(moment: datetime | None) -> str | None:
    """`Thu, 16 Oct 2014 12:04:08 +0000`, to the letter: the old command line reads nothing else."""
    if moment is None:
        return None
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment:%Y %H:%M:%S} +0000"


# English whatever the locale, which strftime would ask.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _container(world: World, container: Container) -> dict[str, object]:
    service = world.get(Service, container.service)
    public_dns = f"{container.name}.{_user(world)}.cont.{_DOMAIN}"
    return {
        "name": container.name,
        **_dates(container),
        **_runtime(service),
        "image_name": container.image,
        "synchronized": service.synchronized,
        "exit_code": container.exit_code,
        "exit_code_msg": _exit_code_msg(container.exit_code),
        "container_ports": _ports(service, 49152 + container.serial, public_dns),
        "linked_to_container": [],
        "private_ip": f"10.7.{container.serial // 250 % 250}.{container.serial % 250 + 1}",
        "public_dns": public_dns,
        "node": world.uri("node", container.node),
        "service": world.uri("service", container.service),
    }


def _service(world: World, service: Service) -> dict[str, object]:
    containers = world.containers(service.uuid)
    states = [container.state for container in containers]
    public_dns = f"{service.name}.{_user(world)}.svc.{_DOMAIN}"
    return {
        "name": service.name,
        **_dates(service),
        **_runtime(service),
        "nickname": service.nickname,
        "image_name": service.image,
        "synchronized": service.synchronized,
        "stack": world.uri("stack", service.stack) if service.stack else None,
        "containers": [world.uri("container", container.uuid) for container in containers],
        "target_num_containers": service.wanted,
        "current_num_containers": len(containers),
        "running_num_containers": states.count(State.RUNNING),
        "stopped_num_containers": states.count(State.STOPPED),
        "container_ports": _ports(service, service.port, public_dns),
        "public_dns": public_dns,
        "autoredeploy": False,
        "deployment_strategy": "EMPTIEST_NODE",
        "sequential_deployment": False,
        "linked_to_service": [],
        "linked_from_service": [],
        "tags": [{"name": tag} for tag in service.tags],
    }


def _stack(world: World, stack: Stack) -> dict[str, object]:
    services = world.services(stack.uuid)
    return {
        "name": stack.name,
        "nickname": stack.name,
        "synchronized": all(service.synchronized for service in services),
        "services": [world.uri("service", service.uuid) for service in services],
        "deployed_datetime": rest_date(stack.deployed_at),
        "destroyed_datetime": rest_date(stack.destroyed_at),
    }


def _node(world: World, node: Node) -> dict[str, object]:
    deployed = [each for each in world.all(Container) if each.state not in GONE]
    fqdn = f"{node.uuid[:8]}-{_user(world)}.node.{_DOMAIN}"
    return {
        "external_fqdn": fqdn,
        "nickname": node.name,
        "node_cluster": world.uri("nodecluster", node.cluster),
        "node_type": _NODE_TYPE,
        "region": _REGION,
        "availability_zone": None,
        "docker_version": "1.11.2-cs5",
        "docker_execdriver": "native-0.2",
        "docker_graphdriver": "aufs",
        "cpu": 2,
        "disk": 60,
        "memory": 4096,
        "current_num_containers": [each.node for each in deployed].count(node.uuid),
        "last_seen": rest_date(node.last_seen or world.now),
        "public_ip": node.public_ip,
        "private_ips": [],
        "tunnel": None,
        "deployed_datetime": rest_date(node.deployed_at),
        "destroyed_datetime": None,
        "tags": [],
    }


def _cluster(world: World, cluster: Cluster) -> dict[str, object]:
    nodes = [node for node in world.all(Node) if node.cluster == cluster.uuid]
    return {
        "name": cluster.name,
        "nickname": cluster.name,
        "region": _REGION,
        "node_type": _NODE_TYPE,
        "disk": 60,
        "nodes": [world.uri("node", node.uuid) for node in nodes],
        "current_num_nodes": len(nodes),
        "target_num_nodes": len(nodes),
        "deployed_datetime": rest_date(cluster.deployed_at),
        "destroyed_datetime": None,
        "tags": [],
    }


def _action(world: World, action: Action) -> dict[str, object]:
    return {
        "action": action.name,
        "object": action.object,
        "method": action.method,
        "path": action.path,
        "body": "",
        "user": world.namespace or "",
        "user_agent": action.user_agent,
        "ip": action.ip,
        "location": "",
        "created": rest_date(action.started_at),
        "start_date": rest_date(action.started_at),
        "end_date": rest_date(action.ended_at),
        "is_user_action": True,
        "can_be_canceled": False,
        "can_be_retried": False,
    }


def _user(world: World) -> str:
    return world.namespace or "simulated"


def _dates(thing: Container | Service) -> dict[str, object]:
    return {
        "deployed_datetime": rest_date(thing.deployed_at),
        "started_datetime": rest_date(thing.started_at),
        "stopped_datetime": rest_date(thing.stopped_at),
        "destroyed_datetime": rest_date(thing.destroyed_at),
    }


def _runtime(service: Service) -> dict[str, object]:
    """How containers of the service are run; it and each of them show the same."""
    environment = [{"key": key, "value": value} for key, value in service.environment]
    return {
        "autorestart": service.autorestart,
        "autodestroy": "OFF",
        "container_envvars": environment,
        "link_variables": {},
        "labels": {},
        "roles": [],
        "bindings": [],
        "run_command": "",
        "entrypoint": "",
        "working_dir": "",
        "net": "bridge",
        "pid": "none",
        "privileged": False,
        "cpu_shares": None,
        "memory": None,
    }


def _ports(service: Service, outer: int | None, host: str) -> list[dict[str, object]]:
    """The one port that a service publishes, if any, on the outside under `outer`."""
    if service.port is None:
        return []
    return [
        {
            "endpoint_uri": f"tcp://{host}:{outer}/",
            "inner_port": service.port,
            "outer_port": outer,
            "port_name": "tcp",
            "protocol": "tcp",
            "published": True,
            "uri_protocol": "tcp",
        }
    ]


def _exit_code_msg(code: int | None) -> str | None:
    """The wording is ours: none of the old service's survives."""
    if code is None:
        return None
    if code > _SIGNALLED:
        return f"Ended by signal {code - _SIGNALLED}"
    return f"Ended with exit code {code}" if code else "Ended normally"
