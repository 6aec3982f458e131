# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's life with the packages: install, switch on, upgrade, reboot, take
off, put back, break in the middle, purge. At every moment root and a local user
can log in, at the console where no daemon is to be asked, and the running sshd
stays as it is."""

import contextlib
import json
import re
import time

import pexpect
import pytest

from cloxxs_world import Typist, converse
from machine import KEY, SSH, wait_until

ROOT, JAN, ANNA = "plum Cart 41 ladder", "grey Tram 7 saucer", "tall Oak 93 violin"
STACKS = ("/etc/pam.d", "/etc/pam.conf", "/etc/nsswitch.conf", "/etc/ssh")
DATA = ("/etc/cloxxs", "/var/lib/cloxxs", "/var/backups/cloxxs")
SNIPPET = "/etc/ssh/sshd_config.d/10-cloxxs.conf"
EXAMPLE = "/usr/share/doc/cloxxs/examples/10-cloxxs.conf"
OURS = ("cloxxs", "cloxxsd", "libpam-cloxxs", "libnss-cloxxs")
PAM_AUTH_UPDATE = "/usr/sbin/pam-auth-update"
LOCAL_USER = f"""
useradd -m -s /bin/bash jan
printf 'root:%s\\njan:%s\\n' '{ROOT}' '{JAN}' | chpasswd
adduser -q jan sudo 2>/dev/null || usermod -aG sudo jan
mkdir -p -m 0700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f {KEY}
cp {KEY}.pub /root/.ssh/authorized_keys
install -d -o jan -g jan -m 0700 /home/jan/.ssh
install -o jan -g jan -m 0600 {KEY}.pub /home/jan/.ssh/authorized_keys
echo 'anna ALL=(ALL) ALL' >/etc/sudoers.d/anna
for user in root jan; do
	echo "* * * * * date +\\%s >>/tmp/cron-$user" | crontab -u $user -
done
! sshd -T | grep -qi '^persourcepenaltyexemptlist' ||
	echo 'PerSourcePenaltyExemptList 127.0.0.0/8' \\
		>/etc/ssh/sshd_config.d/50-test.conf
"""
# Logs in over and over, and writes down what came of it.
WATCH = f"""#!/bin/sh
# sshd listens nowhere for a moment when it reads its settings again.
enter() {{ {' '.join(SSH)} -o ConnectionAttempts=3 "$@" true </dev/null; }}
export SSH_ASKPASS=/root/askpass SSH_ASKPASS_REQUIRE=force
while [ ! -e /root/watch-end ]; do
	sleep 0.2
	for door in $1; do
		user=${{door#*:}}
		case $door in
		key:*) enter -o BatchMode=yes -i {KEY} "$user@127.0.0.1" ;;
		jan:*|anna:*)
			case $user in jan) ANSWER='{JAN}' ;; *) ANSWER='{ANNA}' ;; esac
			export ANSWER
			enter -o PubkeyAuthentication=no "$user@127.0.0.1" ;;
		esac >/root/watch-said 2>&1
		echo "$door $? $(date +%T) $(tr '\\n' ' ' </root/watch-said)"
	done
done
"""


@contextlib.contextmanager
def watched(machine, *users):
    """While it lasts these can log in, and sshd is the one that it was."""
    pid = machine.main_pid("ssh")
    doors = " ".join(["key:root", "key:jan", "jan:jan", *users])
    machine.run("rm", "-f", "/root/watch-end")
    watch = machine.begin("/root/watch", doors)
    try:
        yield
    finally:
        machine.run("touch", "/root/watch-end")
        # ssh ends what it says with "\r\n", of which one is left.
        said = watch.communicate(timeout=60)[0].replace("\r", " ")
    seen = said.splitlines()
    assert len(seen) >= 3, seen
    assert not [line for line in seen if line.split()[1:2] != ["0"]]
    assert machine.main_pid("ssh") == pid


def doors(machine, method="keyboard-interactive", afar=True):
    """Every way in for root and a local user: abuse_142. Without a daemon that
    can be asked, none but those of this host."""
    here = {
        "console root": machine.console("root", ROOT) == "root",
        "console jan": machine.console("jan", JAN) == "jan",
        "su": machine.su("65534", "jan", JAN) == "jan",
    }
    there = {
        "key root": machine.ssh_key("root").stdout == "root\n",
        "key jan": machine.ssh_key("jan").stdout == "jan\n",
        method: machine.ssh_answer(method, "jan", JAN).stdout == "jan\n",
        "sudo": machine.run(
            *SSH, "-i", KEY, "jan@127.0.0.1", "sudo -k -S -p '' id -un",
            stdin=JAN + "\n", check=False).stdout == "root\n",
        "sftp": "/etc/hostname" in machine.sftp("jan").stdout,
    }
    assert [door for door, open_ in here.items() if not open_] == []
    assert [door for door, open_ in there.items() if open_ != afar] == []


def cron_runs(machine, since):
    def ran():
        last = machine.shell(
            "tail -qn1 /tmp/cron-root /tmp/cron-jan 2>/dev/null || :").stdout
        times = [int(line) for line in last.split()]
        return len(times) == 2 and min(times) >= since
    wait_until(ran, 75, "cron")


def anna_says(machine, method="keyboard-interactive"):
    return machine.ssh_answer(method, "anna", ANNA).stdout


def assert_guarded(machine):
    assert machine.is_active("cloxxsd.service")
    assert anna_says(machine) == "anna\n"
    refused = machine.ssh_answer("keyboard-interactive", "anna", "a wrong one")
    assert refused.returncode != 0 and refused.stdout == ""
    # The right one takes the count back.
    assert anna_says(machine) == "anna\n"


@pytest.fixture(scope="module")
def before(machine):
    """The machine as it was; nothing of ours is on it."""
    machine.write("/root/askpass", '#!/bin/sh\nprintf "%s\\n" "$ANSWER"\n',
                  "0755")
    machine.write("/root/watch", WATCH, "0755")
    machine.reload_ssh(LOCAL_USER)
    doors(machine, "password")
    machine.use_repository(1)
    return machine.state_of(*STACKS)


def test_install_changes_no_login(machine, before):
    with watched(machine):
        said = machine.apt("install", "cloxxs").stdout
    assert "Next: cloxxsctl setup" in said
    doors(machine, "password")
    lines = machine.shell("cat /etc/nsswitch.conf").stdout
    assert re.findall(r"^(\w+):\s+files cloxxs$", lines, re.M) == [
        "passwd", "group"]
    assert without_nsswitch(machine.state_of(*STACKS)) == \
        without_nsswitch(before)
    for unit in ("cloxxsd.socket", "cloxxsd.service", "cloxxs-backup.timer",
                 "cloxxs-audit-confirm.timer"):
        assert not machine.is_active(unit)
        assert machine.run("systemctl", "is-enabled", unit,
                           check=False).stdout == "disabled\n"
    assert not machine.run("getent", "passwd", "66000",
                           check=False).stdout
    assert machine.run("id", "-un", "_cloxxs").stdout == "_cloxxs\n"


def without_nsswitch(state):
    return re.sub(r"(?m)^/etc/nsswitch.conf .*\n.*\n", "", state)


def test_switch_on(machine):
    machine.allow_loopback()
    with watched(machine):
        machine.run("cloxxsctl", "key", "create", "/etc/cloxxs/cloxxs.key")
        machine.run("systemctl", "enable", "--now", "cloxxsd.socket",
                    "cloxxsd.service", "cloxxs-backup.timer",
                    "cloxxs-audit-confirm.timer")
        added = json.loads(machine.run(
            "cloxxsctl", "user", "add", "anna", "--role", "administrator",
            "--services", "sshd,sudo", "--json").stdout)
        machine.run(PAM_AUTH_UPDATE, "--enable", "cloxxs")
    doors(machine, "password")
    machine.reload_ssh(f"cp {EXAMPLE} {SNIPPET}")
    first = converse(
        machine.argv("script", "-qec", " ".join(SSH) + " anna@127.0.0.1 id -un",
                     "/dev/null"),
        Typist(temporary_of(added), ANNA))
    assert "\nanna\n" in first.text, first.text
    assert_guarded(machine)
    doors(machine)


def temporary_of(reply):
    found = re.search(r'"temporary_password": "([^"]*)"', json.dumps(reply))
    return found.group(1)


def test_abuse_142_every_way_in(machine):
    """With the packages on; after removal they are asked again."""
    since = int(time.time())
    assert machine.ssh_key("anna").returncode != 0  # no key, no way
    machine.reload_ssh(
        "echo 'AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys-%u' "
        f">/etc/ssh/sshd_config.d/60-keys.conf; cp {KEY}.pub /etc/ssh/keys-anna")
    assert machine.ssh_key("anna").stdout == "anna\n"
    assert "/etc/hostname" in machine.sftp("anna").stdout
    assert machine.run(
        *SSH, "-i", KEY, "anna@127.0.0.1", "sudo -k -S -p '' id -un",
        stdin=ANNA + "\n", check=False).stdout == "root\n"
    # The mode that carries one password, for clients that know no other.
    machine.reload_ssh(f"mv {SNIPPET} /root/")
    assert anna_says(machine, "password") == "anna\n"
    doors(machine, "password")
    machine.reload_ssh(
        f"mv /root/10-cloxxs.conf {SNIPPET}; "
        "rm /etc/ssh/sshd_config.d/60-keys.conf /etc/ssh/keys-anna")
    cron_runs(machine, since)


def test_a_key_that_cloxxs_keeps(machine):
    """sshd asks for it as an account that the package made."""
    machine.run("cloxxsctl", "user", "key", "add", "anna", f"{KEY}.pub")
    assert machine.ssh_key("anna").stdout == "anna\n"
    fingerprint = machine.run("ssh-keygen", "-lf",
                              f"{KEY}.pub").stdout.split()[1]
    machine.run("cloxxsctl", "user", "key", "remove", "anna", fingerprint)
    assert machine.ssh_key("anna").returncode != 0


ASK = """
import socket
stream = socket.socket(socket.AF_UNIX)
stream.connect("/run/systemd/userdb/nl.cloxxs")
stream.sendall(b'{"method": "io.systemd.UserDatabase.GetUserRecord", '
               b'"parameters": {"service": "nl.cloxxs", '
               b'"userName": "anna"}}' + bytes(1))
print(stream.recv(65536).rstrip(bytes(1)).decode())
"""


def test_what_systemd_asks(machine):
    """It runs with the daemon, and stops with it."""
    told = json.loads(machine.run("python3", "-c", ASK).stdout)
    assert told["parameters"]["record"]["userName"] == "anna"
    machine.run("systemctl", "stop", "cloxxsd.service", "cloxxsd.socket")
    wait_until(lambda: not machine.is_active("cloxxs-userdb.service"), 30,
               "cloxxs-userdb to end")
    assert not machine.run("sh", "-c", "ls /run/cloxxs-userdb 2>/dev/null",
                           check=False).stdout
    machine.run("systemctl", "start", "cloxxsd.socket", "cloxxsd.service")
    assert machine.is_active("cloxxs-userdb.service")
    assert_guarded(machine)


def unseen_since(machine):
    return json.loads(machine.run("cloxxsctl", "status", "--json").stdout)[
        "unseen_since"]


def seen_in_the_journal(machine):
    """The unit looks, and says so of all that there is."""
    def looked():
        machine.run("systemctl", "start", "cloxxs-audit-confirm.service")
        return unseen_since(machine) is None

    wait_until(looked, 20, "the journal to have all records")
    assert machine.run(
        "systemctl", "show", "-P", "Result",
        "cloxxs-audit-confirm.service").stdout == "success\n"


NAMESPACE = """
mkdir -p /etc/systemd/system/cloxxsd.service.d
cp /usr/share/cloxxs/journald@cloxxs.conf /etc/systemd
cp /usr/share/cloxxs/journal-namespace.conf /etc/systemd/system/cloxxsd.service.d
systemctl daemon-reload && systemctl restart cloxxsd
"""


def test_records_are_looked_for(machine):
    """By the unit, in the host's journal and in one of Cloxxs alone."""
    seen_in_the_journal(machine)
    machine.shell(NAMESPACE)
    for shell in "/bin/sh", "/bin/bash":
        machine.run("cloxxsctl", "user", "set", "anna", "--shell", shell)
    seen_in_the_journal(machine)
    said = machine.run("journalctl", "--namespace=cloxxs", "-o", "json", "-q",
                       "CLOXXS_EVENT=user-changed").stdout
    assert "CLOXXS_SEQ" in said
    assert machine.run(
        "systemctl", "show", "-P", "LogRateLimitBurst",
        "cloxxsd.service").stdout == "10000000\n"
    machine.shell("rm -r /etc/systemd/system/cloxxsd.service.d "
                  "/etc/systemd/journald@cloxxs.conf; "
                  "systemctl daemon-reload && systemctl restart cloxxsd")
    seen_in_the_journal(machine)
    # One that was stopped is not started by it.
    machine.run("systemctl", "stop", "cloxxsd.socket", "cloxxsd.service")
    machine.run("systemctl", "start", "cloxxs-audit-confirm.service")
    assert not machine.is_active("cloxxsd.socket")
    assert not machine.is_active("cloxxsd.service")
    machine.run("systemctl", "start", "cloxxsd.socket", "cloxxsd.service")


def test_upgrade(machine):
    """An open session and a question that stands outlive it; no login fails."""
    session = session_of(machine)
    daemon = machine.main_pid("cloxxsd")
    socket = machine.run("stat", "-c", "%i", "/run/cloxxs/cloxxsd.sock").stdout
    old = machine.shell("dpkg-query -W -f '${Version}' cloxxsd").stdout
    machine.use_repository(2)
    with watched(machine, "anna:anna"):
        machine.apt("install", "--only-upgrade", *OURS)
    assert machine.shell(
        "dpkg-query -W -f '${Version}' cloxxsd").stdout == old + "+1"
    assert machine.main_pid("cloxxsd") not in (0, daemon)
    assert socket == machine.run(
        "stat", "-c", "%i", "/run/cloxxs/cloxxsd.sock").stdout
    assert_guarded(machine)
    # abuse_136: the old module, in the session's sshd, and the new daemon.
    session.sendline("echo still-$(id -un)")
    session.expect("still-anna")
    session.sendline("exit")
    session.expect("Connection to 127.0.0.1 closed|closed by remote|$")
    session.close()
    doors(machine)


def session_of(machine):
    words = machine.argv("script", "-qec",
                         " ".join(SSH) + " -t anna@127.0.0.1 /bin/sh",
                         "/dev/null")
    session = pexpect.spawn(words[0], words[1:], encoding="utf-8", timeout=20)
    session.expect("assword: ")
    session.sendline(ANNA)
    session.expect(r"[$] ")
    return session


def test_abuse_136_question_over_an_upgrade(machine):
    """A question of the old daemon is answered to the new one: a clean no."""
    words = machine.argv("script", "-qec",
                         " ".join(SSH) + " anna@127.0.0.1 id -un", "/dev/null")
    asked = pexpect.spawn(words[0], words[1:], encoding="utf-8", timeout=20)
    asked.expect("assword: ")
    with watched(machine):
        machine.apt("install", "--reinstall", *OURS)
    asked.sendline(ANNA)
    begun = time.monotonic()
    asked.expect(pexpect.EOF)
    assert "anna" not in asked.before.split()
    assert time.monotonic() - begun < 10
    asked.close()
    assert_guarded(machine)


def test_abuse_136_downgrade(machine):
    old = machine.shell("ls /repository/1 | "
                        "sed -n 's/^cloxxsd_\\(.*\\)_.*/\\1/p'").stdout.strip()
    machine.use_repository(1)
    with watched(machine):
        machine.apt("install", "--allow-downgrades",
                    *(f"{name}={old}" for name in OURS))
    assert_guarded(machine)


def test_abuse_28_boot_with_cloxxs_first(machine):
    """Nothing at boot waits for us, and nothing at boot needs us."""
    machine.shell("cp /etc/nsswitch.conf /root/; "
                  "sed -i -E 's/^(passwd|group):.*/\\1: cloxxs files/' "
                  "/etc/nsswitch.conf; systemctl disable cloxxsd.socket "
                  "cloxxsd.service 2>/dev/null")
    machine.stop()
    assert machine.boot() < 60
    assert not machine.is_active("cloxxsd.service")
    took = machine.shell("""
        begin=$(date +%s%N)
        id root >/dev/null; id anna >/dev/null; ! id nobody-there 2>/dev/null
        getent initgroups jan >/dev/null
        echo $((($(date +%s%N) - begin) / 1000000))""").stdout
    assert int(took) < 500
    doors(machine, afar=False)
    machine.shell("systemctl enable cloxxsd.socket cloxxsd.service")
    machine.stop()
    assert machine.boot() < 60
    assert_guarded(machine)
    doors(machine)
    machine.run("cp", "/root/nsswitch.conf", "/etc/nsswitch.conf")


def test_remove_refuses_to_lock_out(machine):
    machine.write("/etc/pam.d/shop", "auth required pam_cloxxs.so\n")
    with watched(machine):
        done = machine.apt("remove", *OURS, check=False)
    assert done.returncode != 0
    assert "/etc/pam.d/shop:auth required pam_cloxxs.so" in (
        done.stdout + done.stderr)
    assert_guarded(machine)
    machine.run("rm", "/etc/pam.d/shop")


def test_remove(machine, before):
    since = int(time.time())
    kept = machine.state_of(*DATA[:2])
    with watched(machine):
        said = machine.apt("remove", *OURS).stdout
    assert f"{SNIPPET} is removed" in said
    assert machine.state_of(*STACKS) == before
    sshd_is_as_before(machine)
    assert not machine.is_active("cloxxsd.service")
    assert machine.run("test", "-e", "/run/cloxxs/cloxxsd.sock",
                       check=False).returncode != 0
    assert set(files_of(kept)) - set(files_of(machine.state_of(*DATA[:2]))) \
        <= {"/var/lib/cloxxs/private/store.db-wal",
            "/var/lib/cloxxs/private/store.db-shm"}
    assert "/etc/cloxxs/cloxxs.key" in kept
    assert "/var/lib/cloxxs/private/store.db" in kept
    doors(machine, "password")
    cron_runs(machine, since)


def sshd_is_as_before(machine):
    """It was told to read its settings again, without being asked for it."""
    wait_until(lambda: machine.ssh_answer("password", "jan", JAN).stdout ==
               "jan\n", 10, "sshd to ask as it did before")


def files_of(state):
    return re.findall(r"(?m)^(/\S+) ", state)


def test_reinstall(machine):
    """The users are there still; the profile waits to be switched on."""
    with watched(machine):
        machine.apt("install", "cloxxs")
    assert machine.is_active("cloxxsd.service")
    assert machine.is_active("cloxxs-backup.timer")
    assert machine.is_active("cloxxs-audit-confirm.timer")
    assert machine.run("id", "-un", "anna").stdout == "anna\n"
    assert "pam_cloxxs" not in machine.shell(
        "cat /etc/pam.d/common-*").stdout
    machine.run(PAM_AUTH_UPDATE, "--enable", "cloxxs")
    machine.reload_ssh(f"cp {EXAMPLE} {SNIPPET}")
    assert_guarded(machine)


@contextlib.contextmanager
def in_place_of_pam_auth_update(machine, script):
    machine.run("mv", PAM_AUTH_UPDATE, PAM_AUTH_UPDATE + ".real")
    machine.write(PAM_AUTH_UPDATE, script, "0755")
    try:
        yield
    finally:
        machine.run("mv", PAM_AUTH_UPDATE + ".real", PAM_AUTH_UPDATE)


def test_dpkg_is_killed_in_the_middle(machine):
    machine.use_repository(2)
    with watched(machine, "anna:anna"), in_place_of_pam_auth_update(
            machine, "#!/bin/sh\nkillall -9 dpkg 2>/dev/null || "
            "kill -9 $(pidof dpkg)\nexit 1\n"):
        assert machine.apt("install", "--only-upgrade", *OURS,
                           check=False).returncode != 0
    said = machine.apt("install", "cloxxs", check=False)
    assert "dpkg --configure -a" in said.stdout + said.stderr
    doors(machine)
    assert_guarded(machine)
    machine.run("dpkg", "--configure", "-a")
    assert machine.run("dpkg", "--audit").stdout == ""
    assert_guarded(machine)


def test_postinst_fails(machine):
    machine.run("dpkg", "-r", "cloxxs", "libpam-cloxxs")
    with watched(machine), in_place_of_pam_auth_update(
            machine, "#!/bin/sh\necho 'pam-auth-update: no space left' >&2\n"
            "exit 1\n"):
        done = machine.apt("install", "cloxxs", check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "pam-auth-update: no space left" in said
    assert "libpam-cloxxs" in said.rpartition("Errors were encountered")[2]
    sshd_is_as_before(machine)
    doors(machine, "password")
    machine.run("dpkg", "--configure", "-a")
    assert machine.run("dpkg", "--audit").stdout == ""


def test_purge(machine, before):
    with watched(machine):
        said = machine.apt("purge", *OURS).stdout
    assert "the key is removed" in said
    assert machine.state_of(*STACKS) == before
    left = machine.shell("for path in " + " ".join(DATA) + " /run/cloxxs; "
                         "do [ ! -e $path ] || echo $path; done; "
                         "find /etc /usr /run -name '*cloxxs*'").stdout
    assert left == ""
    doors(machine, "password")


def assert_sound(machine):
    """The doctor finds nothing, but for what a container does not have, and
    that it is administered from anywhere."""
    machine.run("cloxxsctl", "key", "recovery", "--identity",
                "/root/identity.txt")
    machine.run("systemctl", "start", "cloxxs-backup.service")
    answer = json.loads(machine.run("cloxxsctl", "doctor", "--all", "--json",
                                    check=False).stdout)
    assert [one for one in answer["findings"]
            if one["check"] not in ("clock", "administrator-networks")
            and one["severity"] in ("error", "warning")] == []
    assert "packages" in [one["check"] for one in answer["findings"]
                          if one["severity"] == "ok"]


def test_two_commands_to_a_guarded_login(machine, before):
    """Bare again: install, setup, ssh. Setup undo takes its part back."""
    begun = time.monotonic()
    with watched(machine):
        machine.apt("install", "cloxxs")
        machine.set_up("anna", ANNA)
    assert time.monotonic() - begun < 180
    assert_guarded(machine)
    doors(machine)
    assert_sound(machine)
    with watched(machine):
        machine.run("cloxxsctl", "setup", "undo", "--yes")
    doors(machine, "password")
