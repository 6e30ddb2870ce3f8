"""Keeps docs/http.md true: every requirement has cases, every case is named, every name exists."""

import document
import pytest
from requirements import BY_KEY, REQUIREMENTS
from wirecases import CASES


@pytest.fixture(autouse=True)
def only_once(subject_name):
    if subject_name != "wakeproxy":
        pytest.skip("about our own page")


def test_each_requirement_has_a_case():
    found = document.cases_by_requirement()
    assert [row.key for row in REQUIREMENTS if not found[row.key]] == []


def test_each_case_has_requirements():
    assert [case.id for case in CASES if not case.reqs] == []
    assert [key for case in CASES for key in case.reqs if key not in BY_KEY] == []


def test_the_map_is_current():
    assert (
        document.PAGE.read_text(encoding="utf-8") == document.page()
    ), "run tests/wire/document.py"


def test_the_map_names_each_case_and_no_other():
    text = document.PAGE.read_text(encoding="utf-8")
    table = text.split(document.BEGIN, 1)[1].split(document.END, 1)[0]
    cells = [line.split("|")[-2] for line in table.splitlines() if line.startswith("| ")]
    named = {ident for cell in cells for ident in document.expand(cell)}
    assert named == {case.id for case in CASES}


def test_the_text_names_only_cases_that_exist():
    """Ids in the page's own text, written as `case:id`."""
    known = {case.id for case in CASES}
    text = document.PAGE.read_text(encoding="utf-8")
    named = [part[5:] for part in document.re.findall(r"`(case:[a-z0-9-]+)`", text)]
    assert [ident for ident in named if ident not in known] == []


def test_there_are_many_cases_both_ways():
    answers = [
        case
        for case in CASES
        if any(isinstance(step, bytes) for answer in case.answers for step in answer)
    ]
    assert len(CASES) > 1000 and len(answers) > 300
