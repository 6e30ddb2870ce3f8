"""Fixtures of the integration tests: wakeproxy processes, upstreams and apps, each in the test's own
folder, each ended and checked by the fixture."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import wake  # noqa: E402
from origin import Origin  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "heavy: needs the machine for itself, and no sanitizer")
    if not os.access(wake.BINARY, os.X_OK):
        raise pytest.UsageError(f"no binary at {wake.BINARY}: run tests/run gcc, or set WAKEPROXY")
    wake.raise_nofile()
    config.option.timeout = config.option.timeout or 180


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path)


@pytest.fixture
def make_wakeproxy(folder):
    made = []

    def make(binary=None):
        wp = wake.Wakeproxy(folder, binary)
        made.append(wp)
        return wp

    yield make
    # Several share the folder (a restart): all must have ended before what is left is looked for.
    try:
        for wp in made[:-1]:
            wp.end()
    finally:
        for wp in reversed(made):
            wp.close()


@pytest.fixture
def wakeproxy(make_wakeproxy):
    return make_wakeproxy()


@pytest.fixture
def make_origin():
    made = []

    def make(*args, **options):
        origin = Origin(*args, **options)
        made.append(origin)
        return origin

    yield make
    for origin in made:
        origin.close()


@pytest.fixture
def origin(make_origin):
    return make_origin()


@pytest.fixture
def make_app(folder):
    def make(name="app", **options):
        return wake.App(folder, name, **options)

    return make


@pytest.fixture
def app(make_app):
    return make_app()
