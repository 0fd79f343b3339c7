"""Which container reactor itself runs in, if it runs in one."""

import re
from collections.abc import Iterable
from pathlib import Path

_ID = "[0-9a-f]{64}"
_NAMES = r"(?:hostname|hosts|resolv\.conf)"
# A host that runs an engine has mounts below its containers' folders too, but none of these files.
_MOUNT = re.compile(rf"/({_ID})/(?:userdata/)?{_NAMES} /etc/{_NAMES} ")
_CGROUP = re.compile(rf"[/-]({_ID})(?:\.scope)?$", re.MULTILINE)
_SHORT = re.compile("[0-9a-f]{12}")


def own_ids(mounts: str, cgroups: str, hostname: str) -> frozenset[str]:
    """What the ids of our own containers begin with, by `/proc/self/mountinfo` (an engine mounts a
    few files of each container's folder into it), `/proc/self/cgroup`, and the host's name, which
    is the short id unless it was given another. Empty on a host, unless that is called like one."""
    short = {hostname} if _SHORT.fullmatch(hostname) else set()
    return frozenset(_MOUNT.findall(mounts)) | frozenset(_CGROUP.findall(cgroups)) | short


def read_own_ids(proc: Path, hostname: str) -> frozenset[str]:
    """The same of this process; `proc` is where the kernel tells of it, `/proc/self`."""
    return own_ids(_text(proc / "mountinfo"), _text(proc / "cgroup"), hostname)


def is_own(container_id: str, own: Iterable[str]) -> bool:
    """Whether a container is ours."""
    return any(container_id.startswith(each) for each in own)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # not Linux, or hidden from us
        return ""
