"""The states of a delivery: every pair of state and move."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.model.delivery import Move, State, next_state, states_before

# One row a state; the columns are the moves in the order of their enum. "-" is refused.
TABLE = {
    #                 claim    succeed    retry     bury  cancel     redeliver
    State.PENDING:   "running  -          -         dead  cancelled  -",
    State.RUNNING:   "-        succeeded  retrying  dead  -          -",
    State.RETRYING:  "running  -          -         dead  cancelled  -",
    State.SUCCEEDED: "-        -          -         -     -          pending",
    State.DEAD:      "-        -          -         -     -          pending",
    State.CANCELLED: "-        -          -         -     -          pending",
}  # fmt: skip

EXPECTED = {
    (state, move): None if cell == "-" else State(cell)
    for state, row in TABLE.items()
    for move, cell in zip(Move, row.split(), strict=True)
}


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_a_move_leads_where_the_table_says(state, move):
    assert next_state(state, move) == EXPECTED[state, move]


@pytest.mark.parametrize("move", Move)
def test_the_states_before_a_move_are_those_that_allow_it(move):
    allowed = {state for state in State if EXPECTED[state, move]}

    assert set(states_before(move)) == allowed


@given(st.lists(st.sampled_from(Move)))
def test_a_delivery_that_ended_begins_again_only_by_redelivery(moves):
    ended = {State.SUCCEEDED, State.DEAD, State.CANCELLED}
    state = State.PENDING
    for move in moves:
        after = next_state(state, move) or state

        assert after == state or state not in ended or move is Move.REDELIVER
        state = after
