import pytest

from reactor.config.syntax import in_plain_words


@pytest.mark.parametrize(
    ("problem", "before", "message"),
    [
        ("mapping values are not allowed in this context", "a: b:", "a ':' where no key can stand"),
        ("found character that cannot start any token", "\t", "a tab, expected spaces"),
        (
            "found character that cannot start any token",
            "a: @",
            "the letter '@' cannot begin a text",
        ),
        ("did not find expected ',' or '}'", "{a: b", "the '{' of line 7 is not closed"),
        (
            "did not find expected ',' or '}'",
            "{a: ${",
            "a variable without quotes inside braces or brackets",
        ),
        ("something new", "", "this is not YAML: something new"),
    ],
)
def test_the_parser_speaks_plain_words(problem, before, message):
    assert in_plain_words(problem, 7, before)[0] == message
