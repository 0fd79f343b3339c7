from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.config.interpolate import CREDENTIALS, Interpolator, Reference, split_text
from reactor.config.node import Entry, Items, Problems, Scalar, Table, plain
from reactor.model.problem import Place

ENVIRONMENT = {"A": "alpha", "EMPTY": "", "NESTED": "${A}"}
PLACE = Place("rules.yaml", 1, 1)


def fill(text: str, *, place: Place = PLACE, lenient: bool = False, **more: str) -> Scalar:
    """The scalar after interpolation; what is wrong stands in its value after "!"."""
    problems = Problems()
    interpolator = Interpolator({**ENVIRONMENT, **more}, problems)
    node = interpolator.interpolate(Scalar(place=place, value=text), lenient=lenient)
    assert isinstance(node, Scalar)
    if problems.found:
        return Scalar(place=place, value=f"! {problems.found[0].message}")
    return node


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${A}", "alpha"),
        ("x${A}y${A}", "xalphayalpha"),
        ("${EMPTY}", ""),
        ("${UNSET:-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${A:-d}", "alpha"),
        ("${UNSET:-}", ""),
        ("${UNSET:-http://h:1/x?a=b}", "http://h:1/x?a=b"),
        ("${A:?needed}", "alpha"),
        ("$$", "$"),
        ("$${A}", "${A}"),
        ("$$${A}", "$alpha"),
        ("$A costs $5", "$A costs $5"),
        ("${NESTED}", "${A}"),  # what a variable gives is not searched again
        ("{{ state }} ${A}", "{{ state }} alpha"),
        ("${UNSET}", "! the variable UNSET is not set"),
        ("${UNSET:?ask Ann}", "! the variable UNSET is not set: ask Ann"),
        ("${EMPTY:?}", "! the variable EMPTY is not set"),
        ("${", "! '${' is not closed by '}', or holds braces itself"),
        ("${A:-${B}}", "! '${' is not closed by '}', or holds braces itself"),
        (
            "${cred:../x}",
            "! the credential '../x' cannot be read: CREDENTIALS_DIRECTORY is not set",
        ),
    ],
)
def test_references_are_replaced_as_compose_does(text, value):
    assert fill(text).value == value


@pytest.mark.parametrize("text", ["${a b}", "${}", "${A-d}", "${A:+x}", "${1}", "${file:}"])
def test_what_is_no_reference_is_told_with_the_forms_that_are(text):
    told = fill(text).value

    assert isinstance(told, str)
    assert told.startswith(f"! '{text}' is no reference, expected ${{VAR}}")


def test_a_file_is_read_beside_the_rule_file_without_its_last_line_end(tmp_path):
    (tmp_path / "key").write_text("s3cret\n\n")

    filled = fill("Bearer ${file:key}", place=Place(str(tmp_path / "rules.yaml"), 1, 1))

    assert filled.value == "Bearer s3cret\n"
    assert filled.secrets == ("${file:key}",)
    assert filled.written == "Bearer ${file:key}"


def test_a_credential_comes_from_the_directory_that_systemd_names(tmp_path):
    (tmp_path / "slack").write_text("s3cret")

    filled = fill("${cred:slack}", **{CREDENTIALS: str(tmp_path)})

    assert (filled.value, filled.secrets) == ("s3cret", ("${cred:slack}",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff", "cannot be read: it is not UTF-8, or its name holds a NUL"),
        (b"x" * 65_537, "is larger than 64 KiB"),
    ],
)
def test_a_secret_that_cannot_be_read_names_its_file(tmp_path, content, message):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)

    assert fill(f"${{file:{file}}}").value == f"! the file {file} {message}"


def test_a_credential_stays_in_its_directory(tmp_path):
    told = fill("${cred:../etc/passwd}", **{CREDENTIALS: str(tmp_path)})

    assert told.value == "! '../etc/passwd' is no name of a credential"


def test_offline_what_is_not_set_stays_as_written():
    filled = fill("http://${HOST}/${A}", lenient=True)

    assert filled.value == "http://${HOST}/alpha"
    assert filled.unresolved


def test_only_values_are_filled_in_wherever_they_stand():
    entry = Entry(key_place=PLACE, value=Scalar(place=PLACE, value="${A}"))
    table = Table(
        place=PLACE, entries={"${A}": entry, "n": Entry(key_place=PLACE, value=entry.value)}
    )

    node = Interpolator(ENVIRONMENT, Problems()).interpolate(Items(place=PLACE, items=(table,)))

    assert plain(node) == [{"${A}": "alpha", "n": "alpha"}]


def test_a_default_shows_in_no_label():
    (reference,) = split_text("${TOKEN:-s3cret}")

    assert isinstance(reference, Reference)
    assert reference.label == "${TOKEN:-***}"


@given(st.text(st.sampled_from("ab${}:-?file cred")))
def test_no_text_crashes_and_doubled_dollars_are_plain(text):
    assert isinstance(fill(text).value, str)
    assert fill(text.replace("$", "$$")).value == text


def test_a_folder_is_no_secret():
    assert (
        fill(f"${{file:{Path.cwd()}}}").value
        == f"! the file {Path.cwd()} cannot be read: Is a directory"
    )
