"""What the old clients ask for, as data in tests/hub/corpus, and the exam that replays it against a
served hub, whatever its fleet is."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from reactor.hub.openapi import description
from reactor.hub.paths import tidy
from reactor.hub.routes import read_address
from tests.fakes import PATIENCE

CORPUS = Path(__file__).parent / "corpus"
CLIENTS: Mapping[str, dict[str, object]] = yaml.safe_load((CORPUS / "clients.yaml").read_text())
DESCRIPTION = description()


@dataclass(frozen=True, kw_only=True)
class Examinee:
    """A hub, and what a story needs to know of its fleet at that moment.

    `things` names: service, service_name and service_uri, of a running service in a stack; stack,
    stack_name and stack_uri, of that; container and node, of a container of the service; spare, a
    service that may be terminated. Names without underscore are UUIDs. `settle` comes back when
    whatever was begun is done.
    """

    address: tuple[str, int]
    user: str
    key: str
    things: Callable[[], Mapping[str, str]]
    settle: Callable[[], None]


@dataclass(frozen=True)
class Answer:
    """What came back; the names of its headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: object


@dataclass(frozen=True)
class Story:
    """What somebody asks one after the other. `client` is who asks where a step does not say.

    Each step has `ask` and `status`; `send`, a JSON body; `headers` and `body`, what they have to
    be in the answer, texts that begin with ^ being patterns; `keep` and `keep_header`, what later
    steps name in braces; `settle`, if whatever was begun has to be done first.
    """

    title: str
    client: str
    steps: list[dict[str, object]]


def stories() -> list[Story]:
    """All of the corpus, in the order of its files."""
    return [
        Story(row["story"], row.get("client", ""), row["steps"])
        for path in sorted(CORPUS.glob("*.yaml"))
        if path.name != "clients.yaml"
        for row in yaml.safe_load(path.read_text())
    ]


def replay(story: Story, examinee: Examinee) -> None:
    """Ask what the story asks for. Fails with the step that was answered otherwise."""
    credentials = f"{examinee.user}:{examinee.key}"
    known = {
        "user": examinee.user,
        "key": examinee.key,
        "basic": b64encode(credentials.encode()).decode(),
        **examinee.things(),
    }
    for written in story.steps:
        if written.get("settle"):
            examinee.settle()
        step = _filled({"client": story.client, **written}, known)
        answer = _ask(examinee.address, step)
        _check(step, answer)
        known |= dict(_kept(step, answer))


def _filled(step: dict[str, object], known: Mapping[str, str]) -> dict[str, object]:
    """The step with its client, and with the values of what both name in braces."""
    text = json.dumps({**step, "client": CLIENTS[str(step["client"])]})
    for name, value in known.items():
        text = text.replace("{" + name + "}", value)
    filled: dict[str, object] = json.loads(text)
    return filled


def _ask(address: tuple[str, int], step: Mapping[str, object]) -> Answer:
    method, _, path = str(step["ask"]).partition(" ")
    client = step["client"]
    assert isinstance(client, dict)
    body = json.dumps(step["send"]) if "send" in step else client.get("body")
    connection = HTTPConnection(*address, timeout=PATIENCE)
    try:
        connection.request(method, path, body, client["headers"])
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, headers, json.loads(answer.read()))
    finally:
        connection.close()


def _check(step: Mapping[str, object], answer: Answer) -> None:
    told = f"{step['ask']}: {answer.status} {answer.body}"
    assert answer.status == step["status"], told
    assert answer.headers["content-type"] == "application/json", told
    assert isinstance(answer.body, dict), told
    for name, pattern in _mapping(step, "headers"):
        assert re.search(str(pattern), answer.headers[name]), told
    for path, expected in _mapping(step, "body"):
        value = dug(answer.body, path)
        if isinstance(expected, str) and expected.startswith("^"):
            assert re.search(expected, str(value)), f"{path}: {told}"
        elif path == "error":
            assert str(expected) in str(value), told
        else:
            assert value == expected, f"{path}: {told}"
    check_described(str(step["ask"]), answer.status, answer.body)


def check_described(asked: str, status: int, body: object) -> None:
    """Fails unless the API's description has the answer."""
    method, _, path = asked.partition(" ")
    address = read_address(tidy(path.partition("?")[0]))
    schema: object = {"$ref": "#/components/schemas/error"}
    if address is not None and method in address.route.methods:
        at = ("paths", address.route.paths[0], method.lower(), "responses", str(status))
        schema = dug_by(DESCRIPTION, (*at, "content", "application/json", "schema"))
    assert isinstance(schema, dict)
    whole = {**schema, "components": DESCRIPTION["components"]}
    faults = [fault.message for fault in Draft202012Validator(whole).iter_errors(body)]
    assert faults == [], f"{asked}: {body}"


def dug(value: object, path: str) -> object:
    """What a dotted path leads to."""
    return dug_by(value, path.split("."))


def dug_by(value: object, keys: Iterable[str]) -> object:
    """What these keys and numbers lead to, one after the other."""
    for key in keys:
        value = value[int(key)] if isinstance(value, list) else value[key]  # type: ignore[index]
    return value


def _kept(step: Mapping[str, object], answer: Answer) -> Iterator[tuple[str, str]]:
    for name, path in _mapping(step, "keep"):
        yield name, str(dug(answer.body, str(path)))
    for name, header in _mapping(step, "keep_header"):
        yield name, answer.headers[str(header)]


def _mapping(step: Mapping[str, object], key: str) -> list[tuple[str, object]]:
    value = step.get(key, {})
    assert isinstance(value, dict)
    return list(value.items())
