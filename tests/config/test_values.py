from datetime import timedelta

import pytest

from reactor.config.node import Items, Problems, Scalar, Table
from reactor.config.values import (
    as_after,
    as_choice,
    as_choices,
    as_count,
    as_duration,
    as_filter,
    as_flag,
    as_method,
    as_name,
    as_number,
    as_rate,
    as_text,
    as_texts,
    authority_end,
    check_keys,
    url_fault,
)
from reactor.model.gates import After, Rate
from tests.conditions import node_of

FIVE_MINUTES = timedelta(minutes=5)


def told(problems: Problems) -> list[str]:
    return [str(problem).split(": ", 1)[1] for problem in problems.found]


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("1 per 5m", Rate(1, FIVE_MINUTES)),
        ("{count: 1, per: 5m}", Rate(1, FIVE_MINUTES)),
        ("20 per 1h30m", Rate(20, timedelta(minutes=90))),
        ("0 per 5m", None),
        ("1 each 5m", None),
        ("1 per 0s", None),
        ("-1 per 5m", None),
        ("1.5 per 5m", None),
        ("5", None),
        ("null", None),
        ("[1 per 5m]", None),
        ("{count: 1}", None),
        ("{count: true, per: 5m}", None),
        ("{count: 1, per: 5}", None),
    ],
)
def test_a_rate_is_a_count_per_duration(text, rate):
    problems = Problems()

    assert as_rate("throttle", node_of(text), problems) == rate
    assert bool(problems.found) is (rate is None)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("3 within 5m", After(3, FIVE_MINUTES)),
        ("{within: 5m, count: 3}", After(3, FIVE_MINUTES)),
        ("3 per 5m", None),
        ("0 within 5m", None),
        ("3 within 0s", None),
        ("{count: 3, per: 5m}", None),
        ("{count: 0, within: 5m}", None),
    ],
)
def test_an_after_is_a_count_within_a_duration(text, after):
    problems = Problems()

    assert as_after("after", node_of(text), problems) == after
    assert bool(problems.found) is (after is None)


@pytest.mark.parametrize(
    ("text", "words", "messages"),
    [
        ("a", ("a",), []),
        ("[b, a, b]", ("b", "a"), []),
        ("[]", (), ["'key' is an empty list, expected some of a, b"]),
        ("[a, c]", ("a",), ["'key' is \"c\", expected one of a, b"]),
        ("{a: b}", (), ["'key' is a mapping, expected a text"]),
    ],
)
def test_choices_are_one_word_or_several(text, words, messages):
    problems = Problems()

    assert as_choices("key", node_of(text), ("a", "b"), problems) == words
    assert told(problems) == messages


@pytest.mark.parametrize(
    ("read", "text", "value", "message"),
    [
        (as_count, "1", 1, None),
        (as_count, "0", None, "'key' is 0, expected a whole number from 1"),
        (as_count, "true", None, "'key' is true, expected a whole number from 1"),
        (as_text, "x", "x", None),
        (as_text, "5", None, "'key' is 5, expected a text"),
        (as_text, "[]", None, "'key' is a list, expected a text"),
        (as_name, "'a '", None, "'key' is \"a \", expected a name: a line of 1 to 200"),
        (as_name, "ä b", "ä b", None),
        (as_duration, "5m", FIVE_MINUTES, None),
        (as_duration, "5", None, "'key' is 5, expected a duration"),
        (as_method, "post", "POST", None),
        (as_number, "0", 0, None),
        (as_number, "12", 12, None),
        (as_number, "-1", None, "'key' is -1, expected a whole number from 0"),
        (as_number, "1.5", None, "'key' is 1.5, expected a whole number from 0"),
        (as_number, "'3'", None, "'key' is \"3\", expected a whole number from 0"),
        (as_number, "true", None, "'key' is true, expected a whole number from 0"),
        (as_number, "1000000000", None, "'key' is 1000000000, expected a whole number from 0"),
        (as_method, "'P T'", None, "'key' is \"P T\", expected an HTTP method"),
    ],
)
def test_a_value_is_read_or_refused(read, text, value, message):
    problems = Problems()

    assert read("key", node_of(text), problems) == value
    assert [line.startswith(str(message)) for line in told(problems)] == [True] * bool(message)


def test_a_flag_is_true_or_false_and_nothing_else():
    problems = Problems()

    assert as_flag("enabled", None, problems, default=True)
    assert not as_flag("enabled", node_of("false"), problems, default=True)
    assert as_flag("enabled", node_of("'false'"), problems, default=True)
    assert told(problems) == ["'enabled' is \"false\", expected true or false"]


def test_a_choice_that_is_none_gets_a_hint():
    problems = Problems()

    assert as_choice("log", node_of("warn"), ("info", "warning"), problems) is None
    assert told(problems) == [
        "'log' is \"warn\", expected one of info, warning (did you mean 'warning'?)"
    ]


def test_one_text_or_several_are_texts():
    problems = Problems()

    assert [text for text, _ in as_texts("source", node_of("a"), problems)] == ["a"]
    assert [text for text, _ in as_texts("source", node_of("[a, b]"), problems)] == ["a", "b"]
    assert as_texts("source", Items(place=node_of("a").place, items=()), problems) == ()
    assert len(problems.found) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{type: container}", {"type": ("container",)}),
        ("{type: [container, service]}", {"type": ("container", "service")}),
        ("{type: 'container, service,action'}", {"type": ("container", "service", "action")}),
        (
            "{object: /api/a/, parent: [/api/b/, '/api/c/,/api/d/']}",
            {"object": ("/api/a/",), "parent": ("/api/b/", "/api/c/", "/api/d/")},
        ),
        ("{}", {}),
    ],
)
def test_a_filter_is_read_however_its_values_are_listed(text, value):
    problems = Problems()

    assert as_filter("filter", node_of(text), problems) == value
    assert problems.found == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("container", "'filter' is \"container\", expected a mapping of type, object, parent"),
        ("{parents: /api/b/}", "unknown key 'parents' (did you mean 'parent'?)"),
        ("{type: 5}", "'type' is 5, expected a text"),
        ("{type: {a: b}}", "'type' is a mapping, expected a text"),
        ("{type: []}", "'type' is an empty list, expected a text or several"),
        (
            "{type: 'a,,b'}",
            "'type' is \"a,,b\", expected a text, or several with commas between them",
        ),
        ("{type: ''}", "'type' is \"\", expected a text, or several with commas between them"),
        (
            "{parent: [/api/b/, web]}",
            "'parent' is \"web\", expected the URI of an object such as /api/app/v1/service/UUID/",
        ),
    ],
)
def test_a_filter_of_another_form_is_refused(text, message):
    problems = Problems()

    as_filter("filter", node_of(text), problems)

    assert told(problems) == [message]


def test_a_message_shows_the_reference_and_never_the_secret():
    problems = Problems()
    place = node_of("x").place
    secret = Scalar(place=place, value="s3cret", written="${cred:x}", secrets=("${cred:x}",))

    assert as_text("name", secret, problems) is None
    assert as_rate("throttle", secret, problems) is None
    assert "s3cret" not in "".join(told(problems))


def test_unknown_keys_and_keys_of_a_later_version_are_told_apart():
    problems, table = Problems(), node_of("{throtle: 1, after: 2, name: x}")
    assert isinstance(table, Table)

    check_keys(table, ("name", "throttle"), problems, later=("after",))

    assert told(problems) == [
        "unknown key 'throtle' (did you mean 'throttle'?)",
        "'after' is not yet supported",
    ]


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("http://h", True),
        ("HTTPS://example.com:8443/x?y#z", True),
        ("http://[::1]:80/", True),
        ("http://127.0.0.1:9/slack", True),
        ("http://bücher.example/", False),
        ("https://h/{{ x }}", True),
        ("", False),
        ("h/x", False),
        ("ftp://h/x", False),
        ("http://", False),
        ("http:///x", False),
        ("http://?x", False),
        ("http://:80/", False),
        ("http://h:0/", False),
        ("http://h:65536/", False),
        ("http://h:x/", False),
        ("http://u@h/", False),
        ("http://u:p@h/", False),
        ("http://a b/", False),
        ("http://{{ host }}/", False),
        ("http://h:{{ port }}/", False),
        ("http://h{% if a %}/", False),
        ("http://h%2f/", False),
        ("http://h\\@evil/", False),
    ],
)
def test_scheme_host_and_port_of_a_url_are_checked(url, is_right):
    assert (url_fault(url) is None) is is_right


def test_the_authority_ends_before_path_query_or_fragment():
    ends = [authority_end(f"http://h:1{rest}") for rest in ("", "/x", "?x", "#x")]

    assert ends == [10, 10, 10, 10]
    assert authority_end("mailto:x") == 0
