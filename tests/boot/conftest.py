# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the packages in a booted Debian; ./check --boot runs them, with

    CLOXXS_BOOT_TREE          the tree to boot       (tests/boot/packages)
    CLOXXS_BOOT_REPOSITORIES  where 1 and 2 stand

The tests of a module are one story, on one machine: the first that fails ends
it.
"""

import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "world"))

TREE = os.environ.get("CLOXXS_BOOT_TREE")
REPOSITORIES = os.environ.get("CLOXXS_BOOT_REPOSITORIES")


def pytest_collection_modifyitems(items):
    if not (TREE and REPOSITORIES):
        for item in items:
            item.add_marker(pytest.mark.skip(reason="no tree to boot is given"))


@pytest.fixture(scope="module")
def new_machine():
    """Boots one; it goes with the module, or when another one is booted."""
    from machine import Machine
    made = []

    def destroy():
        while made:
            made.pop().destroy()

    def boot(environment=None):
        destroy()
        scratch = tempfile.mkdtemp(prefix="cloxxs-boot.")
        made.append(Machine(TREE, REPOSITORIES, scratch,
                            f"cloxxs-{os.getpid()}", environment))
        made[0].boot()
        return made[0]

    yield boot
    destroy()


@pytest.fixture(scope="module")
def machine(new_machine):
    return new_machine()
