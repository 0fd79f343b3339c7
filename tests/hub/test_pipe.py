"""Words between threads."""

from threading import Thread

from reactor.hub.pipe import Pipe
from tests.fakes import PATIENCE
from tests.hub.reading import read_later


def test_what_is_there_is_read_at_once_and_in_order():
    pipe = Pipe()
    pipe.put("a", "b")
    pipe.put("c")

    assert pipe.read() == ["a", "b", "c"]


def test_who_reads_waits_for_something():
    pipe = Pipe()
    read = read_later(pipe)

    pipe.put("a")

    assert read() == ["a"]


def test_what_came_before_the_end_is_read_and_nothing_after_it():
    pipe = Pipe()
    pipe.put("a")
    pipe.end()
    pipe.put("b")

    assert [pipe.read(), pipe.read()] == [["a"], []]


def test_the_end_lets_the_reader_go():
    pipe = Pipe()
    read = read_later(pipe)

    pipe.end()

    assert read() == []


def test_what_is_closed_is_not_read():
    pipe = Pipe()
    pipe.put("a")

    pipe.close()

    assert pipe.read() == []


def test_a_close_lets_the_reader_go():
    pipe = Pipe()
    read = read_later(pipe)

    pipe.close()

    assert read() == []


def test_who_puts_too_much_waits_until_it_is_read():
    pipe = Pipe(2)
    pipe.put(1, 2)
    putting = Thread(target=pipe.put, args=(3,))
    putting.start()

    assert pipe.read() == [1, 2]
    assert pipe.read() == [3]
    putting.join(PATIENCE)


def test_a_close_lets_go_who_puts_too_much():
    pipe = Pipe(1)
    pipe.put(1)
    putting = Thread(target=pipe.put, args=(2,))
    putting.start()

    pipe.close()

    putting.join(PATIENCE)
    assert not putting.is_alive()
    assert pipe.read() == []
