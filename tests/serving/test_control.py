"""The control socket: a real one, between threads as between processes."""

import errno
import json
import socket
import stat
from threading import Thread

import pytest

from reactor.model.errors import JournalUnavailable
from reactor.serving.control import MAX_REQUEST, NAME, ControlServer, NobodyThere, ask
from tests.fakes import PATIENCE


@pytest.fixture
def asked():
    """The requests that the server got."""
    return []


@pytest.fixture
def server(tmp_path, asked):
    def answer(request):
        asked.append(request)
        return {"error": "no"} if request.get("do") == "fail" else {"done": request}

    server = ControlServer(tmp_path, answer)
    thread = Thread(target=server.serve)
    thread.start()
    yield server
    server.close()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def say(folder, sent):
    """What the server answers to these bytes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(folder / NAME))
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


def test_a_request_is_answered(tmp_path, server, asked):
    request = {"do": "cancel", "ids": ["a", "ü"]}

    assert ask(tmp_path, request) == {"done": request}
    assert asked == [request]


def test_one_after_the_other_is_answered(tmp_path, server):
    answers = [ask(tmp_path, {"n": number}) for number in range(20)]

    assert answers == [{"done": {"n": number}} for number in range(20)]


def test_a_long_request_is_read_whole(tmp_path, server):
    request = {"ids": ["x" * 26] * 20_000}

    assert ask(tmp_path, request) == {"done": request}


def test_an_error_of_the_service_is_raised_where_it_was_asked(tmp_path, server):
    with pytest.raises(JournalUnavailable, match=r"^no$"):
        ask(tmp_path, {"do": "fail"})


DEEP = b'{"a":' + b"[" * 99_999 + b"\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\n",
        b"[]\n",
        b"{\n",
        b"\xff\n",
        b'{"a":' + b"[" * 99_999 + b"\n",
        b"x" * (MAX_REQUEST + 1),
    ],
    ids=["nothing", "empty", "list", "cut", "no UTF-8", "deep", "long"],
)
def test_what_is_no_request_is_refused_and_not_fatal(tmp_path, server, asked, sent):
    try:
        answer = json.loads(say(tmp_path, sent))
    except ConnectionError:
        answer = None  # it hung up on too much

    assert answer in (None, {"error": "the request is not a JSON object on one line"})
    assert ask(tmp_path, {"n": 1}) == {"done": {"n": 1}}
    assert asked == [{"n": 1}]


def test_one_who_connects_and_leaves_is_not_fatal(tmp_path, server):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(tmp_path / NAME))

    assert ask(tmp_path, {"n": 1}) == {"done": {"n": 1}}


def test_only_the_owner_can_connect(tmp_path, server):
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_data_directory_may_have_a_path_longer_than_a_socket_may(tmp_path):
    folder = tmp_path.joinpath(*["a-rather-long-name-of-a-directory"] * 5)
    folder.mkdir(parents=True)
    server = ControlServer(folder, lambda request: {"done": request})
    thread = Thread(target=server.serve)
    thread.start()

    assert ask(folder, {"n": 1}) == {"done": {"n": 1}}
    server.close()
    thread.join(PATIENCE)


def test_the_socket_of_a_dead_service_is_replaced(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / NAME))

    with pytest.raises(JournalUnavailable, match=r"does not answer on .*reactor\.sock"):
        ask(tmp_path, {})
    ControlServer(tmp_path, dict).close()


def test_the_socket_is_there_while_the_service_runs(tmp_path):
    server = ControlServer(tmp_path, dict)
    assert (tmp_path / NAME).is_socket()

    server.close()
    assert not (tmp_path / NAME).exists()


def test_without_a_service_nobody_answers_and_that_can_be_told_from_silence(tmp_path):
    with pytest.raises(NobodyThere, match="does not answer"):
        ask(tmp_path, {})
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / NAME))
    with pytest.raises(NobodyThere, match="does not answer"):
        ask(tmp_path, {})


def test_an_answer_may_be_longer_than_a_request(tmp_path):
    names = ["x" * 100] * 30_000
    server = ControlServer(tmp_path, lambda _: {"names": names})
    thread = Thread(target=server.serve)
    thread.start()

    assert ask(tmp_path, {}) == {"names": names}
    server.close()
    thread.join(PATIENCE)


def test_somebody_who_cannot_be_let_in_at_once_is_let_in_later(tmp_path, server):
    listening = server._socket
    server._socket = _WithoutDescriptors(listening)
    ask(tmp_path, {"n": 1})  # by the `accept` that had begun

    assert ask(tmp_path, {"n": 2}) == {"done": {"n": 2}}


class _WithoutDescriptors:
    """A socket at whose first `accept` the process has no descriptor left, and then has again."""

    def __init__(self, listening):
        self._listening = listening
        self._faults = [OSError(errno.EMFILE, "Too many open files")]

    def accept(self):
        if self._faults:
            raise self._faults.pop()
        return self._listening.accept()

    def __getattr__(self, name):
        return getattr(self._listening, name)
