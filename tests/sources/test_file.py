import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from reactor.model.errors import SourceLost
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.sources.file import FILE, FileSource
from reactor.sources.lines import LONGEST_LINE
from tests.fakes import RecordingFeed, Running


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


@pytest.fixture
def feed():
    return RecordingFeed()


def read(path, feed):
    FileSource(path=str(path)).run(feed, Event())
    return feed.frames


def append(path, text):
    with path.open("a") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("", [], id="an empty file"),
        pytest.param('{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}'], id="line by line"),
        pytest.param('{"a":1}\n{"a":2}', [b'{"a":1}', b'{"a":2}'], id="the last line counts"),
        pytest.param('\n  \n{"a":1}\n\n', [b'{"a":1}'], id="blank lines do not"),
        pytest.param('{"a":1}\r\n', [b'{"a":1}'], id="line ends of Windows"),
        pytest.param("not json\n", [b"not json"], id="what is no JSON is handed on to be rejected"),
    ],
)
def test_every_line_is_a_frame(path, feed, text, lines):
    path.write_bytes(text.encode())

    assert read(path, feed) == lines


def test_a_line_read_again_is_the_same_event(path):
    path.write_text('{"a":1}\n{"a":1}\n')
    first, second = RecordingFeed(), RecordingFeed()

    read(path, first)
    read(path, second)

    identities = [put.identity for put in first.puts]
    assert identities == [put.identity for put in second.puts]
    assert len(set(identities)) == 2


def test_a_line_over_a_mebibyte_is_cut(path, feed):
    path.write_bytes(b"x" * (3 * LONGEST_LINE) + b"\n{}\n")

    assert [len(line) for line in read(path, feed)] == [LONGEST_LINE, 2]


def test_a_file_that_is_not_there_is_lost_and_said_in_words(path, feed):
    with pytest.raises(SourceLost, match=f"{path}: no such file"):
        read(path, feed)


def test_a_folder_is_lost_and_said_in_words(tmp_path, feed):
    with pytest.raises(SourceLost, match="is a directory"):
        read(tmp_path, feed)
    assert not feed.subscribed.is_set()


def test_following_goes_on_at_the_end(path, feed):
    path.write_text('{"a":1}\n')

    with Running(FileSource(path=str(path), follow=True), feed):
        feed.wait(1)
        append(path, '{"a":2}\n')

        assert feed.wait(2)[1].raw == b'{"a":2}'


def test_a_partial_line_waits_for_its_line_feed(path, feed):
    path.write_text('{"a":1}\n{"a"')

    with Running(FileSource(path=str(path), follow=True), feed):
        feed.wait(1)
        append(path, ":2}\n")

        assert [put.raw for put in feed.wait(2)] == [b'{"a":1}', b'{"a":2}']


def test_following_goes_through_a_rotation(path, feed):
    path.write_text('{"a":1}\n')

    with Running(FileSource(path=str(path), follow=True), feed):
        feed.wait(1)
        path.rename(path.with_suffix(".1"))
        append(path.with_suffix(".1"), '{"a":2}')
        path.write_text('{"a":1}\n')
        found = feed.wait(3)

    assert [put.raw for put in found] == [b'{"a":1}', b'{"a":2}', b'{"a":1}']
    assert len({put.identity for put in found}) == 3


def test_a_followed_file_read_again_holds_the_same_events_after_a_rotation_too(path, feed):
    path.write_text('{"a":1}\n')
    source = FileSource(path=str(path), follow=True)
    with Running(source, feed):
        feed.wait(1)
        path.rename(path.with_suffix(".1"))
        path.write_text('{"a":2}\n')
        rotated = feed.wait(2)[1]

    with Running(source, again := RecordingFeed()):
        assert again.wait(1)[0].identity == rotated.identity


def test_following_starts_over_when_the_file_is_cut(path, feed):
    path.write_text('{"long": "line"}\n')

    with Running(FileSource(path=str(path), follow=True), feed):
        feed.wait(1)
        path.write_text("{}\n")

        assert feed.wait(2)[1].raw == b"{}"


def test_a_fifo_is_waited_for_and_ends_with_its_writer(path, feed):
    os.mkfifo(path)

    with Running(FileSource(path=str(path)), feed) as running:
        assert feed.subscribed.wait(5)
        path.write_text("{}\n")

        assert running.wait() is None
    assert feed.frames == [b"{}"]


def test_two_streams_with_the_same_bytes_are_different_events(path):
    os.mkfifo(path)
    identities = set()

    for feed in (RecordingFeed(), RecordingFeed()):
        with Running(FileSource(path=str(path)), feed) as running:
            path.write_text("{}\n")
            running.wait()
        identities.add(feed.puts[0].identity)

    assert len(identities) == 2


def test_a_dash_is_standard_input():
    program = (
        "from threading import Event; from tests.fakes import RecordingFeed;"
        "from reactor.sources.file import FileSource;"
        "feed = RecordingFeed(); FileSource(path='-').run(feed, Event()); print(feed.frames)"
    )

    output = subprocess.run(
        [sys.executable, "-c", program],
        input=b'{"a":1}\n{"a":2}',
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    ).stdout

    assert output.decode().strip() == "[b'{\"a\":1}', b'{\"a\":2}']"


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"path": "x"}, FileSource(path="x")),
        ({"path": "x", "follow": True}, FileSource(path="x", follow=True)),
        ({"path": "-", "follow": True}, FileSource(path="-")),
    ],
)
def test_it_is_opened_as_the_rule_file_says(options, source):
    spec = SourceSpec(name="s", type="file", options=options, place=Place("f", 1, 1))

    assert FILE.open(spec) == source


def test_a_file_of_many_blocks_comes_in_whole(path, feed):
    frames = [{"type": "container", "n": number} for number in range(5_000)]
    path.write_text("".join(json.dumps(frame) + "\n" for frame in frames))

    assert [json.loads(line) for line in read(path, feed)] == frames
