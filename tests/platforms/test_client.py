"""What goes out to an API, and that it goes nowhere else."""

import threading
from datetime import timedelta

import pytest

from reactor import __version__
from reactor.model.errors import SourceRefused
from reactor.model.request import Fault
from reactor.platforms.client import Client, origin_of
from tests.delivery.servers import answering, header, serving, status

SECOND = timedelta(seconds=1)
SECRET = "Basic YWNtZTpzM2NyZXQ="
PATH = "/api/app/v1/service/00000000-0000-4000-8000-000000000001/"


def a_client(url, **changes):
    origin = url.removesuffix("/secret-path")
    return Client(**({"origin": origin, "authorization": SECRET, "namespace": None} | changes))


def hang(connection):
    connection.recv(1)


def ask(behave, method="GET", path=PATH, received=None, **changes):
    with serving(behave, received) as url:
        return a_client(url).exchange(method, path, **({"timeout": 5 * SECOND} | changes))


def test_a_request_says_who_we_are_and_brings_nothing_along():
    received = []

    ask(answering(status("200 OK")), received=received)

    lines = received[0].decode().split("\r\n")
    assert lines[0] == f"GET {PATH} HTTP/1.1"
    assert header(received[0], b"authorization") == SECRET
    assert header(received[0], b"accept") == "application/json"
    assert header(received[0], b"accept-encoding") == "identity"
    assert header(received[0], b"user-agent") == f"reactor/{__version__}"
    assert header(received[0], b"content-type") is None


def test_a_body_is_json_and_the_user_agent_can_say_more():
    received = []

    ask(
        answering(status("200 OK")),
        "PATCH",
        received=received,
        body=b'{"target_num_containers":3}',
        user_agent="delivery/abc",
    )

    assert received[0].startswith(b"PATCH ")
    assert received[0].endswith(b'\r\n\r\n{"target_num_containers":3}')
    assert header(received[0], b"content-type") == "application/json"
    assert header(received[0], b"user-agent") == f"reactor/{__version__} delivery/abc"


def test_a_post_without_a_body_says_that_it_is_empty():
    received = []

    ask(answering(status("202 Accepted")), "POST", received=received)

    assert header(received[0], b"content-length") == "0"


@pytest.mark.parametrize("code", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_no_credential_leaves_for_another_port(code, method):
    heard = []
    with serving(answering(status("200 OK")), heard) as canary:
        response = ask(answering(status(f"{code} Moved", f"Location: {canary}\r\n")), method)

    assert response.status == code
    assert heard == []


def test_neither_proxies_nor_netrc_of_the_environment_are_asked(monkeypatch, tmp_path):
    # The environment is the only way to say these.
    heard, received = [], []
    (tmp_path / ".netrc").write_text("default login nobody password nothing\n")
    with serving(answering(status("200 OK")), heard) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("HOME", str(tmp_path))

        response = ask(answering(status("204 No Content")), received=received)

    assert response.status == 204
    assert heard == []
    assert header(received[0], b"authorization") == SECRET


def test_cookies_are_not_kept():
    received = []
    with serving(answering(status("200 OK", "Set-Cookie: sticky=1\r\n")), received) as url:
        client = a_client(url)
        for _ in range(2):
            client.exchange("GET", PATH, timeout=5 * SECOND)

    assert [header(request, b"cookie") for request in received] == [None, None]


def test_nothing_is_sent_when_there_is_no_time_left():
    received = []

    response = ask(answering(status("200 OK")), received=received, timeout=timedelta())

    assert response.fault is Fault.TIMEOUT
    assert received == []


def test_after_a_fault_the_next_exchange_is_made_as_if_nothing_had_been():
    behaviours = [hang, answering(status("204 No Content"))]

    def behave(connection):
        behaviours.pop(0)(connection)

    with serving(behave) as url:
        client = a_client(url)

        first = client.exchange("GET", PATH, timeout=SECOND / 4)
        second = client.exchange("GET", PATH, timeout=5 * SECOND)

    assert first.fault is Fault.TIMEOUT
    assert second.status == 204


def test_many_threads_may_exchange_at_once(httpserver):
    httpserver.expect_request(PATH).respond_with_json({})
    client = a_client(httpserver.url_for("").rstrip("/"))
    statuses = []

    def exchange():
        statuses.append(client.exchange("GET", PATH, timeout=5 * SECOND).status)

    threads = [threading.Thread(target=exchange) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert statuses == [200] * 8


HOSTILE_PATHS = (
    *("", "/", "api/app/v1/", "/v1/service/", "http://evil/api/", "/api/app/v1/<x>"),
    *("//evil/api/", "@evil/api/", ".evil/api/", ":81/api/", "/api/../auth/", "/api/app/./v1/"),
    *("/api/app/v1/ service/", "/api/app/v1/\r\nX: y", "/api/app/v1/\x00", "/api/app/v1/ö/"),
    *("/api/app/v1/#x", "/api/app/v1/%zz/"),
)


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_a_path_that_would_be_sent_otherwise_is_refused_and_nothing_is_sent(path):
    received = []

    with pytest.raises(ValueError, match="path"):
        ask(answering(status("200 OK")), path=path, received=received)

    assert received == []


def test_a_restart_which_the_old_services_never_knew_is_refused_with_the_way_out():
    received = []

    response = ask(answering(status("202 Accepted")), "POST", f"{PATH}restart/", received)

    assert (response.fault, received) == (Fault.INVALID, [])
    assert (
        response.detail == "Docker Cloud and Tutum have no restart: use redeploy, or stop and start"
    )


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://cloud.docker.com/", "https://cloud.docker.com"),
        ("https://cloud.docker.com", "https://cloud.docker.com"),
        ("HTTP://Hub.Local:8801/", "http://hub.local:8801"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://[::1]:8801/", "http://[::1]:8801"),
        ("https://my_host", "https://my_host"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, origin):
    assert origin_of(url) == origin


NO_ORIGINS = (
    *("", "cloud.docker.com", "ftp://docker.com/", "https://", "https:///", "https://docker.com//"),
    *("https://user:pw@docker.com/", "https://docker.com/api/", "https://docker.com/?a"),
    *("https://docker.com/#a", "https://docker.com:0/", "https://docker.com:65536/"),
    *("https://docker.com:/", "https://docker com/", "https://a..b/", "https://[::1"),
    *(f"https://{'a' * 64}.com/", "https://docker.com\n", "https://döcker.com/"),
    *("https://doc\u212aer.com/"),  # the Kelvin sign, which is a k in lower case
)


@pytest.mark.parametrize("url", NO_ORIGINS)
def test_anything_else_is_no_origin(url):
    with pytest.raises(ValueError, match=r"expected https://HOST"):
        origin_of(url)


@pytest.mark.parametrize(
    "credential", ["Basic a\nX: y", "Basic ö", "Basic \x00", "Basic\u2028", " Basic a", "Basic a "]
)
def test_a_credential_that_no_header_can_hold_is_refused_unseen(credential):
    with pytest.raises(SourceRefused) as refused:
        a_client("http://127.0.0.1:1", authorization=credential)

    assert credential not in str(refused.value)


def test_it_tells_its_origin_and_its_namespace():
    client = a_client("https://Cloud.docker.com/", namespace="acme")

    assert (client.origin, client.namespace) == ("https://cloud.docker.com", "acme")
