"""What a template may not consist of: escapes, costs, and everything that nobody listed."""

import pytest

from reactor.engine.template import TemplateInvalid, compile_template
from reactor.model.protocols import Landing


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("{{ ''.__class__ }}", 1, "not the name of a field"),
        ("{{ state.__class__ }}", 1, "not the name of a field"),
        ("{{ state['__class__'] }}", 1, "not the name of a field"),
        ("{{ ''.join }}", 1, "only a name has fields"),
        ("{{ (state|upper).x }}", 1, "only a name has fields"),
        ("{{ __builtins__ }}", 1, "not the name of a field"),
        ("{{ self }}", 1, "not the name of a field"),
        ("{{ self._TemplateReference__context }}", 1, "not the name of a field"),
        ("{% for p in parents %}{{ loop.index }}{% endfor %}", 1, "not the name of a field"),
        ("{{ state.upper() }}", 1, "calls"),
        ("{{ range(9) }}", 1, "calls"),
        ("{{ cycler.__init__.__globals__ }}", 1, "not the name of a field"),
        ("a\n{{ lipsum() }}", 2, "calls"),
        ("{{ 1 + 1 }}", 1, "arithmetic"),
        ("{{ 'a' * 300000000 }}", 1, "arithmetic"),
        ("{{ 9 ** 9 }}", 1, "arithmetic"),
        ("{{ code % 2 }}", 1, "arithmetic"),
        ("{{ -code }}", 1, "arithmetic"),
        ("{{ +1 }}", 1, "arithmetic"),
        ("{{ state ~ code }}", 1, "'~'"),
        ("{{ state is defined }}", 1, "'default'"),
        ("{{ [1, 2] }}", 1, "lists"),
        ("{{ {'a': 1} }}", 1, "lists"),
        ("{{ (1, 2) }}", 1, "lists"),
        ("{{ state[1:2] }}", 1, "constant name or number"),
        ("{{ service[state] }}", 1, "constant name or number"),
        ("{{ service[1.5] }}", 1, "constant name or number"),
        ("{{ service[true] }}", 1, "constant name or number"),
        ("{{ 'a' if ok }}", 1, "needs an 'else'"),
        ("{{ 1e999 }}", 1, "too large"),
        ("{% set x = 1 %}", 1, "only 'if' and 'for'"),
        ("{% set x %}a{% endset %}", 1, "only 'if' and 'for'"),
        ("{% macro m() %}{% endmacro %}", 1, "only 'if' and 'for'"),
        ("{% include 'x' %}", 1, "only 'if' and 'for'"),
        ("{% import 'x' as y %}", 1, "only 'if' and 'for'"),
        ("{% from 'x' import y %}", 1, "only 'if' and 'for'"),
        ("{% extends 'x' %}", 1, "only 'if' and 'for'"),
        ("{% block b %}{% endblock %}", 1, "only 'if' and 'for'"),
        ("{% with x = 1 %}{% endwith %}", 1, "only 'if' and 'for'"),
        ("{% filter upper %}a{% endfilter %}", 1, "only 'if' and 'for'"),
        ("{% autoescape true %}{% endautoescape %}", 1, "only 'if' and 'for'"),
        ("{% call x() %}{% endcall %}", 1, "only 'if' and 'for'"),
        ("{% do x %}", 1, "unknown tag 'do'"),
        ("{% for p in parents %}{% for q in parents %}{% endfor %}{% endfor %}", 1, "one 'for'"),
        ("{% for p in parents %}{% endfor %}\n{% for p in ports %}{% endfor %}", 2, "one 'for'"),
        ("{% for p in parents recursive %}{% endfor %}", 1, "not recursive"),
        ("{% for a, b in parents %}{% endfor %}", 1, "single name"),
        ("{% for p in 'abc' %}{% endfor %}", 1, "list of the event"),
        ("{% for p in parents|upper %}{% endfor %}", 1, "list of the event"),
        ("{{ state|first }}", 1, "there is no filter 'first'"),
        ("{{ state|attr('x') }}", 1, "there is no filter 'attr'"),
        ("{{ state|format(1) }}", 1, "there is no filter 'format'"),
        ("{{ state|map('upper') }}", 1, "there is no filter 'map'"),
        ("{{ state|upper(1) }}", 1, "does not take these arguments"),
        ("{{ state|replace(1, 2) }}", 1, "does not take these arguments"),
        ("{{ state|join(1) }}", 1, "does not take these arguments"),
        ("{{ state|join(attribute='x') }}", 1, "does not take these arguments"),
        ("{{ state|truncate('x') }}", 1, "does not take these arguments"),
        ("{{ state|truncate(-1) }}", 1, "does not take these arguments"),
        ("{{ state|round(-400000000) }}", 1, "does not take these arguments"),
        ("{{ state|round(1.5) }}", 1, "does not take these arguments"),
        ("{{ state|default(1, 2, 3) }}", 1, "does not take these arguments"),
        ("{{ state|truncate(code) }}", 1, "takes constants only"),
        ("{{ state|upper(*parents) }}", 1, "not allowed"),
        ("{{ state }", 1, "unexpected"),
        ("a\nb\n{{ state", 3, "unexpected end"),
        ("{% if state %}", 1, "Unexpected end"),
    ],
)
def test_what_is_not_in_the_language_is_refused_with_its_line(text, line, why):
    with pytest.raises(TemplateInvalid) as refusal:
        compile_template(text, Landing.TEXT)

    assert str(refusal.value).startswith(f"line {line}: ")
    assert why in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "not " * 100_000 + "ok }}",
        "{{ " + "(" * 10_000 + "ok" + ")" * 10_000 + " }}",
        "{{ ok" + "|upper" * 10_000 + " }}",
        "{% if ok %}" * 500 + "{% endif %}" * 500,
        "{{ " + "9" * 5000 + " }}",
    ],
)
def test_what_would_exhaust_the_compiler_is_refused(text):
    with pytest.raises(TemplateInvalid, match="nested too deeply"):
        compile_template(text, Landing.TEXT)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{% if ok %}", "{% endif %}"),
        ("{{ (not ", ") }}"),
        ("{% for p in list %}{% if p %}", "{% endif %}{% endfor %}"),
    ],
)
def test_what_is_nested_and_allowed_can_be_rendered(before, after):
    """Python compiles at the first render only, so what passes must be within its limits."""
    for depth in range(1, 100):
        inside = "not " * depth + "ok" if "{{" in before else "{% if ok %}" * depth
        text = before + inside + ("" if "{{" in before else "{% endif %}" * depth) + after
        try:
            template = compile_template(text, Landing.TEXT)
        except TemplateInvalid:
            break
        template.render({"ok": True, "list": [1]})
    assert 10 < depth < 50
