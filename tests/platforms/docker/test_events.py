import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.platforms.docker.events import decoded, labels_in, parse_event
from tests.fake_engine import TIME, docker_event


def parsed(action="die", **attributes):
    return parse_event(docker_event(action, **attributes))


def test_an_event_is_what_happened_to_what_and_when():
    event = parsed("die", exitCode="7", tier="front")

    assert (event.kind, event.action, event.id) == ("container", "die", "c0ffee")
    assert event.attributes["tier"] == "front"
    assert event.at == datetime(2030, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    assert event.original == docker_event("die", exitCode="7", tier="front")


def as_newest(event):
    """Without what API 1.52 no longer writes."""
    return {name: value for name, value in event.items() if name not in ("status", "id", "from")}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"status": "die", "id": "c0ffee", "from": "nginx:1.27"}, {}),
        ({"status": "exec_create: cat /secret", "id": "c0ffee"}, {"id": "another"}),
    ],
)
def test_newer_and_older_engines_are_read_alike(older, newer):
    event = docker_event("die", exitCode="7")

    one, other = parse_event({**event, **older}), parse_event(as_newest({**event, **newer}))

    assert (one.action, one.id, one.key) == (other.action, other.id, other.key)


@pytest.mark.parametrize(
    ("action", "word", "health"),
    [
        ("health_status: unhealthy", "health_status", "unhealthy"),
        ("health_status:healthy", "health_status", "healthy"),
        ("health_status", "health_status", None),
        ("exec_create: cat /run/secrets/key", "exec_create", None),
        ("died", "die", None),  # Podman's
        ("remove", "destroy", None),  # Podman's
        ("something new", "something new", None),
    ],
)
def test_an_action_is_one_word(action, word, health):
    event = parsed(action)

    assert (event.action, event.health) == (word, health)


def test_services_and_nodes_are_removed_and_not_destroyed():
    assert parse_event({**docker_event("remove"), "Type": "service"}).action == "remove"


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("die", {"execDuration": "3"}),  # that code may be the label
        ("kill", {"exitCode": "0", "execDuration": "3"}),  # those are other labels
        ("start", {"exitCode": "0", "execDuration": "3", "signal": "9"}),
    ],
)
def test_where_a_label_has_the_name_of_an_attribute_nobody_knows_which_of_them_it_is(action, told):
    event = parsed(action, exitCode="0", execDuration="3", signal="9")

    unmasked = event.unmasked({"exitCode": "0", "signal": "9", "name": "x"})

    rest = {name: unmasked.attributes.get(name) for name in ("name", "image")}
    assert unmasked.attributes == {**rest, **told, **({"signal": "9"} if action == "die" else {})}
    assert (rest, unmasked.key) == ({"name": "web-1", "image": "nginx:1.27"}, event.key)


@pytest.mark.parametrize(
    ("action", "labels"),
    [("create", {"exitCode": "0", "tier": "front"}), ("die", {"tier": "front"})],
)
def test_all_but_the_attributes_of_an_action_are_labels(action, labels):
    event = parsed(action, exitCode="0", tier="front")

    assert labels_in(event.attributes, action) == labels


def test_podman_tells_an_exit_code_of_what_has_none_yet():
    event = parsed("start", containerExitCode="0")

    assert labels_in(event.attributes, "start") == {}


def test_podman_tells_the_exit_code_under_a_name_of_its_own():
    assert parsed("died", containerExitCode="7").number("exitCode") == 7


@pytest.mark.parametrize(
    "event",
    [
        {**docker_event("health_status"), "HealthStatus": "unhealthy"},  # 4.2 and later
        docker_event("health_status", health_status="unhealthy"),
        docker_event("health_status", healthStatus="unhealthy"),
    ],
)
def test_podman_tells_the_health_beside_the_action(event):
    assert parse_event(event).health == "unhealthy"


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("137", 137), ("-1", -1), ("", None), ("seven", None), ("1.5", None), ("²", None)],
)
def test_an_attribute_may_write_a_number(text, number):
    assert parsed(exitCode=text).number("exitCode") == number


def test_a_number_of_any_length_is_read_at_once():
    assert parsed(exitCode="9" * 100_000).number("exitCode") is None
    assert parsed().number("exitCode") is None


def test_one_event_told_twice_has_one_key_and_each_other_one_its_own():
    same = [parsed("die"), parsed("die", exitCode="1")]
    others = [parsed("start"), parsed(time=TIME + 1), parsed("health_status: healthy")]

    assert len({event.key for event in same}) == 1
    assert len({event.key for event in (*same, *others, parsed("health_status: x"))}) == 5


def test_attributes_may_be_missing_or_of_any_type():
    event = docker_event()
    told = [None, [], {"name": 7, "image": None, "exitCode": "3"}]

    read = [parse_event({**event, "Actor": {"ID": "c", "Attributes": each}}) for each in told]

    assert [dict(each.attributes) for each in read] == [{}, {}, {"exitCode": "3"}]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"Type": "container", "Action": "die", "Actor": null, "timeNano": 1}',
        b'{"Type": "container", "Action": "die", "Actor": {"ID": 7}, "timeNano": 1}',
        b'{"Type": "container", "Action": "die", "Actor": {"ID": "c"}, "timeNano": "soon"}',
        b'{"Type": "container", "Action": "die", "Actor": {"ID": "c"}, "timeNano": 1e99}',
        b'{"Type": "container", "Action": "die", "Actor": {"ID": "c"}, "timeNano": 0}',
        b'{"Type": "container", "Action": "die", "Actor": {"ID": "\\ud800"}, "timeNano": 1}',
        b"[" * 100_000,
        b"9" * 5000,
        b'{"Type": "container", "Action": "di',
        b"\xff\xfe",
    ],
)
def test_what_is_no_event_is_none(line):
    assert parse_event(decoded(line)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"Type": JSON, "Action": JSON | st.just("health_status"), "timeNano": JSON | st.just(TIME)},
        optional={
            "Actor": JSON | st.fixed_dictionaries({"ID": st.text()}, optional={"Attributes": JSON}),
            "HealthStatus": JSON,
        },
    )
)
def test_whatever_an_engine_writes_reading_it_never_raises(event):
    parse_event(decoded(json.dumps(event).encode()))
