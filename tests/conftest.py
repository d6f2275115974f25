"""What several test modules share."""

from __future__ import annotations

import os

import pytest

# Programs that only tests run; enumlab.peers names the packages of the others.
PACKAGES = {
    "chromium": "chromium",
    "dnsperf": "dnsperf",
    "git": "git",
    "node": "nodejs",
    "npm": "npm",
}


def need(program: str) -> str:
    """Path of a real program; without it the test fails where CI=true, and is skipped elsewhere."""
    from enumlab import peers  # here, so that a fault in one room does not stop every test

    path = peers.find(program)
    if path is not None:
        return path
    package = (PACKAGES | peers.PACKAGES).get(program, program)
    why = f"{program} is not on this machine (Debian package: {package})"
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


@pytest.fixture(scope="session", name="need")
def _need():
    """The function `need`, for a test to call: `named = need("named")`."""
    return need
