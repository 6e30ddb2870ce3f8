"""Plays every case once, whole, and every refusal also in pieces."""

import pytest

from wirecases import CASES
from wirekit.world import judge


def peers_only_rfc(case, subject_name):
    if subject_name != "wakeproxy" and (case.ours or case.config != "plain"):
        pytest.skip("shows a choice of ours, not a rule of the RFCs")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case, worlds, subject_name):
    peers_only_rfc(case, subject_name)
    problems = judge(worlds(case.config), case, lenient=subject_name != "wakeproxy")
    assert not problems, "\n".join(problems)


def byte_by_byte(data):
    return [data[at : at + 1] for at in range(len(data))] if len(data) <= 600 else [data]


def cut(share):
    def pieces(data):
        at = max(1, len(data) * share // 100)
        return [piece for piece in (data[:at], data[at:]) if piece]

    return pieces


SPLITS = {
    "bytewise": byte_by_byte,
    "cut-at-30": cut(30),
    "cut-at-60": cut(60),
    "cut-before-last": lambda data: [piece for piece in (data[:-1], data[-1:]) if piece],
}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("case", [case for case in CASES if case.splits], ids=lambda case: case.id)
def test_split(case, split, worlds, subject_name):
    if subject_name != "wakeproxy":
        pytest.skip("peers are judged on whole cases")
    problems = judge(worlds(case.config), case, pieces=SPLITS[split])
    assert not problems, "\n".join(problems)
