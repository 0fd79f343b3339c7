"""The hub of a service: real sockets, a simulated fleet or one that says what a test tells it in
place of an engine."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from reactor.hosting import engine_opener, source_opener
from reactor.hub.access import KEY, USER
from reactor.hub.fleet import Unavailable
from reactor.hub.kept import Kept
from reactor.model.errors import JournalUnavailable, ReactorError
from reactor.model.hub import HubSpec
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.running import Sources
from reactor.sources.intake import Intake
from tests.config.loading import load_text
from tests.delivery.certificates import Certificates
from tests.fake_engine import readers
from tests.fakes import PATIENCE
from tests.hosting import (
    HUB,
    RULES,
    World,
    an_engine,
    following,
    happens,
    has_container,
    has_met,
    local,
    nicknames,
)
from tests.service import eventually

SPEC = HubSpec(source="local")


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    world = World(tmp_path, {})
    yield world
    world.hosting.stop()
    assert world.failures == []


def test_rules_without_a_hub_serve_none(world):
    world.adopt(RULES)

    assert world.hosting.address is None
    assert world.opened == []


def test_the_engine_of_its_source_is_followed_and_served(world):
    world.adopt(HUB.replace("user:", "namespace: team, user:") + RULES)

    ((options, namespace, engine),) = world.opened
    assert (options, namespace) == ({"host": "unix:///run/one.sock"}, "team")
    assert engine.began.wait(PATIENCE)
    assert world.status() == 200
    assert world.status(key="wrong") == 401


def test_a_reload_of_other_things_leaves_it_alone(world):
    world.adopt(HUB + RULES)
    before = world.hosting.address

    world.adopt("# moved\n" + HUB + RULES.replace("Stopped", "Running"))

    assert world.hosting.address == before
    assert len(world.opened) == 1


@pytest.mark.parametrize("change", [("s3cret", "another"), ("one.sock", "two.sock")])
def test_a_reload_that_changes_it_serves_the_new_one(world, change):
    world.adopt(HUB + RULES)

    world.adopt((HUB + RULES).replace(*change))

    (_, _, before), (_, _, now) = world.opened
    assert before.ended.is_set()
    assert now.began.wait(PATIENCE)
    assert world.status(key="another" if change[0] == "s3cret" else "s3cret") == 200


def test_a_reload_that_takes_it_out_ends_it(world):
    world.adopt(HUB + RULES)

    world.adopt(RULES)

    assert world.hosting.address is None
    assert world.opened[0][2].ended.is_set()


@pytest.fixture
def taken():
    """The port of another program, at an address that hubs listen on and at another."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_server(("127.0.0.2", port)):
            yield port


REFUSED = {
    "its port is taken": (":0", ":TAKEN", "Address already in use; choose another address"),
    "its address is not of this machine": ("127.0.0.1:0", "192.0.2.1:PORT", "cannot listen on"),
    "it has no certificate": ("user:", "tls: {cert: /none, key: /none}, user:", "/none cannot be"),
    "it has no credentials": (", user: acme, apikey: s3cret", "", "the hub needs credentials"),
    "it has no engine": ("one.sock", "none.sock", "there is no such engine"),
}


@pytest.mark.parametrize("own", [":0", ":PORT"], ids=["elsewhere", "there"])
@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_a_reload_that_is_refused_disturbs_nobody(world, taken, refused, own):
    world.adopt(HUB + RULES)
    was, becomes, why = refused
    text = (HUB + RULES).replace(was, becomes).replace(":0", own)
    text = text.replace("PORT", str(world.port)).replace("TAKEN", str(taken))

    with world.undisturbed(), pytest.raises(ReactorError, match=why):
        world.adopt(text)

    world.adopt(HUB + RULES)
    assert world.status() == 200


@pytest.mark.parametrize("hub", [HUB.replace("user:", "namespace: team, user:"), ""])
def test_so_does_one_of_which_something_else_is_refused(world, hub):
    world.adopt(HUB + RULES)
    ruleset = load_text(world.folder, hub + RULES).ruleset

    with (
        world.undisturbed(),
        pytest.raises(JournalUnavailable),
        world.hosting.adopting(ruleset),
    ):
        raise JournalUnavailable("the disk is full")

    assert all(engine.ended.is_set() for _, _, engine in world.opened[1:])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_another_hub_may_take_the_port_of_the_one_before(world, host):
    world.adopt(HUB + RULES)

    world.adopt(HUB.replace("127.0.0.1:0", f"{host}:{world.port}") + RULES)

    (_, _, before), (_, _, now) = world.opened[:2]
    assert before.ended.is_set()
    assert now.began.wait(PATIENCE)
    assert world.status() == 200


def test_where_that_port_is_taken_elsewhere_the_one_before_comes_back(world, taken):
    with socket.create_server(("127.0.0.3", 0)) as other:
        port = other.getsockname()[1]
        world.adopt(HUB.replace(":0", f":{port}") + RULES)
        with pytest.raises(ReactorError, match="Address already in use"):
            world.adopt(HUB.replace("127.0.0.1:0", f"0.0.0.0:{port}") + RULES)

    assert world.status() == 200
    world.adopt(HUB.replace(":0", f":{port}") + RULES)
    assert world.status() == 200


def test_it_can_be_read_only(world):
    world.adopt(HUB.replace("user:", "read_only: true, user:") + RULES)

    assert world.status() == 200
    assert world.status(method="POST") in (403, 405)


def test_without_credentials_nothing_is_served(world):
    with pytest.raises(ReactorError, match=f"the hub needs credentials: .* {USER} and {KEY}"):
        world.adopt("hub: {listen: '127.0.0.1:0'}\n" + RULES)

    assert world.opened == []


def test_the_environment_may_have_the_credentials(tmp_path):
    world = World(tmp_path, {USER: "acme", KEY: "s3cret"})

    world.adopt("hub: {listen: '127.0.0.1:0'}\n" + RULES)

    assert world.status() == 200
    world.hosting.stop()


def test_a_reload_reads_a_renewed_certificate_and_refuses_a_broken_one(kept, world, tmp_path):
    made = Certificates(tmp_path).leaf("hub", None)
    text = HUB.replace("user:", f"tls: {{cert: {made.chain}, key: {made.key}}}, user:") + RULES
    world.adopt(text)
    made.key.write_text("half a fi")

    with pytest.raises(ReactorError, match="for TLS, "):
        world.adopt(text)

    assert len(world.opened) == 1


@pytest.fixture
def sources():
    sources = Sources(Intake(), log=lambda _: None)
    yield sources
    sources.stop()


@pytest.fixture
def kept(tmp_path):
    with closing(Kept(tmp_path, "reactor run", print)) as kept:
        yield kept


def shared(sources, kept, engine):
    return source_opener(sources, kept, lambda _: None)(SPEC, local(engine).options)


def test_the_engine_of_the_rules_is_read_once_and_the_hub_tells_what_one_of_its_own_would(
    sources, kept
):
    actions = ("create", "start", "kill", "die", "start", "pause", "unpause", "die", "destroy")
    with an_engine() as engine, ExitStack() as stack:
        fleet = shared(sources, kept, engine)
        heard = stack.enter_context(following(fleet))
        sources.adopt([local(engine, "log_tail")])
        has_met(fleet)
        assert len(readers()) == 1
        other = engine_opener(kept, lambda _: None)(SPEC, local(engine).options)
        expected = stack.enter_context(following(other))
        has_met(other)

        happens(engine, *actions)

        for frames in (heard, expected):
            eventually(lambda at=frames: at and at[-1]["state"] == "Terminated", "all was told")
            eventually(lambda at=frames: [f["type"] for f in at].count("stack") >= 4, "of all")
    assert heard == expected


def test_a_hub_that_comes_later_finds_what_there_is_and_hears_the_rest(sources, kept):
    with an_engine() as engine:
        has_container(engine)
        sources.adopt([local(engine)])
        eventually(lambda: sources.status("local").connections == 1, "it is connected")

        with following(fleet := shared(sources, kept, engine)) as heard:
            eventually(lambda: nicknames(fleet, "service") == ["web"], "the engine is met")
            happens(engine, "pause", "kill", "die")
            eventually(lambda: "Stopped" in [each["state"] for each in heard], "it is told")

    assert {each["type"] for each in heard} == {"container", "service", "stack"}


def test_a_source_that_rules_want_more_of_goes_on_being_heard(sources, kept):
    with an_engine() as engine:
        sources.adopt([local(engine)])
        with following(fleet := shared(sources, kept, engine)) as heard:
            has_met(fleet)
            sources.adopt([local(engine, "log_tail")])
            eventually(lambda: sources.status("local").connections == 1, "it is connected")
            happens(engine, "create")
            eventually(lambda: len(heard) == 3, "it is told")

    assert [each["type"] for each in heard] == ["container", "service", "stack"]


def test_a_hub_of_another_engine_hears_nothing_of_the_one_before(sources, kept):
    with an_engine() as one, an_engine(ID="another", Name="two") as two:
        sources.adopt([local(one)])
        eventually(lambda: sources.status("local").connections == 1, "it is connected")

        with following(fleet := shared(sources, kept, two)) as heard:
            happens(one, "create", "start")
            eventually(lambda: sources.status("local").received >= 2, "the rules hear it")
            assert nicknames(fleet) == []
            sources.adopt([local(two)])
            has_met(fleet, "two")

    assert heard == []


def test_a_connection_that_breaks_goes_on_where_it_was(sources, kept):
    with an_engine() as engine:
        sources.adopt([local(engine)])
        with following(fleet := shared(sources, kept, engine)) as heard:
            has_met(fleet)
            engine.cut()
            eventually(lambda: sources.status("local").connections == 2, "it is back")
            happens(engine, "create")
            eventually(lambda: len(heard) == 3, "it is told")

    assert [each["type"] for each in heard] == ["container", "service", "stack"]


def kept_by(intake):
    """What a journal would keep of all that was handed in."""
    told = [getattr(item, "remember", {}) for item in intake.take(99)]
    kept = {key: value for each in told for key, value in each.items()}
    return {key: value for key, value in kept.items() if value is not None}


def test_what_happened_while_nobody_read_the_engine_is_told_at_the_next_start(kept):
    with an_engine() as engine:
        first = Sources(intake := Intake(), log=lambda _: None)
        first.adopt([local(engine)])
        eventually(lambda: first.status("local").connections == 1, "it is connected")
        happens(engine, "create", "start")
        eventually(lambda: first.status("local").received == 6, "the rules hear it")
        first.stop()
        has_container(engine)
        happens(engine, "die", "start")

        remembered = kept_by(intake)
        second = Sources(Intake(), log=lambda _: None, recall=lambda _: remembered)
        with following(shared(second, kept, engine)) as heard:
            second.adopt([local(engine)])
            told = lambda: [each["state"] for each in heard if each["type"] == "container"]  # noqa: E731
            eventually(lambda: told() == ["Stopped", "Running"], "it is told")
        second.stop()


def test_why_no_engine_is_served_can_be_read(sources, kept, tmp_path):
    spec = SourceSpec(
        name="local",
        type="docker",
        place=Place("f", 1, 1),
        options={"host": f"unix://{tmp_path}/none.sock"},
    )
    fleet = source_opener(sources, kept, lambda _: None)(SPEC, spec.options)
    with following(fleet):
        sources.adopt([spec])
        eventually(lambda: sources.status("local").detail != "", "it was tried")
        with pytest.raises(Unavailable, match=r"There is no Docker Engine: .*no such socket"):
            fleet.objects("node")
