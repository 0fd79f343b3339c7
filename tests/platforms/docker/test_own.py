"""In which container reactor runs."""

import pytest

from reactor.platforms.docker.own import is_own, own_ids, read_own_ids

ID = "4e1bf2f2bee0" + 52 * "a"
OTHER = 64 * "b"
DOCKER = (
    f"1107 1091 254:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw - ext4 /dev/vda1"
)
PODMAN = (
    f"99 91 0:25 /containers/overlay-containers/{ID}/userdata/hosts /etc/hosts rw - tmpfs tmpfs"
)
HOST = f"612 28 0:58 / /var/lib/docker/containers/{OTHER}/mounts/shm rw - tmpfs shm rw"


@pytest.mark.parametrize(
    ("mounts", "cgroups", "hostname", "expected"),
    [
        (DOCKER, "0::/", "web", {ID}),  # as everywhere today
        (PODMAN, "0::/", "web", {ID}),
        ("", f"12:pids:/docker/{ID}\n11:cpu:/docker/{ID}\n", "web", {ID}),  # cgroups v1
        ("", f"0::/system.slice/docker-{ID}.scope\n", "web", {ID}),
        ("", "", ID[:12], {ID[:12]}),  # the name that a container has unless it is given one
        (HOST, "0::/init.scope\n", "dock", set()),  # no container, but a host of others
        ("", "", "", set()),
    ],
)
def test_a_container_is_known_by_what_its_engine_puts_into_it(mounts, cgroups, hostname, expected):
    assert own_ids(mounts, cgroups, hostname) == expected


def test_what_the_kernel_does_not_tell_is_not_known(tmp_path):
    (tmp_path / "cgroup").write_text(f"0::/docker/{ID}\n")

    assert read_own_ids(tmp_path, "host") == {ID}


def test_a_short_id_stands_for_the_whole_one():
    assert is_own(ID, {ID[:12]})
    assert not is_own(OTHER, {ID[:12], ID})
    assert not is_own(OTHER, ())
