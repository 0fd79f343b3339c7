"""What the YAML parser says, in words for the person who wrote the file."""

_NEEDS_QUOTES = 'put quotes around a text that holds ": " or begins with a special letter'

# Words of libyaml's scanner.c and parser.c, what they mean, and what to do. {line} is where the
# unfinished thing began, {letter} what stands at the place.
_WORDS: tuple[tuple[str, str, str | None], ...] = (
    ("mapping values are not allowed", "a ':' where no key can stand", _NEEDS_QUOTES),
    ("cannot start any token", "the letter '{letter}' cannot begin a text", _NEEDS_QUOTES),
    ("expected ',' or ']'", "the list opened in line {line} is not closed", "expected ',' or ']'"),
    ("expected ',' or '}'", "the '{{' of line {line} is not closed", "expected ',' or '}'"),
    ("unexpected end of stream", "the quote opened in line {line} is not closed", None),
    ("unexpected document indicator", "the quote opened in line {line} is not closed", None),
    (
        "expected '-' indicator",
        "expected '- ', the next item of the list of line {line}",
        "the keys of one item begin in the same column",
    ),
    (
        "expected key",
        "expected the next key of the mapping of line {line}",
        "the keys of one mapping begin in the same column",
    ),
    ("could not find expected ':'", "expected ':' after the key of line {line}", None),
    ("expected node content", "expected a value, or what closes the one before", None),
    ("alphabetic or numeric", "expected a name after '&' or '*'", _NEEDS_QUOTES),
    (
        "sequence entries are not allowed",
        "a '- ' where no list can begin",
        "begin the list in the next line",
    ),
    (
        "<document start>",
        "expected the end of the file, as this belongs to nothing above",
        "check the indentation",
    ),
    ("tab character", "a tab, expected spaces", "YAML is indented by spaces only"),
    ("unknown escape", "an unknown escape in a double-quoted text", "use single quotes"),
    ("undefined tag handle", "tags are not supported", "leave it out"),
    ("incompatible YAML document", "expected YAML 1.2 or no '%YAML' line", None),
)


def in_plain_words(problem: str, line: int, before: str) -> tuple[str, str | None]:
    """The message and the hint for libyaml's `problem`. `line` is where the unfinished thing
    began, from 1; `before` the line of the problem up to and with the letter at its place."""
    if before.endswith("\t"):
        return "a tab, expected spaces", "YAML is indented by spaces only"
    if before.endswith("${"):
        return "a variable without quotes inside braces or brackets", 'write "${VARIABLE}"'
    for phrase, message, hint in _WORDS:
        if phrase in problem:
            return message.format(line=line, letter=before[-1:]), hint
    return f"this is not YAML: {problem}", None
