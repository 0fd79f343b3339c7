"""The reserve: really there, given up, made again only when there is room."""

import os
import subprocess

import pytest

from reactor.journal.reserve import SIZE, Reserve
from tests.live.conftest import unavailable

MIB = 1024 * 1024


@pytest.fixture
def disk(tmp_path):
    """A file system of 8 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "reactor-test", str(disk)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        unavailable(f"no file system can be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def room(disk):
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def fill(disk, leave):
    (disk / "ballast").write_bytes(bytes(room(disk) - leave))


def test_it_has_16_mib_of_blocks_and_is_nobody_elses(tmp_path):
    reserve = Reserve(tmp_path)
    assert not reserve.is_there

    assert reserve.make()

    found = (tmp_path / "reserve").stat()
    assert (found.st_size, found.st_mode & 0o777) == (SIZE, 0o600)
    assert found.st_blocks * 512 >= SIZE
    assert reserve.is_there


def test_one_of_an_earlier_process_is_taken_over_as_it_is(tmp_path):
    Reserve(tmp_path, MIB).make()
    before = (tmp_path / "reserve").read_bytes()

    assert Reserve(tmp_path, MIB).make()

    assert (tmp_path / "reserve").read_bytes() == before


def test_one_that_only_says_it_has_room_is_written(tmp_path):
    with (tmp_path / "reserve").open("wb") as sparse:
        sparse.truncate(MIB)

    assert Reserve(tmp_path, MIB).make()

    assert (tmp_path / "reserve").stat().st_blocks * 512 >= MIB


def test_given_up_its_room_is_free(disk):
    reserve = Reserve(disk, 2 * MIB)
    reserve.make()
    fill(disk, leave=0)

    assert reserve.give_up()

    assert room(disk) == 2 * MIB
    assert not reserve.is_there
    assert not reserve.give_up()


@pytest.mark.parametrize(("left", "is_made"), [(0, False), (3 * MIB, False), (4 * MIB, True)])
def test_it_is_made_only_if_as_much_again_is_left(disk, left, is_made):
    fill(disk, leave=left)

    assert Reserve(disk, 2 * MIB).make() is is_made

    assert (disk / "reserve").exists() is is_made
    assert room(disk) == left - (2 * MIB if is_made else 0)


def test_a_directory_that_takes_nothing_has_none(tmp_path):
    assert not Reserve(tmp_path / "missing").make()
