# SPDX-License-Identifier: GPL-3.0-or-later
"""So much memory and no more for cloxxsd, of which the kernel kills whoever
takes more: MemoryMax= where the machine's systemd can say so, else a control
group of the first version, around the machine. Nothing here decides whether
what comes of it is right."""

import contextlib
import os
import pathlib

import pytest

UNIT = "cloxxsd.service"
CONTROLS = f"/sys/fs/cgroup/system.slice/{UNIT}/memory.max"
FIRST_VERSION = pathlib.Path("/sys/fs/cgroup/memory")


class Property:
    """The limit of the unit: each new daemon has it."""

    def __init__(self, machine, n_bytes):
        self.machine = machine
        self.set(str(n_bytes))

    def set(self, value):
        self.machine.run("systemctl", "set-property", "--runtime", UNIT,
                         f"MemoryMax={value}")

    def hold(self):
        """Of the daemon that runs now."""

    def lift(self):
        self.set("infinity")


class Group:
    """A group that holds whom it is told to hold."""

    def __init__(self, machine, n_bytes):
        self.machine = machine
        self.path = FIRST_VERSION / f"cloxxs-boot-{os.getpid()}"
        self.path.mkdir()
        (self.path / "memory.limit_in_bytes").write_text(str(n_bytes))

    def hold(self):
        pid = self.machine.host_pid(self.machine.main_pid(UNIT))
        (self.path / "cgroup.procs").write_text(str(pid))

    def lift(self):
        """Whom it still holds goes back to where it stands."""
        for pid in (self.path / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                (FIRST_VERSION / "cgroup.procs").write_text(pid)
        self.path.rmdir()


@contextlib.contextmanager
def memory_limit(machine, n_bytes):
    if machine.run("test", "-e", CONTROLS, check=False).returncode == 0:
        limit = Property(machine, n_bytes)
    elif (FIRST_VERSION / "cgroup.procs").exists():
        limit = Group(machine, n_bytes)
    else:
        pytest.skip("no memory control group")
    try:
        yield limit
    finally:
        limit.lift()
