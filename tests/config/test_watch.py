"""A changed rule file is noticed, once it is whole; whatever else happens beside it is not."""

import os
from errno import ENAMETOOLONG
from queue import Empty, Queue
from threading import Event, Thread

import pytest

from reactor.config.watch import QUIET, Watch, fingerprint, is_being_written
from tests.fakes import PATIENCE

SILENCE = 3 * QUIET
"""Seconds after which a change that was not told will not be."""


class Noticed:
    """A watch in its thread; what it told."""

    def __init__(self, path):
        self._told, self._stop = Queue(), Event()
        watch = Watch(path, fingerprint(path), lambda: self._told.put(fingerprint(path)))
        self._thread = Thread(target=watch.run, args=(self._stop,))
        self._thread.start()

    def change(self):
        """What was at the path when a change was told."""
        return self._told.get(timeout=PATIENCE)

    def is_silent(self):
        try:
            self._told.get(timeout=SILENCE)
        except Empty:
            return True
        return False

    def stop(self):
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@pytest.fixture
def watched():
    """Watches a path until the test ends."""
    watches = []

    def watch(path):
        watches.append(Noticed(path))
        return watches[-1]

    yield watch
    for each in watches:
        each.stop()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text("old")
    return path


def test_a_file_that_is_written_anew_is_told_once(file, watched):
    noticed = watched(file)

    file.write_text("new")

    assert noticed.change() == fingerprint(file)
    assert noticed.is_silent()


def test_an_editor_that_puts_another_file_in_its_place_is_noticed(file, watched):
    noticed = watched(file)
    fresh = file.with_name("rules.yaml.tmp")
    fresh.write_text("new")

    fresh.rename(file)

    assert noticed.change() == fingerprint(file)


def test_what_happens_to_other_files_and_a_touch_are_no_change(file, watched):
    noticed = watched(file)

    file.with_name("other.yaml").write_text("x")
    os.utime(file)
    file.write_text("old")

    assert noticed.is_silent()


def test_a_symbolic_link_that_is_moved_is_noticed(tmp_path, watched):
    """As Kubernetes does it: rules.yaml → ..data/rules.yaml, and ..data is moved."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rules.yaml").write_text(name)
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "rules.yaml").symlink_to("..data/rules.yaml")
    noticed = watched(tmp_path / "rules.yaml")

    (tmp_path / "..fresh").symlink_to("two")
    (tmp_path / "..fresh").rename(tmp_path / "..data")

    assert noticed.change() == fingerprint(tmp_path / "rules.yaml")
    assert (tmp_path / "rules.yaml").read_text() == "two"


def test_a_linked_file_that_is_changed_in_its_own_directory_is_noticed(tmp_path, file, watched):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "rules.yaml"
    link.symlink_to(file)
    noticed = watched(link)

    file.write_text("new")

    assert noticed.change() == fingerprint(link)


def test_of_a_directory_each_yaml_counts_and_nothing_else(tmp_path, watched):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text("a")
    noticed = watched(folder)

    (folder / "notes.txt").write_text("x")
    assert noticed.is_silent()

    (folder / "b.yaml").write_text("b")
    assert noticed.change() == fingerprint(folder)


def test_a_directory_that_is_replaced_is_noticed(tmp_path, watched):
    folder = tmp_path / "rules"
    for name in ("rules", "fresh"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(name)
    noticed = watched(folder)

    folder.rename(tmp_path / "gone")
    (tmp_path / "fresh").rename(folder)

    noticed.change()
    (folder / "a.yaml").write_text("and watched again")
    assert noticed.change() == fingerprint(folder)


def test_a_file_that_somebody_still_writes_is_not_told_before_it_is_closed(file, watched):
    noticed = watched(file)

    with file.open("w") as half:
        half.write("rules: [half")
        half.flush()
        assert noticed.is_silent()
        half.write(", whole]")

    assert noticed.change() == fingerprint(file)
    assert noticed.is_silent()


def test_a_file_that_goes_away_is_told_and_so_is_its_return(file, watched):
    noticed = watched(file)

    file.unlink()
    assert noticed.change() == ((str(file), "no file"),)

    file.write_text("old")
    assert noticed.change() == fingerprint(file)


def test_a_pipe_is_not_read_to_see_whether_it_changed(tmp_path):
    os.mkfifo(tmp_path / "rules.yaml")

    assert fingerprint(tmp_path / "rules.yaml") == ((f"{tmp_path}/rules.yaml", "no file"),)


def test_what_cannot_be_looked_at_is_no_fault(tmp_path):
    too_long = tmp_path / ("x" * 300)
    (tmp_path / "rules.yaml").symlink_to(too_long)

    assert fingerprint(tmp_path) == ((f"{tmp_path}/rules.yaml", f"unreadable: {ENAMETOOLONG}"),)


def test_whether_somebody_writes_is_known_of_our_own_files(file):
    with file.open("a"):
        assert is_being_written(file)

    assert not is_being_written(file)
    assert not is_being_written(file.with_name("missing"))
