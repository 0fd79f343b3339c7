"""The data directory and its disk."""

from pathlib import Path

import pytest

from reactor.cli.doctor.disk import LEAST, LITTLE, file_system, judge_kind, judge_room, look_at_disk
from reactor.cli.doctor.finding import Status
from tests.cli.doctor.powers import powerless

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:20 / /proc rw - proc proc rw
30 22 0:30 / /srv rw master:5 - nfs4 files:/srv rw
31 30 8:2 / /srv/my\040disk rw - xfs /dev/sdb1 rw
32 22 0:31 / /run rw - tmpfs tmpfs rw
33 32 8:3 / /run rw - btrfs /dev/sdc1 rw
odd line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/reactor", "ext4"),
        ("/srv/reactor", "nfs4"),
        ("/srv/my disk/reactor", "xfs"),
        ("/srvs", "ext4"),
        ("/run/reactor", "btrfs"),  # mounted over the other
    ],
)
def test_the_nearest_mount_above_a_path_says_its_kind(path, kind):
    assert file_system(Path(path), MOUNTS) == kind


def test_where_no_mount_is_told_the_kind_is_not_known():
    assert file_system(Path("/var"), "") is None


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("ext4", None),
        (None, None),
        ("nfs4", "on a file system of the network (nfs4)"),
        ("fuse.sshfs", "on a file system of the network (fuse.sshfs)"),
        ("tmpfs", "is gone when this machine restarts"),
        ("overlay", "goes with it"),
    ],
)
def test_a_file_system_that_no_journal_should_be_on_is_told(kind, says):
    found = [each.detail for each in judge_kind(Path("/data"), kind)]

    assert [detail for detail in found if says and says in detail] == found
    assert bool(found) is (says is not None)


@pytest.mark.parametrize(
    ("free", "status", "told"),
    [
        (LITTLE, Status.OK, "1.0 GiB free"),
        (LITTLE - 1, Status.WARNING, "1024 MiB free"),
        (LEAST, Status.WARNING, "64 MiB free"),
        (LEAST - 1, Status.FAILED, "64 MiB free"),
        (0, Status.FAILED, "0 MiB free"),
    ],
)
def test_a_disk_is_soon_full_below_a_gibibyte_and_full_below_64_mebibytes(free, status, told):
    found = judge_room(free)

    assert (found.status, found.detail) == (status, told)


def test_a_directory_that_is_not_there_will_be_made(tmp_path):
    use, room, *_ = look_at_disk(tmp_path / "a" / "b")

    assert use.detail == f"{tmp_path}/a/b: `reactor run` will make it"
    assert room.name == "disk"


def test_a_directory_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "data").write_text("")

    use, *_ = look_at_disk(tmp_path / "data" / "deeper")

    assert use.status is Status.FAILED
    assert use.detail == f"{tmp_path}/data is no directory"


def test_a_directory_that_we_may_not_write_to_is_refused(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0)
    with powerless():
        use, *_ = look_at_disk(data)

    assert use.status is Status.FAILED
    assert "cannot be written by this user" in use.detail
