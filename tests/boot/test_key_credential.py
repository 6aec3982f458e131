# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit with a key file that systemd encrypts: to the host's own key, and to
a TPM. systemd itself decrypts it, at each start of the unit."""

import json

import pytest

import software_tpm
from machine import ASKPASS, KEY, wait_until

ROOT, ANNA = "plum Cart 41 ladder", "tall Oak 93 violin"
PLAIN, CRED = "/etc/cloxxs/cloxxs.key", "/etc/cloxxs/cloxxs.key.cred"
IDENTITY = "/root/identity.txt"
SECRET = "/var/lib/systemd/credential.secret"
KINDS = ("host", "tpm2")


class Keeper:
    """What keeps the key of a machine."""

    def __init__(self, machine, kind):
        self.machine, self.kind = machine, kind

    def renew(self):
        if self.kind == "tpm2":
            software_tpm.renew(self.machine)

    def restart(self, check=True):
        self.renew()
        return self.machine.run("systemctl", "restart", "cloxxsd.service",
                                check=check)

    def exchange(self):
        """Another host's; called again, its own."""
        if self.kind == "tpm2":
            software_tpm.exchange(self.machine)
        else:
            self.machine.shell(f"""
                mv {SECRET} {SECRET}.now
                [ ! -e {SECRET}.other ] || mv {SECRET}.other {SECRET}
                systemd-creds setup
                mv {SECRET}.now {SECRET}.other""")


@pytest.fixture(scope="module", params=KINDS)
def keeper(request, new_machine):
    """A server that setup has made ready, with the key in a plain file."""
    machine = new_machine(software_tpm.ENVIRONMENT)
    machine.write(ASKPASS, '#!/bin/sh\nprintf "%s\\n" "$ANSWER"\n', "0755")
    machine.use_repository(1)
    if request.param == "tpm2":
        software_tpm.install(machine)
    machine.shell(f"""
        echo 'root:{ROOT}' | chpasswd
        mkdir -p -m 0700 /root/.ssh
        ssh-keygen -q -t ed25519 -N '' -f {KEY}
        cp {KEY}.pub /root/.ssh/authorized_keys
        # OpenSSH of Debian 13 makes an address wait that was refused.
        ! sshd -T | grep -qi '^persourcepenaltyexemptlist' ||
        	echo 'PerSourcePenaltyExemptList 127.0.0.0/8' \\
        		>/etc/ssh/sshd_config.d/90-test.conf
        systemctl reload ssh""")
    machine.apt("install", "cloxxs")
    machine.set_up("anna", ANNA)
    machine.run("cloxxsctl", "key", "recovery", "--identity", IDENTITY)
    return Keeper(machine, request.param)


def ctl(machine, *words, **options):
    return machine.run("cloxxsctl", *words, **options)


def roots(machine):
    said = json.loads(ctl(machine, "key", "list", "--json").stdout)
    return [root["id"] for root in said["roots"]]


def assert_guarded(machine):
    assert machine.is_active("cloxxsd.service")
    assert machine.ssh_answer("keyboard-interactive", "anna",
                              ANNA).stdout == "anna\n"
    assert machine.ssh_answer("keyboard-interactive", "anna",
                              "not this").returncode != 0


def test_the_unit_starts_with_it(keeper):
    machine = keeper.machine
    before = roots(machine)
    said = ctl(machine, "key", "create", CRED, "--with-key", keeper.kind,
               "--yes").stdout
    assert "systemctl daemon-reload && systemctl restart" in said
    machine.run("systemctl", "daemon-reload")
    keeper.restart()
    assert_guarded(machine)
    machine.run("shred", "-u", PLAIN)
    keeper.restart()
    assert_guarded(machine)
    assert roots(machine) == before
    # Nobody but the unit has it in clear.
    assert machine.run(
        "setpriv", "--reuid", "65534", "--clear-groups", "cat",
        "/run/credentials/cloxxsd.service/cloxxs.key",
        check=False).returncode != 0
    found = json.loads(ctl(machine, "doctor", "--all", "--json",
                           check=False).stdout)["findings"]
    assert [one for one in found if one["check"] in ("key", "unit")
            and one["severity"] not in ("ok", "note")] == []


def test_after_a_boot(keeper):
    keeper.machine.stop()
    keeper.machine.boot()
    assert_guarded(keeper.machine)


def test_rotation(keeper):
    machine = keeper.machine
    before = roots(machine)
    assert f"--with-key {keeper.kind}" in ctl(machine, "key", "rotate").stdout
    keeper.restart()
    assert_guarded(machine)
    assert roots(machine)[0] not in before
    assert machine.run("test", "-e", PLAIN, check=False).returncode != 0


def backup_of(machine):
    said = ctl(machine, "backup", "create", "--json").stdout
    return "/var/backups/cloxxs/" + json.loads(said)["backup"]["file"]


def restore(machine, path, **options):
    machine.run("systemctl", "stop", "cloxxsd.socket", "cloxxsd.service")
    return ctl(machine, "backup", "restore", path, "--identity", IDENTITY,
               "--allow", "users", "--yes", **options)


def start(keeper):
    keeper.renew()
    keeper.machine.run("systemctl", "reset-failed", "cloxxsd.service")
    keeper.machine.run("systemctl", "start", "cloxxsd.socket",
                       "cloxxsd.service")


def test_restore(keeper):
    machine = keeper.machine
    path = backup_of(machine)
    ctl(machine, "user", "add", "ben", "--services", "sshd")
    assert "ben goes" in restore(machine, path).stdout
    start(keeper)
    assert_guarded(machine)
    assert ctl(machine, "user", "show", "ben", check=False).returncode != 0


def test_damaged_store(keeper):
    """Nothing to compare with is left; the key opens what came back."""
    machine = keeper.machine
    path = backup_of(machine)
    machine.run("systemctl", "stop", "cloxxsd.socket", "cloxxsd.service")
    machine.shell("head -c 4096 /dev/zero | dd conv=notrunc status=none "
                  "of=/var/lib/cloxxs/private/store.db")
    assert ctl(machine, "recover", "check", check=False).returncode != 0
    ctl(machine, "backup", "restore", path, "--identity", IDENTITY,
        "--allow", "damaged", "--yes")
    start(keeper)
    assert_guarded(machine)


def test_another_host(keeper):
    """The unit does not start, restore says why, root gets in on the console;
    and with its own again all is as it was."""
    machine = keeper.machine
    path = backup_of(machine)
    keeper.exchange()
    keeper.restart(check=False)
    wait_until(lambda: "243" in machine.run(
        "systemctl", "show", "-P", "ExecMainStatus",
        "cloxxsd.service").stdout, 10, "the unit to fail")
    assert machine.ssh_answer("keyboard-interactive", "anna",
                              ANNA).returncode != 0
    assert machine.ssh_key("root").stdout == ""
    assert machine.console("root", ROOT) == "root"
    before = machine.state_of("/etc/cloxxs", "/var/lib/cloxxs/private")
    done = restore(machine, path, check=False)
    assert done.returncode == 1 and "another host or TPM" in done.stderr
    assert CRED in done.stderr
    assert machine.state_of("/etc/cloxxs", "/var/lib/cloxxs/private") == before
    keeper.exchange()
    start(keeper)
    assert_guarded(machine)
