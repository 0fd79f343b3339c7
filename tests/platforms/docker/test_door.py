"""An engine that ends lets nobody in before it stops its containers."""

import socket
from contextlib import closing, contextmanager
from threading import Thread

import pytest

from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.door import Door


@contextmanager
def letting_in(path, visitors):
    """An engine at a socket that answers the first visitors, again and again, and lets the others
    wait. Leave it when they have left."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve():
            line, _ = server.accept()
            with line:
                while line.recv(65536):
                    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")

        threads = [Thread(target=serve) for _ in range(visitors)]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(("visitors", "is_shut"), [(1, True), (2, False)])
def test_an_engine_that_answers_us_and_nobody_new_is_shut(tmp_path, visitors, is_shut):
    path = tmp_path / "docker.sock"
    with letting_in(path, visitors), closing(Client(parse_address(f"unix://{path}"))) as client:
        client.request("GET", "/_ping")

        assert Door(client).is_shut() is is_shut


def test_an_engine_that_is_slow_to_all_is_not_shut(tmp_path):
    path = tmp_path / "docker.sock"
    with letting_in(path, 0), closing(Client(parse_address(f"unix://{path}"))) as client:
        assert not Door(client).is_shut()


def test_an_engine_without_its_socket_is_shut_for_good(tmp_path):
    path, address = tmp_path / "docker.sock", parse_address(f"unix://{tmp_path}/docker.sock")
    with letting_in(path, 1), closing(Client(address)) as client:
        client.request("GET", "/_ping")
        path.unlink()
        door = Door(client)
        assert door.is_shut()
        client.close()
        assert door.is_shut()


def test_where_we_are_not_answered_either_only_the_connection_is_lost(tmp_path):
    path = tmp_path / "docker.sock"
    with closing(Client(parse_address(f"unix://{path}"))) as client:
        assert not Door(client).is_shut()


def test_of_an_engine_at_a_port_nobody_can_say_that_it_is_shut():
    with closing(Client(parse_address("tcp://127.0.0.1:1"))) as client:
        assert not Door(client).is_shut()
