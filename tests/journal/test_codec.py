"""What goes into a column comes out of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reactor.journal.codec import (
    from_moment,
    from_names,
    from_objects,
    from_span,
    to_json,
    to_moment,
    to_request,
    to_span,
    to_text,
)
from reactor.model.request import StoredRequest
from reactor.model.secret import Joint, SecretRef

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PARTS = st.lists(TEXTS | st.builds(SecretRef, TEXTS, st.sampled_from(Joint))).map(tuple)
REQUESTS = st.builds(
    StoredRequest,
    method=TEXTS,
    url=st.none() | PARTS,
    headers=st.dictionaries(TEXTS, PARTS),
    body=PARTS,
)
MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(REQUESTS)
def test_a_request_comes_back_as_it_was(request):
    assert to_request(to_text(request)) == request


def test_a_secret_is_kept_as_a_reference():
    request = StoredRequest(method="POST", body=("key=", SecretRef("${file:/run/k}", Joint.URL)))

    assert '["key=",["${file:/run/k}","url"]]' in to_text(request)


@given(st.none() | MOMENTS)
def test_a_moment_comes_back_as_it_was(moment):
    assert from_moment(to_moment(moment)) == moment


@given(st.lists(st.dictionaries(TEXTS, st.none() | st.integers(0, 9) | TEXTS)))
def test_objects_come_back_as_they_were(objects):
    assert from_objects(to_json(objects)) == objects


@given(st.lists(st.tuples(TEXTS, TEXTS)))
def test_names_come_back_as_they_were(names):
    assert from_names(to_json(names)) == names


@given(st.timedeltas())
def test_a_span_comes_back_as_it_was(span):
    assert from_span(to_span(span)) == span


def test_a_moment_is_microseconds_since_1970():
    assert to_moment(datetime(1970, 1, 2, tzinfo=UTC)) == timedelta(days=1) // timedelta(
        microseconds=1
    )
