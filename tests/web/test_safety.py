"""Who may ask for what: deciders in tables, and a real server for what is refused."""

import http.client
from threading import Thread

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from reactor.model.errors import ReactorError
from reactor.model.secret import Secret
from reactor.serving.http import HttpServer
from reactor.web.safety import Access, Page, Scope, is_loopback, known_hosts_only, read_access
from tests.fakes import PATIENCE

TOKEN = "a token"


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("LocalHost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("127.1", False),
        ("", False),
    ],
)
def test_what_only_this_machine_can_reach(host, answer):
    assert is_loopback(host) is answer


def test_on_loopback_nothing_has_to_be_set():
    assert read_access("127.0.0.1", {}) == Access(hosts=frozenset({"127.0.0.1"}))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "reactor.example.com"])
def test_elsewhere_nothing_is_served_without_a_token(host):
    with pytest.raises(ReactorError, match=f"--http {host} can be reached from outside"):
        read_access(host, {"REACTOR_HTTP_TOKEN": ""})


def test_the_token_may_stand_in_a_file(tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    access = read_access("0.0.0.0", {"REACTOR_HTTP_TOKEN_FILE": str(tmp_path / "token")})

    assert access.token == Secret(TOKEN)
    assert TOKEN not in repr(access)


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ({"REACTOR_HTTP_TOKEN": "a", "REACTOR_HTTP_TOKEN_FILE": "/b"}, "both .* are set"),
        ({"REACTOR_HTTP_TOKEN_FILE": "/no/such/file"}, "/no/such/file cannot be read"),
        ({"REACTOR_HTTP_TOKEN_FILE": "/dev/null"}, "/dev/null is empty"),
        ({"REACTOR_HTTP_HOSTS": "https://hooks.example.com"}, "expected names such as"),
        ({"REACTOR_HTTP_HOSTS": "hooks.example.com:443"}, "expected names such as"),
        ({"REACTOR_HTTP_HOSTS": "*"}, "expected names such as"),
    ],
)
def test_what_is_set_and_cannot_be_used_is_told(environment, fault):
    with pytest.raises(ReactorError, match=fault):
        read_access("127.0.0.1", environment)


def test_further_names_are_listed_with_commas():
    found = read_access("127.0.0.1", {"REACTOR_HTTP_HOSTS": "Hooks.Example.com, other ,"})

    assert found.hosts == {"127.0.0.1", "hooks.example.com", "other"}


async def who(request):
    return PlainTextResponse("here")


PAGES = [Page(path=f"/{scope}", scope=scope, endpoint=who) for scope in Scope]


class Client:
    """Asks a server with pages of each scope, and gives the status."""

    def __init__(self, access):
        app = Starlette(routes=[page.route(access) for page in PAGES])
        self._server = HttpServer(known_hosts_only(app, access), ("127.0.0.1", 0), advice="")
        self._thread = Thread(target=self._server.serve)
        self._thread.start()
        self.port = self._server.address[1]

    def status(self, path, *headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.putrequest("GET", path, skip_host=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        return status

    def close(self):
        self._server.stop()
        self._thread.join(PATIENCE)


@pytest.fixture(scope="module")
def client():
    client = Client(Access(token=Secret(TOKEN), hosts=frozenset({"hooks.example.com"})))
    yield client
    client.close()


HOST = ("Host", "localhost")


@pytest.mark.parametrize("scope", Scope)
def test_only_operators_pages_ask_for_the_token(client, scope):
    asked = 401 if scope is Scope.OPERATOR else 200

    assert client.status(f"/{scope}", HOST) == asked
    assert client.status(f"/{scope}", HOST, ("Authorization", f"Bearer {TOKEN}")) == 200


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ([f"bearer {TOKEN}"], 200),
        ([f"Bearer  {TOKEN} "], 200),
        (["Bearer"], 401),
        (["Bearer wrong"], 401),
        ([f"Basic {TOKEN}"], 401),
        ([TOKEN], 401),
        ([f"Bearer {TOKEN}x"], 401),
        (["Bearer \xff\xfe"], 401),
        ([f"Bearer {TOKEN}", f"Bearer {TOKEN}"], 401),
    ],
)
def test_the_token_is_there_once_and_whole(client, values, status):
    headers = [("Authorization", value.encode("latin-1")) for value in values]

    assert client.status("/operator", HOST, *headers) == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("localhost.:8080", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8080", 200),
        ("[::ffff:127.0.0.1]", 200),
        ("hooks.example.com", 200),
        ("Hooks.Example.Com:443", 200),
        ("evil.example.com", 421),
        ("evil.localhost", 421),
        ("localhost.evil.example.com", 421),
        ("hooks.example.com.evil.example.com", 421),
        ("0.0.0.0", 421),
        ("192.0.2.1", 421),
        ("a" * 254, 421),
        ("2130706433", 421),  # 127.0.0.1 as a number
        ("", 400),
        ("localhost:8080:8080", 400),
        ("user@localhost", 421),
        ("localhost, evil.example.com", 421),
        ("[::1", 400),
    ],
)
@pytest.mark.parametrize("scope", [Scope.PUBLIC, Scope.HOOK])
def test_only_what_is_meant_for_us_is_answered(client, scope, host, status):
    assert client.status(f"/{scope}", ("Host", host)) == status


def test_two_hosts_are_none(client):
    assert client.status("/public", HOST, HOST) == 400


def test_a_path_that_is_a_url_is_no_way_around(client):
    assert client.status("http://localhost/public", ("Host", "evil.example.com")) == 421


def test_without_a_token_everybody_on_this_machine_is_an_operator():
    client = Client(Access())

    assert client.status("/operator", HOST) == 200
    client.close()
