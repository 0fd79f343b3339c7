"""`service: web`: an object of the platform by its name, its UUID or its URI."""

import pytest

from reactor.engine.objects import names
from reactor.engine.selector import parse_path
from reactor.model.lookup import Reference
from tests.conditions import truth

UUID = "0b0e1f3c-1d2e-4f5a-8b9c-0d1e2f3a4b5c"
OTHER = "11111111-2222-4333-8444-555555555555"
URI = f"/api/app/v1/service/{UUID}/"
WITHIN = f"/api/app/v1/acme/service/{UUID}"  # with a namespace, without the slash
KNOWN = {"name": "web", "uuid": UUID, "uri": URI}

T, F, U = True, False, None


@pytest.mark.parametrize(
    ("text", "service", "expected"),
    [
        ("service: web", KNOWN, T),
        ("service: db", KNOWN, F),
        ("service: web", {"uuid": UUID, "uri": URI}, U),
        ("service: web", {"name": None, "uuid": UUID}, F),
        ("service: [db, web]", KNOWN, T),
        ("service: {not: web}", KNOWN, F),
        ("service: {not: db}", KNOWN, T),
        ("service: {not: db}", {"uuid": UUID}, U),
        (f"service: {UUID}", KNOWN, T),
        (f"service: {UUID.upper()}", KNOWN, T),
        (f"service: {UUID}", {"uuid": UUID}, T),
        (f"service: {UUID}", {"uri": URI}, T),
        (f"service: {OTHER}", {"uuid": UUID}, F),
        (f"service: {OTHER}", {"uri": URI}, F),
        (f"service: {OTHER}", {}, U),
        (f"service: {URI}", {"uri": WITHIN}, T),
        (f"service: {WITHIN}", KNOWN, T),
        (f"service: {WITHIN}", {"uuid": UUID}, T),
        (f"service: /api/app/v1/service/{OTHER}/", {"uuid": UUID}, F),
        (f"service: {URI}", {}, U),
        ("service: web", [{"name": "db"}, {"name": "web"}], T),
        ("service: web", "web", T),
        ("service: null", KNOWN, F),
        ("service: 5", KNOWN, F),
        ("service: {prefix: w}", KNOWN, F),
        ("service.name: {prefix: w}", KNOWN, T),
        ("service: {name: web}", KNOWN, T),
    ],
)
def test_a_text_names_the_object(text, service, expected):
    assert truth(text, {"service": service}, platform=True) is expected


def test_without_any_service_it_is_unknown():
    assert truth("service: web", {}, platform=True) is U


@pytest.mark.parametrize(
    ("text", "field"), [("web", "name"), (UUID, "uri"), (URI, "uri"), (WITHIN, "uri")]
)
def test_only_a_name_has_to_be_looked_up(text, field):
    assert list(names(text).references(parse_path("service"))) == [Reference("service", field)]


@pytest.mark.parametrize(("service", "expected"), [("web", T), (KNOWN, F), (["db", "web"], T)])
def test_on_other_sources_it_is_a_plain_field(service, expected):
    assert truth("service: web", {"service": service}) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"parents: {URI}", T),
        (f"parents: /api/app/v1/service/{UUID}", T),
        (f"parents: /api/app/v1/service/{OTHER}/", F),
        (f"parents: [a, {URI}]", T),
        (f"parents: {{not: {URI}}}", F),
        (f"parents: {{any: [{URI}]}}", T),
        (f"parents: {{all: [{URI}, /api/app/v1/stack/s1/]}}", T),
        (f"parents: {{none: [{URI}]}}", F),
        (f"parents: {{prefix: {URI}}}", F),  # text operators see the text as it came
        (f"parents: {{suffix: {UUID}}}", T),
    ],
)
def test_parents_are_compared_without_namespace_and_slash(text, expected):
    parents = [WITHIN, "/api/app/v1/acme/stack/s1/"]

    assert truth(text, {"parents": parents}, platform=True) is expected
