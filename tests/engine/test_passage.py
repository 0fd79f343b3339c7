"""A match that a gate keeps is the same when it goes on."""

from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.normalize import canonical, record_of
from reactor.engine.passage import Cause, held, passage_of, subject_token, taken_up, whose
from reactor.engine.selector import parse_path
from reactor.journal.codec import from_json, to_json
from reactor.model.gates import Phase
from tests.builders import NOON, a_rule, an_event, replace

CONTAINER = "container/0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d"


@given(
    st.integers(1, 9),
    st.none() | st.sampled_from(Phase),
    st.lists(st.text(), min_size=1),
    st.text(st.characters(exclude_characters=chr(0))),
)
def test_a_kept_match_is_taken_up_as_it_was(
    count: int, phase: Phase | None, chain: list[str], group: str
) -> None:
    rule, event = a_rule(group_by=(parse_path("service"),)), an_event(service=group)
    passage = passage_of(rule, event, record_of(event), NOON)
    passage = replace(
        passage, count=count, phase=phase, cause=Cause("root", "delivery", tuple(chain))
    )

    kept = from_json(to_json(held(passage)))

    assert whose(kept) == (event.source, event.id)
    assert replace(passage, is_settling=True) == taken_up(rule, kept, event, NOON)


def test_the_key_is_the_groups_and_without_them_one_for_the_rule_or_the_subject() -> None:
    event = an_event(service="web", resource_uri="/s/1")
    grouped = passage_of(a_rule(group_by=(parse_path("service"),)), event, record_of(event), NOON)
    plain = passage_of(a_rule(), event, record_of(event), NOON)

    assert (grouped.key, grouped.own, grouped.group) == ('["web"]', '["web"]', "web")
    assert (plain.key, plain.own, plain.group) == ("[]", subject_token(event), None)


def test_a_subject_is_the_same_however_its_uri_is_written() -> None:
    one, other, third = (
        an_event(resource_uri=uri)
        for uri in (f"/api/app/v1/{CONTAINER}/", f"/api/app/v1/acme/{CONTAINER}", "/s/1")
    )

    assert subject_token(one) == subject_token(other) != subject_token(third)
    assert subject_token(one) != subject_token(replace(one, source="elsewhere"))
    assert canonical(subject_token(one))
