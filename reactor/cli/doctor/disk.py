"""The data directory: whether it can be used, what room its disk has, and of what kind that is."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from reactor.cli.doctor.finding import Finding, broken, doubtful, well

LITTLE = 1024 * 1024 * 1024
"""Bytes free below which a disk is soon full."""

LEAST = 64 * 1024 * 1024
"""Bytes free below which it is full: the log beside the journal takes as much, and the reserve 16
MiB of it."""

_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPE = re.compile(r"\\([0-7]{3})")

_REMOTE = frozenset(
    [
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre"),
        *("virtiofs", "vboxsf", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"),
    ]
)
_PASSING = {
    "tmpfs": "what is in it is gone when this machine restarts",
    "ramfs": "what is in it is gone when this machine restarts",
    "overlay": "it is the container's own, and goes with it",
}


def look_at_disk(data_dir: Path) -> Iterator[Finding]:
    """How the data directory and its disk stand; of one that is not there yet, where it will be."""
    place = _existing(data_dir.absolute())
    try:
        use, disk = _use(data_dir, place), os.statvfs(place)
        mounts = _MOUNTS.read_text(errors="replace")
    except OSError as error:
        yield broken("data directory", f"{place}: {error.strerror}", _ANOTHER)
        return
    yield use
    yield judge_room(disk.f_bavail * disk.f_frsize)
    yield from judge_kind(data_dir, file_system(place.resolve(), mounts))


def _existing(path: Path) -> Path:
    """The path, or the nearest above it that is there."""
    return next((each for each in (path, *path.parents) if os.path.lexists(each)), Path("/"))


def _use(data_dir: Path, place: Path) -> Finding:
    name = "data directory"
    if not place.is_dir():
        return broken(name, f"{place} is no directory", _ANOTHER)
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        return broken(name, f"{place} cannot be written by this user", _ANOTHER)
    is_there = place == data_dir.absolute()
    return well(name, f"{data_dir}" if is_there else f"{data_dir}: `reactor run` will make it")


_ANOTHER = "run as the user of the service, or name another with --data-dir"


def judge_room(free: int) -> Finding:
    """So many bytes are free."""
    told = f"{free / 1024**3:.1f} GiB free" if free >= LITTLE else f"{free / 1024**2:.0f} MiB free"
    remedy = "make room, or shorten `keep` in the rule file"
    if free < LEAST:
        return broken("disk", told, f"{remedy}: on a full disk nothing is accepted or sent")
    return doubtful("disk", told, remedy) if free < LITTLE else well("disk", told)


def judge_kind(data_dir: Path, kind: str | None) -> Iterator[Finding]:
    """A file system that the journal should not be on; nothing of any other."""
    if kind in _REMOTE:
        yield doubtful(
            "disk",
            f"{data_dir} is on a file system of the network ({kind})",
            "have it on a disk of this machine: SQLite's log does not work over the network",
        )
    elif kind in _PASSING:
        yield doubtful(
            "disk",
            f"{data_dir} is on {kind}: {_PASSING[kind]}",
            "name a directory that stays, or mount a volume there: the journal is in it",
        )


def file_system(path: Path, mounts: str) -> str | None:
    """The type of the file system that `path` is on, as `mounts` tells (proc(5), mountinfo); None
    where it does not."""
    best, kind = -1, None
    for line in mounts.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = Path(_ESCAPE.sub(lambda found: chr(int(found[1], 8)), fields[4]))
        # Of two at one point the later one hides the earlier.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split(" ")[0]
    return kind
