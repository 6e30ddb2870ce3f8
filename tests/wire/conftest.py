"""Fixtures of the wire suite: one proxy of each configuration, one reactor, for all its cases."""

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from wirekit.subjects import Subject  # noqa: E402
from wirekit.world import World  # noqa: E402


def pytest_addoption(parser):
    group = parser.getgroup("wire")
    group.addoption(
        "--subject",
        default="wakeproxy",
        choices=["wakeproxy", "haproxy", "nginx"],
        help="whom to judge",
    )
    group.addoption(
        "--wakeproxy-bin",
        default=os.environ.get("WAKEPROXY_BIN"),
        help="the wakeproxy binary (or WAKEPROXY_BIN)",
    )


@pytest.fixture(scope="session")
def subject_name(request):
    return request.config.getoption("--subject")


@pytest.fixture(scope="module")
def worlds(request, subject_name):
    """worlds(config) is the reactor around a running proxy; started on first use."""
    started = {}

    def world(config="plain"):
        if config not in started:
            reactor = World(5.0 if subject_name == "wakeproxy" else 1.5)
            binary = request.config.getoption("--wakeproxy-bin")
            subject = Subject(
                subject_name,
                reactor.up_address,
                config,
                binary if subject_name == "wakeproxy" else None,
            )
            reactor.proxy = subject.address
            started[config] = (reactor, subject)
        return started[config][0]

    yield world
    problems = []
    for config, (reactor, subject) in started.items():
        problems += [f"{subject_name} ({config}) {text}" for text in subject.stop()]
        reactor.close()
    assert not problems, "\n".join(problems)
