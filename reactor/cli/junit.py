"""How tests went, as JUnit XML: what continuous integration reads
(https://github.com/testmoapp/junitxml)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reactor.rehearsal import TestResult

# What XML 1.0 §2.2 does not let in, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Timed:
    """A test that was run, how many seconds it took, and per step that went otherwise a line that
    says how."""

    result: TestResult
    seconds: float
    faults: tuple[str, ...]


def junit_report(tests: Sequence[Timed]) -> bytes:
    """The report: a suite for each rule, a case for each of its tests."""
    root = Element("testsuites", _totals(tests))
    for rule in dict.fromkeys(each.result.rule for each in tests):
        own = [each for each in tests if each.result.rule == rule]
        suite = SubElement(root, "testsuite", {"name": _text(rule), **_totals(own)})
        for each in own:
            _add_case(suite, each)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _totals(tests: Sequence[Timed]) -> dict[str, str]:
    return {
        "tests": str(len(tests)),
        "failures": str(sum(not each.result.passed for each in tests)),
        "errors": "0",
        "skipped": "0",
        "time": _seconds(sum(each.seconds for each in tests)),
    }


def _add_case(suite: Element, each: Timed) -> None:
    test = each.result.test
    case = SubElement(
        suite,
        "testcase",
        {
            "classname": _text(each.result.rule),
            "name": _text(test.name),
            "file": _text(test.place.file),
            "line": str(test.place.line),
            "time": _seconds(each.seconds),
        },
    )
    if each.faults:
        failure = SubElement(case, "failure", {"message": _text(each.faults[0]), "type": "step"})
        failure.text = _text("\n".join(each.faults))


def _seconds(span: float) -> str:
    return f"{span:.6f}"


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
