"""The HTTP server as a whole, asked by a real client."""

import ast
from pathlib import Path

import pytest

from reactor.model.errors import ReactorError
from reactor.model.secret import Secret
from reactor.web.safety import Access, Scope
from tests.web.served import Journaled, served

WEB = Path(__file__).parent.parent.parent / "reactor/web"
TOKEN = "of the operators"


@pytest.fixture
def web():
    with served(Journaled()) as web:
        yield web


@pytest.fixture
def guarded():
    with served(Journaled(), access=Access(token=Secret(TOKEN))) as web:
        yield web


def test_health_is_served(web):
    web.vitals.is_started = False
    assert web.ask("GET", "/healthz").status == 503

    web.vitals.is_started = True
    assert web.ask("GET", "/healthz").data == {"status": "ok"}


def test_every_page_but_health_and_hooks_is_for_operators(guarded):
    scopes = {page.path: page.scope for page in guarded.server.pages}

    assert scopes.pop("/healthz") is Scope.PUBLIC
    assert scopes.pop("/hooks/{name:path}") is Scope.HOOK
    assert set(scopes.values()) == {Scope.OPERATOR}


def test_operators_pages_are_answered_with_the_token_alone(guarded):
    shown = {"Authorization": f"Bearer {TOKEN}"}
    for page in guarded.server.pages:
        if page.scope is Scope.OPERATOR:
            assert guarded.ask(page.method, page.path).status == 401
            assert guarded.ask(page.method, page.path, headers=shown).status == 200


def test_nothing_is_routed_that_is_no_page():
    routed = {
        path.name
        for path in WEB.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) and node.id in ("Route", "Mount", "WebSocketRoute", "Host")
    }

    assert routed == {"safety.py"}  # where a Page, which has a scope, becomes a route


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/healthz", 405), ("GET", "/healthz/", 404)],
)
def test_there_is_nothing_else(web, method, path, status):
    assert web.ask(method, path).status == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/hooks/ci", "/nowhere"])
def test_nothing_is_answered_under_another_name(web, path):
    assert web.ask("GET", path, headers={"Host": "evil.example.com"}).status == 421


def test_a_mistake_of_ours_is_told_once_and_ends_nothing(web):
    web.vitals.broken = True

    assert [web.ask("GET", "/readyz").status for _ in range(3)] == [500] * 3

    (said,) = web.said
    assert said.startswith("an HTTP request was not answered:\nTraceback")
    assert said.endswith("ZeroDivisionError: a mistake of ours")
    assert web.ask("GET", "/healthz").status == 200


def test_an_address_that_cannot_be_had_is_refused_with_what_to_do(web):
    port = web.server.address[1]

    with pytest.raises(ReactorError) as refusal, served(Journaled(), port=port):
        pass

    assert str(refusal.value) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; "
        "choose another address with --http HOST:PORT, or --http off"
    )
