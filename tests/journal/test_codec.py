"""What goes into a column comes out of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reactor.duration import from_micros
from reactor.journal.codec import from_span, to_moment, to_request, to_span, to_text
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
    stored = to_moment(moment)

    assert (None if stored is None else from_micros(stored)) == moment


@given(st.timedeltas())
def test_a_span_comes_back_as_it_was(span):
    assert from_span(to_span(span)) == span


def test_a_moment_is_microseconds_since_1970():
    assert to_moment(datetime(1970, 1, 2, tzinfo=UTC)) == timedelta(days=1) // timedelta(
        microseconds=1
    )
