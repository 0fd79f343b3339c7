import pytest

from reactor.config.texts import SECRET_NAMES
from reactor.engine.template import Template
from reactor.model.secret import SecretRef
from tests.config.loading import OPS, load_text, mistakes

SERVICE = "/api/app/v1/service/0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d/"
RULE = "rules:\n  - name: crash\n    match: {state: Stopped}\n    actions:\n      - "


def parts(tmp_path, action, key, environment=None):
    """What a delivery would store of the action's `key`, and the secrets by reference."""
    ruleset = load_text(tmp_path, f"{OPS}{RULE}{action}\n", environment).ruleset
    spec = ruleset.rules[0].actions[0]
    found = spec.value if key == "webhook" else spec.parameters[key]
    names = {"state": "Stopped"}
    texts = found if isinstance(found, dict) else {"": found}
    stored = {
        name: ruleset.vault.split(text.render(names))
        for name, text in texts.items()
        if isinstance(text, Template)
    }
    return (stored if isinstance(found, dict) else stored[""]), dict(ruleset.vault.values)


def test_the_text_of_a_variable_is_part_of_the_template(tmp_path):
    stored, secrets = parts(
        tmp_path, 'log: info\n        text: "${A}: {{ state }}"', "text", {"A": "a"}
    )

    assert stored == ("a: Stopped",)
    assert secrets == {}


def test_a_secret_file_is_stored_as_its_reference(tmp_path):
    (tmp_path / "key").write_text("s3cret\n")

    stored, secrets = parts(tmp_path, 'log: info\n        text: "${file:key}!"', "text")

    assert stored == (SecretRef("${file:key}"), "!")
    assert secrets == {"${file:key}": "s3cret"}


def test_headers_store_references_only(tmp_path):
    action = """webhook: https://h
        headers: {A: plain, B: "b ${T}", C: "{{ state }} ${T:-d}"}"""

    stored, secrets = parts(tmp_path, action, "headers", {"T": "s3cret"})

    assert stored == {
        "A": (SecretRef("crash/webhook headers.A"),),
        "B": ("b ", SecretRef("${T}")),
        "C": ("Stopped ", SecretRef("${T:-***}")),
    }
    assert secrets == {
        "crash/webhook headers.A": "plain",
        "${T}": "s3cret",
        "${T:-***}": "s3cret",
    }


@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_what_stands_under_a_secrets_name_in_a_body_is_secret(tmp_path, name):
    action = f"webhook: https://h\n        body: {{{name}: abc, other: def}}"

    stored, secrets = parts(tmp_path, action, "body")

    assert stored == {name: (SecretRef(f"crash/webhook {name}"),), "other": ("def",)}
    assert secrets == {f"crash/webhook {name}": "abc"}


@pytest.mark.parametrize(
    ("url", "environment", "stored"),
    [
        ("https://h/a?s={{ state }}", {}, ("https://h/a?s=Stopped",)),
        ("https://h/${P}/x", {"P": "s3"}, ("https://h/", SecretRef("${P}"), "/x")),
        ("https://${H}/x", {"H": "h"}, ("https://h/x",)),
        ("${U}", {"U": "https://h/s3?t"}, ("https://h", SecretRef("path of ${U}"))),
        ("${U}/x", {"U": "https://h"}, ("https://h/x",)),
        ("${U:-https://h/x}", {}, ("https://h", SecretRef("path of ${U:-***}"))),
    ],
)
def test_what_variables_give_to_path_and_query_is_secret(tmp_path, url, environment, stored):
    found, _ = parts(tmp_path, f'webhook: "{url}"', "webhook", environment)

    assert found == stored


def test_two_secrets_of_one_label_are_kept_apart(tmp_path):
    action = 'webhook: https://h\n        headers: {A: "${T:-one}", B: "${T:-two}"}'

    _, secrets = parts(tmp_path, action, "headers")

    assert secrets == {"${T:-***}": "one", "${T:-***}'": "two"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "{{ event }}"),
        ("${A}", "{% if x %}"),
        ("${A}", "{# x"),
        ("{${A}", "{ state }}"),
        ("${A}{ state }}", "{"),
        ("${A}${B}", "{"),
    ],
)
def test_the_text_of_a_variable_cannot_become_code(tmp_path, text, value):
    rules = f"{RULE}{{log: info, text: '{text}'}}\n"

    told = mistakes(tmp_path, rules, {"A": value, "B": "{ state }}"})

    assert "holds '{{', '{%' or '{#', which begin code" in told


@pytest.mark.parametrize("text", ["{{ ${A} }}", "{% if ${A} %}x{% endif %}", "{{ x }} {# ${A} #}"])
def test_a_variable_cannot_stand_inside_code(tmp_path, text):
    told = mistakes(tmp_path, f"{RULE}{{log: info, text: '{text}'}}\n", {"A": "a"})

    assert (
        told
        == "rules.yaml:5:27: rule 'crash': ${A} stands inside template code, expected it outside"
    )


@pytest.mark.parametrize(
    "call",
    [
        "POST {{ resource_uri }}redeploy/",
        "{{ method }} {{ resource_uri }}",
        "{% if x %}POST{% else %}DELETE{% endif %} /api/",
        "PATCH /api/{{ x }}",
        f"POST {SERVICE}redeploy/?reuse_volumes=false",
        "DELETE ${SERVICE}",
        "DELETE {{ service.uri }}",
        "POST {{ resource_uri }}{{ verb }}/",
    ],
)
def test_a_call_is_a_template_from_its_first_word(tmp_path, call):
    found = load_text(tmp_path, f'{RULE}rest: "{call}"\n', {"SERVICE": SERVICE})

    assert isinstance(found.ruleset.rules[0].actions[0].value, Template)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("GET {{ resource_uri }}", "'rest': expected POST, PATCH or DELETE and a path, found 'GET"),
        ("POST /service/web/", "'rest': expected the URI of an object such as /api/app/v1/service"),
        (f"POST {SERVICE}", "'rest': expected start/ or stop/ or restart/ or redeploy/ or scale/"),
        ("POST {{ resource_uri }}redeploy", "'rest': expected one of cancel/, deploy/, "),
        ("POST {{ service.uri }}explode/", "'rest': expected one of cancel/, deploy/, "),
        ("DELETE {{ resource_uri }}stop/", "'rest': expected nothing behind the URI for DELETE"),
        ("POST ${file:key}", "'rest' holds a secret, ${file:key}, and would show it"),
        ("POST {{ a.b( }}", "wrong template:"),
        ("POST {{ ${SERVICE} }}", "${SERVICE} stands inside template code"),
    ],
)
def test_what_can_be_told_of_a_wrong_call_is_told_at_once(tmp_path, call, message):
    (tmp_path / "key").write_text("s3cret")

    told = mistakes(tmp_path, f'{RULE}rest: "{call}"\n', {"SERVICE": SERVICE})

    assert told.startswith(f"rules.yaml:5:15: rule 'crash': {message}")


def test_a_text_with_single_braces_is_plain(tmp_path):
    stored, _ = parts(tmp_path, "log: info\n        text: '{ ${A} } %'", "text", {"A": "{a"})

    assert stored == ("{ {a } %",)
