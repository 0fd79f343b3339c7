"""Who holds a connection: it must ask for something in time, or make room for others."""

import asyncio

import pytest

from reactor.serving.connections import GREETING, PATIENCE
from tests.serving.lines import World, in_a_loop

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"
WHOLE = HEAD + b"{}"
SLOW = WHOLE.replace(b"/", b"/slow", 1)


@pytest.mark.parametrize("says", [b"", b"POST / HT", HEAD, HEAD + b"{"])
def test_a_client_that_does_not_get_on_is_cut_off(says):
    async def story():
        line = (world := World()).connect(says)
        world.wait(0)

        world.wait(PATIENCE - 0.1)
        assert not line.is_closing()
        world.wait(0.1)
        assert line.is_closing()

    asyncio.run(story())


@in_a_loop
async def test_a_byte_now_and_then_is_no_progress():
    line = (world := World()).connect()

    for byte in b"POST ":
        line.says(bytes([byte]))
        world.wait(PATIENCE / 5)

    assert line.is_closing()


@in_a_loop
async def test_headers_and_body_have_their_time_each():
    line = (world := World()).connect()
    world.wait(PATIENCE - 0.1)
    line.says(HEAD)
    world.wait(0.2)
    world.wait(PATIENCE - 0.1)

    line.says(b"{}")
    await world.answers()

    assert line.written.startswith(b"HTTP/1.1 200")


@in_a_loop
async def test_whoever_waits_for_us_is_let_be():
    line = (world := World()).connect(SLOW)
    world.wait(0)

    world.wait(100 * PATIENCE)
    assert not line.is_closing()

    world.go.set()
    await world.answers()


@in_a_loop
async def test_a_client_that_is_ahead_of_us_is_let_be():
    line = (world := World()).connect(SLOW + HEAD)
    world.wait(0)

    world.wait(100 * PATIENCE)
    assert not line.is_closing()

    world.go.set()
    line.says(b"{}")
    await world.answers()
    assert line.statuses == [200, 200]


@in_a_loop
async def test_that_also_holds_after_the_first_answer():
    line = (world := World()).connect(WHOLE + SLOW)
    await world.held.wait()
    world.wait(0)

    world.wait(100 * PATIENCE)
    assert not line.is_closing()

    world.go.set()
    await world.answers()
    assert line.statuses == [200, 200]


@in_a_loop
async def test_after_an_answer_the_next_request_has_its_time_again():
    line = (world := World()).connect(WHOLE)
    await world.answers()
    world.wait(PATIENCE - 0.1)
    line.says(WHOLE)
    await world.answers()

    world.wait(0.2)
    assert not line.is_closing()
    world.wait(PATIENCE)
    assert line.is_closing()


@in_a_loop
async def test_one_too_many_takes_the_place_of_who_is_idle_longest():
    world = World(most=3)
    first, second, third = world.connect(), world.connect(), world.connect()
    world.wait(1)
    first.says(WHOLE)
    await world.answers()
    world.wait(1)

    fourth = world.connect()

    assert [each.is_closing() for each in (first, second, third, fourth)] == [
        False,
        True,
        False,
        False,
    ]


@in_a_loop
async def test_nobody_who_waits_for_an_answer_makes_room():
    world = World(most=2)
    asked = [world.connect(SLOW) for _ in range(3)]

    assert not any(line.is_closing() for line in asked)

    world.go.set()
    await world.answers()


@in_a_loop
async def test_closed_connections_take_no_place():
    world = World(most=2)
    first, second = world.connect(), world.connect()
    second.close()

    world.connect()

    assert not first.is_closing()


@in_a_loop
async def test_one_that_never_finishes_its_greeting_is_forgotten():
    world = World(most=1)
    world.connections.admit(config=world.config, server_state=world.state, app_state={})
    world.wait(GREETING)

    line = world.connect()
    world.wait(0)
    world.connect(WHOLE)

    assert line.is_closing()  # it was the one that there is room for
