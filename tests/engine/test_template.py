"""Templates: what they render to, where it lands, and what they may never do."""

import json

import pytest

from reactor.engine.template import (
    Template,
    TemplateInvalid,
    compile_template,
    references_in,
    render_body,
)
from reactor.model.errors import RenderFailed
from reactor.model.lookup import Reference
from reactor.model.protocols import Landing
from tests.templates import NAMES, rendered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{ state }}", "Stopped"),
        ("a {{ state }} b\n", "a Stopped b\n"),
        ("{{ code }}", "137"),
        ("{{ ratio }}", "5.0"),
        ("{{ ok }}", "true"),
        ("{{ nothing }}", "null"),
        ("{{ parents }}", '["p1","p2"]'),
        ("{{ ports[0] }}", '{"inner":80}'),
        ("{{ service.name }}", "web"),
        ("{{ service['com.x'] }}", "dotted"),
        ("{{ service.items }}", "a field"),
        ("{{ parents[1] }}", "p2"),
        ("{{ parents[-1] }}", "p2"),
        ("{{ parents.0 }}", "p1"),
        ("{{ absent }}", "(unknown)"),
        ("{{ absent.deeper }}", "(unknown)"),
        ("{{ service.port }}", "(unknown)"),
        ("{{ parents[9] }}", "(unknown)"),
        ("{{ parents.append }}", "(unknown)"),
        ("{{ state.upper }}", "(unknown)"),
        ("{{ code.real }}", "(unknown)"),
        ("{{ name }}", "web & <db>"),
        ("{{ code_of_event }}", "{{ state }} {% for %}"),
        ("{# a comment #}x", "x"),
        ("{% raw %}{{ state }}{% endraw %}", "{{ state }}"),
        ("{{ 'text' }} {{ 5 }} {{ -1 }} {{ none }} {{ true }}", "text 5 -1 null true"),
    ],
)
def test_values_are_written_as_json_writes_them(text, expected):
    assert rendered(text) == expected


@pytest.mark.parametrize("text", ["{{ line }}", "{{ path }}", "{{ 'ü' }}"])
def test_a_header_holds_printable_ascii_only(text):
    with pytest.raises(RenderFailed, match="printable ASCII"):
        rendered(text, Landing.HEADER)


def test_a_plain_header_is_checked_when_it_is_read():
    with pytest.raises(TemplateInvalid, match="printable ASCII"):
        compile_template("a\r\nX-Other: b", Landing.HEADER)


def test_what_came_with_an_event_is_never_rendered_again():
    once = rendered("{{ code_of_event }}")

    assert once == NAMES["code_of_event"]
    assert compile_template("{{ x }}", Landing.TEXT).render({"x": once}) == once


def test_a_surrogate_becomes_something_that_can_be_sent():
    assert compile_template("{{ x }}é", Landing.TEXT).render({"x": "a\ud800"}) == "a?é"


def test_a_body_is_json_with_its_texts_filled_in():
    body = {
        "text": compile_template('{{ name }} "quoted"', Landing.TEXT),
        "code": compile_template("{{ code }}", Landing.TEXT),
        "plain": [1, 2.5, True, None, {"a": compile_template("{{ state }}", Landing.TEXT)}],
    }

    assert json.loads(render_body(body, NAMES)) == {
        "text": 'web & <db> "quoted"',
        "code": "137",
        "plain": [1, 2.5, True, None, {"a": "Stopped"}],
    }


def test_a_body_that_is_a_text_stays_text():
    assert render_body(compile_template("{{ state }}!", Landing.TEXT), NAMES) == "Stopped!"


def test_a_body_has_its_limit_too():
    with pytest.raises(RenderFailed, match="256 KiB"):
        render_body({"a": "x" * 300_000}, NAMES)


def test_a_plain_text_is_not_compiled():
    assert compile_template("just text", Landing.SLACK) == Template("just text", Landing.SLACK)
    assert compile_template("just text", Landing.SLACK).program is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain service.name", set()),
        ("{{ state }} {{ labels.service }} {{ rule }}", set()),
        ("{{ service.name }}", {("service", "name")}),
        ("{{ service['name']|upper }}", {("service", "name")}),
        ("{{ container.ports[0].inner }}", {("container", "ports")}),
        ("{{ service }}", {("service", None)}),
        ("{{ state|default(stack.name) }}", {("stack", "name")}),
        ("{{ 'a' if node.region == 'x' else nodecluster.name }}",
         {("node", "region"), ("nodecluster", "name")}),
        ("{% if container.exit_code > 0 %}{{ service.name }}{% endif %}",
         {("container", "exit_code"), ("service", "name")}),
        ("{% for port in container.ports if port.inner %}{{ stack.name }}{% endfor %}",
         {("container", "ports"), ("stack", "name")}),
        ("{{ event.facts.service.name }}", {("service", "name")}),
        ("{{ event['facts']['service'] }}", {("service", None)}),
        ("{{ event }}{{ event.facts }}{{ event.data.service.name }}{{ facts.service }}", set()),
        ("{# {{ service.name }} #}{% raw %}{{ service.name }}{% endraw %}", set()),
    ],
)  # fmt: skip
def test_a_template_tells_of_which_objects_it_speaks(text, expected):
    template = compile_template(text, Landing.TEXT)

    assert {(each.kind, each.field) for each in template.references} == expected


def test_nested_data_speaks_of_what_its_templates_do():
    service = compile_template("{{ service.name }}", Landing.TEXT)
    node = compile_template("{{ node.name }}", Landing.TEXT)

    body = {"a": [1, {"b": service}], "c": (node, "{{ stack.name }}", None)}

    assert {*references_in(body)} == {Reference("service", "name"), Reference("node", "name")}
    assert list(references_in("text")) == []
