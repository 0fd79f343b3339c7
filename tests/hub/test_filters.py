"""What passes a stream's filter, and what a list's filters leave."""

import pytest
from starlette.datastructures import QueryParams

from reactor.hub.filters import BadQuery, frame_filter, select
from tests.hub.served import SpokenFleet, a_frame

CONTAINER = "/api/app/v1/container/22222222-2222-4222-8222-222222222222/"
SERVICE = "/api/app/v1/service/11111111-1111-4111-8111-111111111111/"
OTHER = "/api/app/v1/service/99999999-9999-4999-8999-999999999999/"
NODE = "/api/infra/v1/node/44444444-4444-4444-8444-444444444444/"


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ("", True),
        ("type=", True),
        ("unknown=1", True),
        ("type=container", True),
        ("type=service", False),
        ("type=service,container", True),
        ("type=service, container", True),
        ("type=service&type=container", True),
        ("type=service%2Ccontainer", True),
        ("type=Container", False),
        (f"object={CONTAINER}", True),
        (f"object={CONTAINER.rstrip('/')}", True),
        (f"object={CONTAINER.replace('/v1/', '/v1/acme/')}", True),
        (f"object={SERVICE}", False),
        (f"parent={SERVICE}", True),
        (f"parents={SERVICE}", True),
        (f"parent={OTHER}&parents={SERVICE}", True),
        (f"parents={OTHER},{SERVICE.replace('/v1/', '/v1/acme/')}", True),
        (f"parents={NODE}", True),
        (f"parents={OTHER}", False),
        (f"parents={CONTAINER}", False),
        (f"type=container&parents={SERVICE}", True),
        (f"type=service&parents={SERVICE}", False),
        (f"type=container&parents={OTHER}", False),
    ],
)
def test_within_a_parameter_one_must_fit_and_all_parameters_must(query, passes):
    frame = a_frame(type="container", resource_uri=CONTAINER, parents=[SERVICE, NODE])

    assert frame_filter(QueryParams(query)).passes(frame) is passes


def test_a_frame_without_parents_is_under_nothing():
    assert not frame_filter(QueryParams(f"parents={SERVICE}")).passes(a_frame(parents=[]))


def a_thing(kind, digit, **fields):
    """An object whose UUID is made of one digit."""
    uuid = f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}"
    space = {"node": "infra", "nodecluster": "infra", "action": "audit"}.get(kind, "app")
    uri = f"/api/{space}/v1/acme/{kind}/{uuid}/"
    return {"uuid": uuid, "resource_uri": uri, "state": "Running", **fields}


SHOP = a_thing("stack", "1", name="shop")
BLOG = a_thing("stack", "2", name="blog")
WEB = a_thing("service", "3", name="web", stack=SHOP["resource_uri"])
PRESS = a_thing("service", "4", name="press", stack=BLOG["resource_uri"], state="Stopped")
CRON = a_thing("service", "5", name="cron", stack=None)
CLUSTER = a_thing("nodecluster", "6", name="all")
HOST = a_thing(
    "node",
    "7",
    name="host",
    node_cluster=CLUSTER["resource_uri"],
    node_type="/api/infra/v1/nodetype/aws/small/",
    region="/api/infra/v1/region/aws/us-1/",
    docker_version="1.11.2",
)
STRAY = a_thing("node", "8", name="stray", node_cluster=None)
FIRST = a_thing("container", "a", name="web-1", service=WEB["resource_uri"], node=NODE)
SECOND = a_thing(
    "container", "b", name="press-1", service=PRESS["resource_uri"], node=HOST["resource_uri"]
)
LOST = a_thing("container", "c", name="lost-1", service=OTHER, node=HOST["resource_uri"])
EARLY = a_thing(
    "action",
    "d",
    name="early",
    object=WEB["resource_uri"],
    start_date="Tue, 06 May 2031 17:08:09 +0000",
    end_date="Tue, 06 May 2031 17:08:12 +0000",
)
LATE = a_thing(
    "action",
    "e",
    name="late",
    object=PRESS["resource_uri"],
    start_date="Tue, 06 May 2031 17:08:10 +0000",
)
NEVER = a_thing("action", "f", name="never", object=CRON["resource_uri"], start_date=None)

FLEET = SpokenFleet(
    stack=[SHOP, BLOG],
    service=[WEB, PRESS, CRON],
    container=[FIRST, SECOND, LOST],
    node=[HOST, STRAY],
    nodecluster=[CLUSTER],
    action=[EARLY, LATE, NEVER],
)


@pytest.mark.parametrize(
    ("kind", "name", "value", "left"),
    [
        ("service", "uuid", WEB["uuid"], "web"),
        ("service", "uuid", WEB["uuid"][:8], ""),
        ("service", "uuid__startswith", WEB["uuid"][:2], "web"),
        ("service", "uuid__startswith", "web", ""),
        ("service", "name", "web", "web"),
        ("service", "name", "WEB", ""),
        ("service", "state", "Running", "web cron"),
        ("service", "state", "Stopped", "press"),
        ("service", "stack", SHOP["resource_uri"], "web"),
        ("service", "stack", SHOP["resource_uri"].replace("/acme", "").rstrip("/"), "web"),
        ("service", "stack", "shop", ""),
        ("service", "stack__name", "shop", "web"),
        ("service", "stack__name", "None", ""),
        ("stack", "name", "blog", "blog"),
        ("container", "name", "web-1", "web-1"),
        ("container", "service", WEB["resource_uri"], "web-1"),
        ("container", "node", HOST["resource_uri"], "press-1 lost-1"),
        ("container", "service__stack__name", "shop", "web-1"),
        ("container", "service__stack__name", "none", ""),
        ("node", "node_cluster", CLUSTER["resource_uri"], "host"),
        ("node", "node_type", "/api/infra/v1/nodetype/aws/small/", "host"),
        ("node", "node_type", "/api/v1/nodetype/aws/small", "host"),
        ("node", "node_type", "small", ""),
        ("node", "region", "/api/infra/v1/region/aws/us-1/", "host"),
        ("node", "region", "/api/infra/v1/region/aws/us-2/", ""),
        ("node", "docker_version", "1.11.2", "host"),
        ("node", "docker_version", "1.11", ""),
        ("nodecluster", "name", "all", "all"),
        ("action", "object", WEB["resource_uri"], "early"),
        ("action", "start_date__gte", "2031-05-06T17:08:09Z", "early late"),
        ("action", "start_date__gte", "2031-05-06T17:08:10Z", "late"),
        ("action", "start_date__gte", "2031-05-06T19:08:10+02:00", "late"),
        ("action", "start_date__gte", "2031-05-06T17:08:10", "late"),
        # The second that it began in is all that an action shows.
        ("action", "start_date__gte", "2031-05-06T17:08:10.999Z", "late"),
        ("action", "start_date__gte", "Tue, 06 May 2031 17:08:10 +0000", "late"),
        ("action", "start_date__gte", "2031-05-07", ""),
        ("action", "start_date__lte", "2031-05-06T17:08:09Z", "early"),
        ("action", "start_date__lte", "2031-05-06T17:08:08.999Z", ""),
        ("action", "end_date__gte", "2031-05-06T17:08:12Z", "early"),
        ("action", "end_date__lte", "2031-05-06T17:08:12Z", "early"),
        ("action", "end_date__lte", "2031-05-06T17:08:11Z", ""),
        ("action", "include_related", "true", "early late never"),
        ("action", "include_related", "False", "early late never"),
    ],
)
def test_each_filter_leaves_what_fits(kind, name, value, left):
    assert [thing["name"] for thing in select(FLEET, kind, [(name, value)])] == left.split()


def test_all_filters_must_hold():
    both = [("state", "Running"), ("name", "web")]

    assert [thing["name"] for thing in select(FLEET, "service", both)] == ["web"]
    assert select(FLEET, "service", [("state", "Running"), ("name", "press")]) == []


def some(*states):
    """Containers of one name."""
    return [
        a_thing("container", digit, name="web-1", state=state)
        for digit, state in zip("abc", states, strict=False)
    ]


@pytest.mark.parametrize(
    ("states", "left"),
    [
        (["Terminated", "Running"], ["Running"]),
        (["Terminated", "Terminating", "Stopped"], ["Stopped"]),
        (["Terminated", "Terminating"], ["Terminating"]),
        (["Terminated"], ["Terminated"]),
        (["Terminated", "Terminated"], ["Terminated", "Terminated"]),
        (["Running", "Stopped"], ["Running", "Stopped"]),
    ],
)
def test_a_name_is_that_of_what_lives(states, left):
    fleet = SpokenFleet(container=some(*states))

    named = select(fleet, "container", [("name", "web-1")])

    assert [thing["state"] for thing in named] == left
    assert [thing["state"] for thing in select(fleet, "container", [])] == states


def test_what_is_gone_is_found_by_its_name_where_it_is_asked_for():
    fleet = SpokenFleet(container=some("Terminated", "Running"))
    asked = [("name", "web-1"), ("state", "Terminated")]

    assert [thing["state"] for thing in select(fleet, "container", asked)] == ["Terminated"]


@pytest.mark.parametrize(("with_related", "left"), [("True", ["early"]), ("false", [])])
def test_the_actions_of_what_belongs_to_a_stack_are_asked_for_with_it(with_related, left):
    asked = [("object", SHOP["resource_uri"]), ("include_related", with_related)]

    assert [thing["name"] for thing in select(FLEET, "action", asked)] == left


def test_whether_what_is_related_is_wanted_is_true_or_false():
    with pytest.raises(BadQuery, match="true or false"):
        select(FLEET, "action", [("include_related", "1")])


def test_without_filters_everything_is_left_in_order():
    assert select(FLEET, "container", []) == [FIRST, SECOND, LOST]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("service", "colour"),
        ("service", "name__startswith"),
        ("service", "object"),
        ("container", "stack"),
        ("node", "name"),
        ("action", "name"),
        ("stack", ""),
        ("service", "include_related"),
    ],
)
def test_a_filter_that_is_not_there_is_refused_and_not_ignored(kind, name):
    with pytest.raises(BadQuery, match=f"A list of {kind} has no filter '{name}'; possible: "):
        select(FLEET, kind, [(name, "x")])


@pytest.mark.parametrize(
    "date",
    [
        "",
        "1",
        "yesterday",
        "2031-13-01",
        "Tue, 99 May 2031 17:08:10 +0000",
        "Tue, 06 May 2031 17:08:10 +9999999999999999999",
    ],
)
def test_what_is_no_date_is_refused(date):
    with pytest.raises(BadQuery, match="is no date for start_date__gte"):
        select(FLEET, "action", [("start_date__gte", date)])
