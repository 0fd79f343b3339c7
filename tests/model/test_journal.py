"""Plain values between the journal and those who use it."""

from reactor.model.journal import Adopted, Forgotten


def test_what_a_reload_forgot_is_the_sum_of_its_gates() -> None:
    forgotten = (
        Forgotten(rule="a", action="", gate="for", count=2),
        Forgotten(rule="a", action="log", gate="throttle", count=3),
    )

    assert Adopted(forgotten=forgotten, buried=1).total == 5
    assert Adopted(forgotten=(), buried=0).total == 0
