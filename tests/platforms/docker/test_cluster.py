import pytest

from reactor.platforms.docker.engine import ListedNode, ListedService
from tests.platforms.docker.story import MANAGER, SWARM, Story, an_event

STACK = {"com.docker.stack.namespace": "shop"}


def a_service(running=1, wanted=1, **said):
    given = {"id": "svc1", "name": "shop_web", "image": "nginx", "labels": STACK, **said}
    return ListedService(running=running, wanted=wanted, **given)


def a_node(state="Deployed", node_id="node-2"):
    return ListedNode(id=node_id, name=f"{node_id}.dock", state=state)


def a_swarm(*services, nodes=()):
    """A story after its first listing."""
    story = Story(MANAGER)
    assert story.listed(services=services, nodes=nodes) == []
    return story


def lines(told):
    return [each.line for each in told]


def service_event(action, seconds=0.0, **told):
    return an_event(action, "svc1", seconds, kind="service", name="shop_web", **told)


def test_a_service_that_is_new_gets_its_stack_from_a_listing():
    story = a_swarm()

    told = story.tell(service_event("create"))
    assert lines(told) == [("service", "Starting", None, None)]
    story.model.begin_listing()
    assert lines(story.listed(services=[a_service()], nodes=[])) == [
        ("service", "Running", None, None),
        ("stack", "Running", None, None),
    ]


@pytest.mark.parametrize(
    ("counts", "state"),
    [((1, 2), "Partly running"), ((0, 2), "Not running"), ((0, 0), "Stopped"), ((3, 2), None)],
)
def test_services_are_counted_by_listing(counts, state):
    story = a_swarm(a_service(2, 2))

    told = story.listed(services=[a_service(*counts)], nodes=[])

    expected = [("service", state, None, None), ("stack", state, None, None)]
    assert lines(told) == (expected if state else [])


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (service_event("create"), "Starting"),
        (service_event("remove"), "Terminated"),
        (service_event("update", **{"updatestate.new": "updating"}), "Redeploying"),
        (service_event("update", **{"updatestate.new": "rollback_started"}), "Redeploying"),
        (service_event("update", **{"replicas.old": "1", "replicas.new": "3"}), "Scaling"),
        (service_event("update", **{"updatestate.new": "completed"}), None),
        (service_event("update"), None),
    ],
)
def test_events_tell_of_a_service_what_no_count_can(event, state):
    story = a_swarm(a_service())

    told = story.tell(event)

    assert [each.line[1] for each in told if each.data["type"] == "service"] == (
        [state] if state else []
    )
    assert story.model.wants_listing


def test_while_it_is_redeployed_a_service_is_not_counted():
    story = a_swarm(a_service())
    story.tell(service_event("update", **{"updatestate.new": "updating"}))

    assert story.listed(services=[a_service(0, 1, update="updating")], nodes=[]) == []
    assert lines(story.listed(services=[a_service(update="completed")], nodes=[]))[0] == (
        *("service", "Running"),
        *(None, None),
    )


def test_a_service_that_went_unseen_is_told():
    story = a_swarm(a_service())

    assert lines(story.listed(services=[], nodes=[])) == [
        ("service", "Terminated", None, None),
        ("stack", "Terminated", None, None),
    ]
    assert story.listed(services=[], nodes=[]) == []


def test_a_manager_that_may_not_tell_takes_nothing_away():
    story = a_swarm(a_service(), nodes=[a_node()])

    assert story.listed() == []


def test_what_events_tell_while_all_is_listed_is_newer_than_the_listing():
    story = a_swarm(a_service())

    def meanwhile():
        return story.tell(service_event("remove", 50), an_event("update", "n", 50, kind="node"))

    told = story.listed(services=[a_service()], nodes=[], meanwhile=meanwhile)

    assert told == []
    assert story.listed(services=[], nodes=[]) == []


def test_containers_of_a_swarm_change_no_group_by_themselves():
    story = a_swarm(a_service())

    told = story.tell(an_event("start", **SWARM), an_event("die", seconds=9, exitCode="1", **SWARM))

    assert {each.data["type"] for each in told} == {"container"}
    assert told[-1].facts["service"]["state"] == "Running"
    assert story.model.wants_listing


@pytest.mark.parametrize(
    ("state", "cause"), [("Unreachable", "host_down"), ("Deployed", None), ("Terminated", None)]
)
def test_a_node_is_told_when_its_state_changes(state, cause):
    before = "Unreachable" if state == "Deployed" else "Deployed"
    story = a_swarm(nodes=[a_node(before)])
    listed = [a_node(state)] if state != "Terminated" else []

    told = story.listed(services=[], nodes=listed)

    assert [each.line[:3] for each in told] == [("node", state, cause)]
    assert told[0].facts["node"]["name"] == "node-2.dock"
    assert story.listed(services=[], nodes=listed) == []


def test_events_and_listings_tell_of_one_node():
    story = a_swarm(nodes=[a_node()])
    down = an_event("update", "node-2", kind="node", name="x", **{"state.new": "down"})
    up = an_event("update", "node-2", 5, kind="node", name="x", **{"state.new": "ready"})

    assert [each.line[1] for each in story.tell(down, down, up)] == ["Unreachable", "Deployed"]
    assert story.listed(services=[], nodes=[a_node()]) == []
    gone = an_event("remove", "node-2", 9, kind="node", name="x")
    assert [each.line[1] for each in story.tell(gone)] == ["Terminated"]
    assert story.listed(services=[], nodes=[]) == []


def test_after_a_restart_only_what_has_changed_is_told():
    story = a_swarm(a_service(), a_service(id="svc2", name="api"), nodes=[a_node()])
    same = [a_service(), a_service(id="svc2", name="api")]
    assert story.again().listed(services=same, nodes=[a_node()]) == []

    told = story.again().listed(services=[a_service(0, 1)], nodes=[a_node("Unreachable")])

    assert [(each.data["action"], *each.line[:2]) for each in told] == [
        ("update", "node", "Unreachable"),
        ("update", "service", "Not running"),
        ("update", "stack", "Partly running"),
        ("update", "service", "Terminated"),
        ("update", "stack", "Not running"),
    ]


def test_what_events_told_of_a_service_is_known_after_a_restart():
    story = a_swarm(a_service())
    story.tell(service_event("update", **{"updatestate.new": "updating"}))

    again = story.again()

    assert again.listed(services=[a_service(0, 1, update="updating")], nodes=[]) == []
    assert lines(again.listed(services=[a_service()], nodes=[]))[0][:2] == ("service", "Running")
