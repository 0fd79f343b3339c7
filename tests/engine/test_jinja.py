"""How values are looked up, compared, looped over and escaped."""

import re
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.template import compile_template
from reactor.model.errors import RenderFailed
from reactor.model.protocols import Landing
from tests.cost import within
from tests.templates import rendered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% if ok %}yes{% else %}no{% endif %}", "yes"),
        ("{% if absent %}yes{% else %}no{% endif %}", "no"),
        ("{% if code == 0 %}a{% elif code > 128 %}b{% else %}c{% endif %}", "b"),
        ("{{ 'up' if state == 'Running' else 'down' }}", "down"),
        ("{{ code == 137.0 }}", "true"),
        ("{{ ok == 1 }}", "false"),
        ("{{ code != '137' }}", "true"),
        ("{{ 100 < code <= 137 }}", "true"),
        ("{{ code >= 138 }}", "false"),
        ("{{ state < 'Z' }}", "true"),
        ("{{ state > 5 }}", "false"),
        ("{{ nothing > 5 }}", "false"),
        ("{{ absent > 5 }}", "false"),
        ("{{ absent == 5 }}", "false"),
        ("{{ 'p1' in parents }}", "true"),
        ("{{ 'top' in state }}", "true"),
        ("{{ 'name' in service }}", "true"),
        ("{{ 'x' not in code }}", "true"),
        ("{{ code > -1 }}", "true"),
        ("{{ ok and not nothing }}", "true"),
        ("{{ empty or state }}", "Stopped"),
        ("{% for p in parents %}{{ p }};{% endfor %}", "p1;p2;"),
        ("{% for p in ports %}{{ p.inner }},{% endfor %}", "80,443,(unknown),"),
        ("{% for p in ports if p.inner > 80 %}{{ p.inner }}{% endfor %}", "443"),
        ("{% for p in absent %}x{% else %}none{% endfor %}", "none"),
        ("{% for p in state %}x{% endfor %}", ""),
        ("{% for p in service %}x{% endfor %}", ""),
    ],
)
def test_if_and_for_and_comparisons(text, expected):
    assert rendered(text) == expected


VALUES = ["x", 1, 1.5, True, None, ["x"], {"x": 1}, [[1]], 10**400, float("nan")]


@pytest.mark.parametrize(("one", "other"), list(product(VALUES, VALUES)))
def test_any_two_values_can_be_compared(one, other):
    template = compile_template("{{ a < b }}{{ a >= b }}{{ a in b }}{{ a == b }}", Landing.TEXT)

    assert re.fullmatch("(true|false){4}", template.render({"a": one, "b": other}))


@pytest.mark.parametrize(
    ("landing", "text", "expected"),
    [
        (Landing.TEXT, "<{{ name }}>", "<web & <db>>"),
        (Landing.SLACK, "<{{ name }}>", "<web &amp; &lt;db&gt;>"),
        (Landing.SLACK, "{{ absent }}", "(unknown)"),
        (Landing.SLACK, "{{ name|tojson }}", '"web &amp; &lt;db&gt;"'),
        (Landing.URL, "/x/{{ path }}?q={{ code }}", "/x/a%20b%2F%C3%BC%3Fx%3D1?q=137"),
        (Landing.URL, "/x/{{ path|urlencode }}", "/x/a%20b%2F%C3%BC%3Fx%3D1"),
        (Landing.URL, "/x/{{ path|urlencode|lower }}", "/x/a%2520b%252f%25c3%25bc%253fx%253d1"),
        (Landing.URL, "/x/{{ absent|default(state) }}", "/x/Stopped"),
        (Landing.HEADER, "{{ state }}\t{{ name }}", "Stopped\tweb & <db>"),
        (Landing.TEXT, "{{ line }}", "two\nlines"),
        (Landing.CALL, "POST {{ path }}{{ code }}", "POST a b/ü?x=1137"),
        (Landing.CALL, "{{ line }}{{ absent|default(state) }}", "two\nlinesStopped"),
    ],
)
def test_a_value_is_escaped_for_where_it_lands(landing, text, expected):
    assert rendered(text, landing) == expected


@pytest.mark.parametrize("landing", [Landing.URL, Landing.HEADER, Landing.CALL])
@pytest.mark.parametrize("text", ["{{ service.port }}", "{{ service.port|upper }}"])
def test_a_url_a_header_or_a_call_cannot_do_without_a_field(landing, text):
    with pytest.raises(RenderFailed, match=r"'service\.port' is missing"):
        rendered(text, landing)


def test_names_given_win_and_nothing_else_is_known():
    names = ("range", "dict", "lipsum", "cycler", "joiner", "namespace", "config", "request")

    for name in names:
        assert rendered(f"{{{{ {name} }}}}") == "(unknown)"


def test_a_loop_ends_after_a_thousand_elements():
    template = compile_template("{% for n in many %}x{% endfor %}", Landing.TEXT)

    assert template.render({"many": list(range(5000))}) == "x" * 1000


@pytest.mark.parametrize(
    "text",
    [
        "{{ big }}",
        "{{ big|tojson }}",
        "{{ list|join }}",
        "{{ list }}",
        "{{ small" + "|replace('a', 'aaaaaaaaaa')" * 9 + " }}",
        "{{ small|replace('', 'a') }}" + "{{ big }}",
        "{% for n in list %}{{ big }}{% endfor %}",
        "{{ big|replace('', 'aaaaaaaaaaaaaaaaa') }}",
    ],
)
def test_a_text_that_gets_too_long_fails_before_it_costs(text):
    names = {"big": "a" * 300_000, "small": "a", "list": ["a" * 1000] * 5000}

    template = compile_template(text, Landing.TEXT)

    with within(0.05), pytest.raises(RenderFailed, match="256 KiB"):
        template.render(names)


@pytest.mark.parametrize("landing", list(Landing))
def test_every_landing_has_the_same_limit(landing):
    with pytest.raises(RenderFailed, match="256 KiB"):
        compile_template("{{ big }}", landing).render({"big": "a" * 300_000})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("ab"), inner),
    ),
    st.sampled_from(list(Landing)),
)
def test_rendering_gives_a_text_or_fails_and_nothing_else(value, landing):
    text = (
        "{{ x }}{{ x.a.b }}{{ x[0] }}{% for e in x %}{{ e.a|upper }}{% endfor %}"
        "{{ x|lower }}{{ x|trim }}{{ x|truncate(9) }}{{ x|replace('a', 'b') }}{{ x|join(',') }}"
        "{{ x|length }}{{ x|round(2) }}{{ x|tojson }}{{ x|urlencode }}{{ x > x.a }}{{ x in x.b }}"
    )
    with suppress(RenderFailed):
        compile_template(text, landing).render({"x": value})
