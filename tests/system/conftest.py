# SPDX-License-Identifier: GPL-3.0-or-later
"""System tests run inside a world (tests/world/world), one world a module:

    tests/world/world --dest DIR -- /usr/bin/python3 -m pytest \\
        -p no:cacheprovider /src/tests/system/test_login.py

./check does that for every module. Outside a world they are skipped.
"""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "world"))

INSIDE = os.environ.get("CLOXXS_WORLD") == "full"


def pytest_collection_modifyitems(items):
    if not INSIDE:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="not inside a world"))


@pytest.fixture(autouse=True)
def services_run():
    """Each test begins with all services up, whatever the last one did."""
    import cloxxs_world as world
    if not world.installed():
        pytest.exit("cloxxsd is not installed in this world", 1)
    for service in world.journald, world.cloxxsd, world.sshd:
        service.thaw()
        service.start()
    yield


@pytest.fixture
def user(request):
    """A name nobody has yet."""
    return f"u{abs(hash(request.node.nodeid)) % 10**9}"
