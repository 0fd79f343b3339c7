"""Dotted facts become nested objects."""

import pytest

from reactor.engine.facts import nested


@pytest.mark.parametrize(
    ("facts", "laid"),
    [
        ({}, {}),
        ({"service.name": "web"}, {"service": {"name": "web"}}),
        (
            {"service": {"name": "web"}, "service.uuid": "u"},
            {"service": {"name": "web", "uuid": "u"}},
        ),
        (
            {"service.uuid": "u", "service": {"name": "web"}},
            {"service": {"uuid": "u", "name": "web"}},
        ),
        ({'labels."com.example.a"': "x"}, {"labels": {"com.example.a": "x"}}),
    ],
)
def test_dots_lead_into_objects(facts: dict[str, object], laid: dict[str, object]) -> None:
    assert laid == nested(facts)


@pytest.mark.parametrize(
    "facts",
    [
        {"a": 1, "a.b": 2},
        {"a.b": 1, "a": 2},
        {"a..b": 1},
        {'"a': 1},
    ],
)
def test_a_contradiction_or_a_broken_name_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="'"):
        nested(facts)
