import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from reactor.model.uri import object_uri
from reactor.platforms.listing import Listed
from reactor.sources import reconcile
from reactor.sources.reconcile import Known

NOW = datetime(2030, 1, 7, 12, tzinfo=UTC)
KEPT = {"baseline": "2030-01-01T00:00:00Z", "question": "q"}


def uuid(number):
    return str(UUID(int=number, version=4))


def key(number, kind="container"):
    return f"{kind}/{uuid(number)}"


def uri(number, kind="container"):
    return object_uri(kind, uuid(number))


def listed(number, state, kind="container", **links):
    return Listed(key=key(number, kind), uri=uri(number, kind), state=state, links=links)


def frame(number, state, **fields):
    return {"type": "container", "resource_uri": uri(number), "state": state, **fields}


def all_wanted(kind, uri, parents):
    return True


def inferred(known, *listing, wanted=all_wanted):
    """What a listing shows to have changed: state and action of each object, and what is kept."""
    frames = list(known.compare(listing, wanted, NOW))
    told = [json.loads(each.raw) for each in frames]
    return [
        (each["resource_uri"], each["action"], each["state"], made.remember)
        for each, made in zip(told, frames, strict=True)
    ]


@pytest.mark.parametrize(
    ("data", "remembered"),
    [
        (frame(1, "Running"), {key(1): "Running"}),
        (frame(1, "Terminated"), {key(1): None}),
        (frame(1, "Running", resource_uri=uri(1).rstrip("/")), {key(1): "Running"}),
        (frame(1, "Running", resource_uri=f"/api/app/v1/acme/{key(1)}/"), {key(1): "Running"}),
        (frame(1, "x" * 101), {}),
        (frame(1, None), {}),
        (frame(1, ["Running"]), {}),
        ({"state": "Running"}, {}),
        (frame(1, "Success", resource_uri=uri(1, "action")), {}),  # actions are not listed
        (frame(1, "Running", resource_uri="/api/app/v1/container/%2e%2e/"), {}),
        (frame(1, "Running", resource_uri=7, parents="no list"), {}),
    ],
)
def test_a_frame_that_tells_an_objects_state_is_remembered(data, remembered):
    assert Known("q", {}).learn(data) == remembered


def test_the_first_listing_is_a_baseline():
    known = Known("q", {})
    assert not known.has_baseline

    kept = known.take_baseline([listed(1, "Running"), listed(2, "Terminated")], all_wanted, NOW)

    assert kept == {key(1): "Running", "baseline": "2030-01-07T12:00:00.000000Z", "question": "q"}
    assert known.has_baseline
    assert inferred(known, listed(1, "Running")) == []


def test_a_baseline_does_not_overrule_frames_that_came_meanwhile():
    known = Known("q", {})
    known.begin()
    known.learn(frame(1, "Stopped"))
    known.learn(frame(2, "Terminated"))

    kept = known.take_baseline([listed(1, "Running"), listed(2, "Running")], all_wanted, NOW)

    assert kept[key(1)] == "Stopped"
    assert key(2) not in kept


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Running", "Running", []),
        ("Running", "Stopped", [(uri(1), "update", "Stopped", {key(1): "Stopped"})]),
        ("Running", "Terminated", [(uri(1), "update", "Terminated", {key(1): None})]),
        ("Running", "", []),  # a listing that does not say
        (None, "Running", [(uri(1), "create", "Running", {key(1): "Running"})]),
        (None, "Terminated", []),
    ],
)
def test_a_difference_is_an_event(before, after, expected):
    known = Known("q", {**KEPT, key(1): before} if before else KEPT)

    assert inferred(known, listed(1, after)) == expected
    assert inferred(known, listed(1, after)) == []  # it is known now


def test_an_object_that_is_gone_was_terminated():
    known = Known("q", {**KEPT, key(1): "Running", key(2): "Running"}, "acme")

    (gone,) = inferred(known, listed(2, "Running"))

    assert gone == (f"/api/app/v1/acme/{key(1)}/", "update", "Terminated", {key(1): None})
    assert inferred(known, listed(2, "Running")) == []


def test_an_object_that_is_gone_keeps_the_uri_and_the_parents_that_it_had():
    known = Known("q", KEPT)
    service = uri(9, "service")
    known.learn(frame(1, "Running", resource_uri=f"/api/v1/{key(1)}/", parents=[service, "x", 7]))
    known.begin()

    (made,) = known.compare([], all_wanted, NOW)

    told = json.loads(made.raw)
    assert UUID(told.pop("uuid"))
    assert told == {
        "type": "container",
        "action": "update",
        "parents": [service],
        "resource_uri": f"/api/v1/{key(1)}/",
        "state": "Terminated",
        "datetime": "2030-01-07T12:00:00.000000Z",
        "inferred": True,
    }


def test_what_frames_told_since_the_connection_was_opened_is_newer_than_the_listing():
    known = Known("q", {**KEPT, key(1): "Running", key(2): "Running"})
    known.begin()
    known.learn(frame(1, "Stopped"))
    known.learn(frame(2, "Terminated"))
    known.learn(frame(3, "Starting"))

    assert inferred(known, listed(1, "Running"), listed(2, "Running")) == []

    known.begin()
    assert inferred(known, listed(1, "Stopped")) == [
        (uri(3), "update", "Terminated", {key(3): None})
    ]


def test_new_objects_that_are_not_wanted_are_left_out():
    known = Known("q", {**KEPT, key(1): "Running"})

    def wanted(kind, uri, parents):
        return kind == "container" and parents == ["/s/"]

    changes = inferred(
        known,
        listed(1, "Stopped"),  # it was wanted once
        listed(2, "Running", service="/s/"),
        listed(3, "Running"),
        listed(4, "Running", "service", service="/s/"),
        wanted=wanted,
    )

    assert [change[0] for change in changes] == [uri(1), uri(2)]


def test_the_answer_to_another_question_is_forgotten():
    known = Known("other", {**KEPT, key(1): "Running"})
    assert not known.has_baseline

    kept = known.take_baseline([listed(2, "Running")], all_wanted, NOW)

    assert kept == {
        key(1): None,
        key(2): "Running",
        "baseline": "2030-01-07T12:00:00.000000Z",
        "question": "other",
    }


def test_what_is_known_is_bounded(monkeypatch):
    # A hundred thousand objects would make a slow test.
    monkeypatch.setattr(reconcile, "MOST_OBJECTS", 2)
    known = Known("q", KEPT)

    assert [known.learn(frame(number, "Running")) for number in (1, 2, 3)][2] == {}
    assert known.learn(frame(1, "Stopped")) == {key(1): "Stopped"}


def test_an_object_of_tutum_that_is_gone_is_told_by_its_uri_there():
    known = Known("q", {**KEPT, key(1): "Running"}, is_tutum=True)

    (gone,) = known.compare([], all_wanted, NOW)

    assert json.loads(gone.raw)["resource_uri"] == f"/api/v1/{key(1)}/"
