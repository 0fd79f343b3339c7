"""`hub.json`, in real directories."""

import json
import os
import re
import shutil
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.hub.fleet import Unavailable
from reactor.hub.kept import NAME, Kept
from reactor.hub.written import Operation, Trigger, Writing
from reactor.model.errors import ReactorError

WEB = "web's UUID"
A_TRIGGER = Trigger(uuid="s3cret", service=WEB, name="deploy", operation=Operation.REDEPLOY)
A_WRITING = Writing(triggers=(A_TRIGGER,), wanted={WEB: 3})

TRIGGER = b'{"uuid": "a", "service": "s", "name": "n", "operation": "REDEPLOY"}'
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TRIGGERS = st.builds(
    Trigger, uuid=TEXTS, service=TEXTS, name=TEXTS, operation=st.sampled_from(Operation)
)
WRITINGS = st.builds(
    Writing,
    triggers=st.lists(TRIGGERS, max_size=5).map(tuple),
    wanted=st.dictionaries(TEXTS, st.integers(0, 100), max_size=5),
)


@pytest.fixture
def warned():
    return []


@pytest.fixture
def keeping(tmp_path, warned):
    """Makes what a hub would have, of the same directory each time."""
    made = []

    def one():
        made.append(Kept(tmp_path / "data", "reactor hub", warned.append))
        return made[-1]

    yield one
    for each in made:
        each.close()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data" / NAME


def write(keeping, writing=A_WRITING):
    with closing(keeping()) as kept:
        kept.open().change(lambda _: writing)


def test_nothing_is_touched_before_it_is_opened(keeping, tmp_path):
    keeping().close()

    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_there_at_the_next_start(keeping, warned):
    write(keeping)

    assert keeping().open().present == A_WRITING
    assert warned == []


def test_it_is_the_same_for_everybody_who_opens_it(keeping):
    kept = keeping()

    assert kept.open() is kept.open()


@given(WRITINGS)
def test_whatever_was_written_is_read_again(tmp_path_factory, writing):
    folder = tmp_path_factory.mktemp("data")
    with closing(Kept(folder, "one", print)) as kept:
        kept.open().change(lambda _: writing)

    with closing(Kept(folder, "another", print)) as kept:
        assert kept.open().present == writing


def test_a_change_is_in_the_file_when_it_is_told_and_for_the_owner_alone(keeping, file):
    written = keeping().open()
    before = os.umask(0)
    try:
        written.change(lambda _: A_WRITING)
    finally:
        os.umask(before)

    said = json.loads(file.read_bytes())
    assert (said["version"], said["wanted"]) == (1, {WEB: 3})
    assert said["triggers"][0]["uuid"] == "s3cret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_what_a_killed_process_left_half_written_is_not_read(keeping, file):
    write(keeping)
    file.with_name(f"{NAME}.new").write_text('{"version": 1, "trig')

    assert keeping().open().present == A_WRITING
    assert sorted(path.name for path in file.parent.iterdir()) == ["hub.json", "hub.lock"]


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\0" * 100,
        b'{"version": 1, "triggers": [',
        b"[" * 100_000,
        b"{}",
        b'{"version": 0, "triggers": [], "wanted": {}}',
        b'{"version": 1, "wanted": {}}',
        b'{"version": 1, "triggers": [], "wanted": {}, "more": 1}',
        b'{"version": 1, "triggers": [], "wanted": {"x": -1}}',
        b'{"version": 1, "triggers": [], "wanted": {"x": 101}}',
        b'{"version": 1, "triggers": [{"uuid": "a"}], "wanted": {}}',
        b'{"version": 1, "triggers": ['
        + TRIGGER.replace(b"REDEPLOY", b"RUN")
        + b'], "wanted": {}}',
        b'{"version": 1, "triggers": [], "wanted": {"\xff": 1}}',
    ],
)
def test_a_damaged_file_is_told_and_set_aside(keeping, file, warned, damaged):
    write(keeping)
    file.write_bytes(damaged)

    assert keeping().open().present == Writing()

    (line,) = warned
    assert line.startswith(f"{file} is damaged (")
    assert "was set aside as hub.json.damaged-1: the hub begins without triggers" in line
    assert file.with_name("hub.json.damaged-1").read_bytes() == damaged


def test_no_damaged_file_takes_the_place_of_another(keeping, file):
    write(keeping)
    for text in ("one", "two"):
        file.write_text(text)
        with closing(keeping()) as kept:
            kept.open()

    aside = [file.with_name(f"hub.json.damaged-{number}").read_text() for number in (1, 2)]
    assert aside == ["one", "two"]


def test_what_a_newer_program_wrote_is_left_alone(keeping, file, warned):
    write(keeping)
    newer = '{"version": 2, "triggers": {}, "secrets": []}'
    file.write_text(newer)

    with pytest.raises(ReactorError, match=r"is of version 2, .* up to 1; install the newer"):
        keeping().open()

    assert (file.read_text(), warned) == (newer, [])


def test_a_second_hub_is_refused_and_told_who_is_there(keeping, tmp_path):
    first = keeping()
    first.open()

    with pytest.raises(ReactorError) as refusal:
        keeping().open()

    assert re.fullmatch(
        rf"what a hub keeps in {tmp_path}/data is in use by 'reactor hub' \(pid {os.getpid()}, "
        r"since .*\); give each hub a --data-dir of its own",
        str(refusal.value),
    )
    first.close()
    keeping().open()


def test_who_was_refused_does_not_hold_it(keeping, file):
    write(keeping)
    file.unlink()
    file.mkdir()
    with pytest.raises(ReactorError, match=r"hub\.json cannot be kept: Is a directory; see that"):
        keeping().open()
    file.rmdir()

    assert keeping().open().present == Writing()


@pytest.mark.parametrize("folder", ["/proc/self/data", "/dev/null/data"])
def test_a_directory_that_cannot_be_written_is_told_when_it_is_opened(folder, tmp_path):
    with pytest.raises(ReactorError, match=r"cannot be used: .*; name a directory .* --data-dir"):
        Kept(tmp_path / folder, "reactor hub", print).open()


def test_what_cannot_be_kept_is_refused_and_can_be_tried_again(keeping, file):
    written = keeping().open()
    shutil.rmtree(file.parent)

    with pytest.raises(Unavailable, match="It cannot be kept, so nothing was changed: No such"):
        written.change(lambda _: A_WRITING)

    assert written.present == Writing()
    file.parent.mkdir()
    written.change(lambda _: A_WRITING)
    assert "s3cret" in file.read_text()


def test_after_its_end_it_takes_nothing_from_the_next_one(keeping):
    kept = keeping()
    late = kept.open()
    kept.close()
    write(keeping)

    with pytest.raises(Unavailable, match="The hub is stopping"):
        late.change(lambda now: now.wanting(WEB, 1))

    assert keeping().open().present == A_WRITING
