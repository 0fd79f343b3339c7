"""What the command ends with says the worst that was found."""

import pytest

from reactor.cli.doctor.finding import broken, doubtful, exit_code, unreachable, well

WELL, DOUBTFUL = well("a", "fine"), doubtful("b", "odd", "mend it")
BROKEN, AWAY = broken("c", "wrong", "mend it"), unreachable("d", "silent", "see the network")


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([WELL], 0),
        ([WELL, DOUBTFUL], 0),
        ([WELL, BROKEN, DOUBTFUL], 1),
        ([BROKEN, AWAY, WELL], 5),
        ([AWAY, BROKEN], 5),
    ],
)
def test_a_source_out_of_reach_says_more_than_other_failures(findings, code):
    assert exit_code(findings) == code
