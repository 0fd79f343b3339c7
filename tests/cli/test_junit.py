"""The report on tests, as continuous integration reads it."""

from xml.etree.ElementTree import fromstring

from reactor.cli.junit import Timed, junit_report
from reactor.model.problem import Place
from reactor.model.rule import RuleTest, Step
from reactor.rehearsal import StepResult
from reactor.rehearsal import TestResult as Result
from tests.builders import PLACE


def a_test(rule, name, *faults):
    case = RuleTest(name=name, place=Place("rules.yaml", 7, 3), steps=())
    step = StepResult(
        number=1, step=Step(place=PLACE), fired=(), held=(), rows=(), wrong="" if faults else None
    )
    return Timed(Result(rule=rule, test=case, steps=(step,)), 0.25, faults)


def reported(*tests):
    return fromstring(junit_report(tests))  # noqa: S314 -- what we wrote ourselves


def test_each_rule_is_a_suite_and_each_of_its_tests_a_case():
    root = reported(a_test("a", "one"), a_test("b", "two", "step 1", "step 2"), a_test("a", "3"))

    totals = {"tests": "3", "failures": "1", "errors": "0", "skipped": "0", "time": "0.750000"}
    assert (root.tag, root.attrib) == ("testsuites", totals)
    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [("a", "2"), ("b", "1")]
    assert root[0][0].attrib == {
        "classname": "a",
        "name": "one",
        "file": "rules.yaml",
        "line": "7",
        "time": "0.250000",
    }
    (failure,) = root[1][0]
    assert (failure.tag, failure.get("message"), failure.text) == (
        "failure",
        "step 1",
        "step 1\nstep 2",
    )


def test_what_xml_cannot_hold_is_replaced_and_the_rest_escaped():
    root = reported(a_test("<&>", 'a\x07"\ud7ff', "\x1b[31m & so"))

    case = root[0][0]
    assert (root[0].get("name"), case.get("name")) == ("<&>", 'a\ufffd"\ud7ff')
    assert case[0].text == "\ufffd[31m & so"


def test_without_tests_the_report_is_empty():
    root = reported()

    assert (len(root), root.get("tests")) == (0, "0")
