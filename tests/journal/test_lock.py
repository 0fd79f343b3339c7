"""One process holds the data directory, and says so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reactor.journal.lock import Lock, holder
from reactor.model.errors import JournalBusy, JournalUnavailable


def test_a_held_lock_names_its_holder(tmp_path):
    Lock.acquire(tmp_path, "reactor run")

    with pytest.raises(JournalBusy) as refusal:
        Lock.acquire(tmp_path, "reactor deliveries cancel")

    assert re.fullmatch(
        rf"the journal in {tmp_path} is in use by 'reactor run' "
        rf"\(pid {os.getpid()}, since 20\d\d-\d\d-\d\dT[\d:.]+Z\)",
        str(refusal.value),
    )


def test_a_released_lock_can_be_taken_again(tmp_path):
    Lock.acquire(tmp_path, "reactor run").release()

    Lock.acquire(tmp_path, "reactor run").release()


def test_other_things_in_the_directory_have_locks_of_their_own(tmp_path):
    Lock.acquire(tmp_path, "reactor run")
    Lock.acquire(tmp_path, "reactor hub", name="hub.lock", of="the hub's memory")

    with pytest.raises(JournalBusy, match=f"the hub's memory in {tmp_path} is in use by 'reactor"):
        Lock.acquire(tmp_path, "reactor hub", name="hub.lock", of="the hub's memory")


def test_a_lock_is_gone_with_its_process(tmp_path):
    script = (
        "import os, pathlib, sys; from reactor.journal.lock import Lock;"
        "Lock.acquire(pathlib.Path(sys.argv[1]), 'reactor run'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path], check=False)

    Lock.acquire(tmp_path, "reactor run").release()


@pytest.mark.parametrize("card", [b"", b"{", b"[]", b'{"pid": 1}'])
def test_a_holder_that_is_just_writing_its_name_is_another_process(tmp_path, card):
    Lock.acquire(tmp_path, "reactor run")
    (tmp_path / "reactor.lock").write_bytes(card)

    with pytest.raises(JournalBusy, match="in use by another process"):
        Lock.acquire(tmp_path, "reactor run")


def test_a_missing_directory_is_made_for_its_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        Lock.acquire(tmp_path / "a" / "b", "reactor run").release()
    finally:
        os.umask(before)

    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b" / "reactor.lock").stat().st_mode & 0o777 == 0o600


def test_a_directory_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "data").write_text("")

    with pytest.raises(JournalUnavailable, match="cannot be used: File exists; name a directory"):
        Lock.acquire(tmp_path / "data", "reactor run")


def test_a_directory_that_cannot_be_written_is_refused():
    with pytest.raises(JournalUnavailable, match="--data-dir"):
        Lock.acquire(Path("/proc/self"), "reactor run")


def test_who_holds_a_lock_can_be_asked(tmp_path):
    assert holder(tmp_path) is None

    lock = Lock.acquire(tmp_path, "reactor run")
    assert holder(tmp_path).startswith(f"'reactor run' (pid {os.getpid()}, since ")

    lock.release()
    assert holder(tmp_path) is None


def test_whoever_died_with_a_lock_does_not_hold_it(tmp_path):
    lock = Lock.acquire(tmp_path, "reactor run")
    card = (tmp_path / "reactor.lock").read_bytes()
    lock.release()
    (tmp_path / "reactor.lock").write_bytes(card)

    assert holder(tmp_path) is None
    Lock.acquire(tmp_path, "reactor run").release()
