# SPDX-License-Identifier: GPL-3.0-or-later
"""abuse_132: the kernel takes memory, tasks, files or time away from the
daemon. It is back within five seconds, as often as it is killed; who is locked
stays locked; nobody gets in for whom no daemon spoke; root on the console needs
none."""

import contextlib
import json
import os
import threading
import time

import pytest

from machine import ASKPASS, KEY, SSH, wait_until
from memory_limit import memory_limit

UNIT = "cloxxsd.service"
ROOT, ANNA = "plum Cart 41 ladder", "tall Oak 93 violin"
BEN = "grey Tram 7 saucer"
DROPIN = f"/run/systemd/system/{UNIT}.d/50-test.conf"
BACK_S = 5
# As the kernel calls them.
LIMITS = {"fsize": "Max file size", "cpu": "Max cpu time",
          "nofile": "Max open files", "as": "Max address space",
          "nproc": "Max processes"}
# A daemon needs less, and the hash of one login more.
LITTLE = 40 << 20
# Nothing that a test here does is what sshd or we punish an address for.
CONFIGURATION = "[throttle]\nexempt = 127.0.0.0/8\n"
PREPARE = f"""
printf 'root:%s\\n' '{ROOT}' | chpasswd
mkdir -p -m 0700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f {KEY}
cp {KEY}.pub /root/.ssh/authorized_keys
! sshd -T | grep -qi '^persourcepenaltyexemptlist' ||
	echo 'PerSourcePenaltyExemptList 127.0.0.0/8' \\
		>/etc/ssh/sshd_config.d/50-test.conf
"""
# Comes with the right password of who is locked, over and over.
KNOCK = f"""#!/bin/sh
export SSH_ASKPASS={ASKPASS} SSH_ASKPASS_REQUIRE=force ANSWER='{BEN}'
while [ ! -e /root/knock-end ]; do
	{' '.join(SSH)} -o PubkeyAuthentication=no ben@127.0.0.1 id -un </dev/null
	echo "exit status $?"
	sleep 0.2
done
"""


@pytest.fixture(scope="module")
def guarded(new_machine):
    """With anna, who may log in, and ben, who is locked."""
    machine = new_machine()
    machine.write(ASKPASS, '#!/bin/sh\nprintf "%s\\n" "$ANSWER"\n', "0755")
    machine.write("/root/knock", KNOCK, "0755")
    machine.use_repository(1)
    machine.reload_ssh(PREPARE)
    machine.apt("install", "cloxxs")
    machine.write("/etc/cloxxs/cloxxsd.conf.d/20-test.conf", CONFIGURATION)
    machine.set_up("anna", ANNA)
    said = machine.run("cloxxsctl", "user", "add", "ben", "--services",
                       "sshd").stdout
    machine.first_login("ben", said, BEN)
    for _ in range(3):
        machine.ssh_answer("keyboard-interactive", "ben", "a wrong one")
    assert is_locked(machine)
    return machine


def is_locked(machine):
    said = machine.run("cloxxsctl", "user", "show", "ben", "--json").stdout
    return json.loads(said)["user"]["locked"]


def says(machine, user, password):
    return machine.ssh_answer("keyboard-interactive", user, password).stdout


def answers(machine):
    return machine.run("timeout", "2", "cloxxsctl", "status",
                       check=False).returncode == 0


def is_up(machine):
    return machine.main_pid(UNIT) != 0 and answers(machine)


def n_restarts(machine):
    return int(machine.run("systemctl", "show", "-P", "NRestarts",
                           UNIT).stdout)


def n_allowed(machine):
    """Records of logins of anna that a daemon allowed."""
    said = machine.run("journalctl", "-q", "-u", UNIT, "-o", "cat").stdout
    return said.count("login-allowed: user=anna ")


def wait_back(machine, since):
    """A daemon answers, within the time."""
    wait_until(lambda: is_up(machine), BACK_S, "the daemon to be back")
    took = time.monotonic() - since
    assert took <= BACK_S, f"back after {took:.1f} s"


class Fall(threading.Thread):
    """Sees the daemon that runs now end, and another one answer."""

    def __init__(self, machine):
        super().__init__(daemon=True)
        self.machine, self.error = machine, None
        self.pid = machine.host_pid(machine.main_pid(UNIT))
        self.start()

    def run(self):
        try:
            wait_until(lambda: not os.path.exists(f"/proc/{self.pid}"), 30,
                       "the daemon to be killed")
            wait_back(self.machine, time.monotonic())
        except BaseException as error:  # shown by the test
            self.error = error

    def check(self):
        self.join()
        if self.error:
            raise self.error


@contextlib.contextmanager
def nobody_slips_in(machine):
    """While it lasts ben stays out, and when it ends all is as it was."""
    machine.run("rm", "-f", "/root/knock-end")
    knocks = machine.begin("/root/knock")
    try:
        yield
    finally:
        machine.run("touch", "/root/knock-end")
        said = knocks.communicate(timeout=120)[0].splitlines()
    wait_until(lambda: is_up(machine), BACK_S, "the daemon to be back")
    assert "ben" not in said and "exit status 0" not in said, said
    assert len([line for line in said if "exit status" in line]) >= 1, said
    assert is_locked(machine)
    assert says(machine, "ben", BEN) == ""
    assert says(machine, "anna", "a wrong one") == ""
    assert says(machine, "anna", ANNA) == "anna\n"


def test_abuse_132_killed_for_memory(guarded):
    """With each knock, ten times in a row: that is no reason to give up."""
    before, n_before, n_in = n_restarts(guarded), n_allowed(guarded), 0
    with nobody_slips_in(guarded), memory_limit(guarded, LITTLE) as limit:
        for _ in range(10):
            fall = Fall(guarded)
            limit.hold()
            fall.check()
        # A right password too, of which a daemon dies or does not.
        limit.hold()
        n_in += says(guarded, "anna", ANNA) == "anna\n"
        assert guarded.console("root", ROOT) == "root"
    assert n_restarts(guarded) >= before + 10
    # For each time that she got in, the last one too, a daemon said so.
    wait_until(lambda: n_allowed(guarded) == n_before + n_in + 1, 10,
               "the records of who got in")
    killed = guarded.run("journalctl", "-q", "-u", UNIT, "-o", "cat").stdout
    assert "status=9/KILL" in killed


# Each so little that no daemon can start.
@pytest.mark.parametrize("limit, n", [
    ("LimitNPROC=1", 12),  # fails as TasksMax= does: no thread
    ("LimitAS=24M", 2),
    ("LimitNOFILE=4", 2),
    ("LimitFSIZE=0", 2),
])
def test_abuse_132_too_little_to_start(guarded, limit, n):
    """Tried for ever; but for root on the console nobody gets in."""
    with nobody_slips_in(guarded):
        guarded.write(DROPIN, f"[Service]\n{limit}\n")
        guarded.run("systemctl", "daemon-reload")
        before = n_restarts(guarded)
        guarded.run("systemctl", "kill", "--kill-whom=main",
                    "--signal=KILL", UNIT)
        try:
            wait_until(lambda: n_restarts(guarded) >= before + n, 60,
                       f"{n} starts to fail")
            assert not answers(guarded)
            assert says(guarded, "anna", ANNA) == ""
            # What systemd says meanwhile can stand in the prompt's way.
            wait_until(lambda: guarded.console("root", ROOT) == "root", 90,
                       "root to get in on the console")
            # From afar root too must be asked about.
            assert guarded.ssh_key("root").stdout == ""
        finally:
            guarded.run("rm", DROPIN)
            guarded.run("systemctl", "daemon-reload")
        wait_back(guarded, time.monotonic())


def change_limit(machine, pid, name, soft):
    """As the daemon's own user: also where root of a machine may not."""
    return machine.run("setpriv", "--reuid", "_cloxxs", "--regid", "_cloxxs",
                       "--clear-groups", "prlimit", "--pid", pid,
                       f"--{name}={soft}:")


# What the running daemon hits, whether that kills it, and whether it answers.
@pytest.mark.parametrize("limit, soft, kills, lets_in", [
    ("fsize", 0, True, False),
    ("cpu", 1, True, False),
    ("nofile", 4, False, False),
    ("as", 1 << 20, False, False),
    # Its threads are all there: what it does for users needs no other.
    ("nproc", 1, False, True),
])
def test_abuse_132_hits_a_limit(guarded, limit, soft, kills, lets_in):
    pid = guarded.main_pid(UNIT)
    before = guarded.run("awk", f"/{LIMITS[limit]}/ {{ print $(NF - 2) }}",
                         f"/proc/{pid}/limits").stdout.strip()
    with nobody_slips_in(guarded):
        fall = Fall(guarded) if kills else None
        change_limit(guarded, pid, limit, soft)
        if kills:
            fall.check()  # by what the knocks make it do
        else:
            assert says(guarded, "anna", ANNA) == ("anna\n" if lets_in else "")
            change_limit(guarded, pid, limit, before)
            wait_back(guarded, time.monotonic())
    assert (guarded.main_pid(UNIT) == pid) != kills
