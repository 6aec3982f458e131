# SPDX-License-Identifier: GPL-3.0-or-later
"""A booted Debian in a container, driven from outside.

The tree below it is never changed: what happens is written to an overlay that
goes with the machine. It has no network but its own loopback. Nothing here
decides whether what it sees is right.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pexpect

from cloxxs_world import Typist, converse

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SSH = ("ssh", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
       "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=10",
       "-o", "NumberOfPasswordPrompts=1")
KEY = "/root/.ssh/id_ed25519"
# ssh asks it in the place of a terminal; says what stands in the environment.
ASKPASS = "/root/askpass"
ANYWHERE = """[geofence]
countries = any
local = loopback
[administrators]
networks = any
"""


class MachineError(Exception):
    """Something that must work for any test to mean anything did not."""


def wait_until(predicate, timeout, what):
    deadline = time.monotonic() + timeout
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise MachineError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(0.1)


class Machine:
    """Boots tree, with the directories of repositories at /repository, and
    environment in that of its process 1."""

    MOUNT = ('mount -t overlay overlay -o '
             '"lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"\n'
             'shift 2\nexec "$@"')

    def __init__(self, tree, repositories, scratch, name, environment=None):
        self.tree, self.name = tree, name
        self.environment = environment or {}
        self.repositories = pathlib.Path(repositories)
        self.scratch = pathlib.Path(scratch)
        for part in ("upper", "work", "root"):
            (self.scratch / part).mkdir()
        self.nspawn = None  # its terminal is the machine's console
        self.leader = None

    # ---- power ---------------------------------------------------------------

    def boot(self, timeout=90):
        """Seconds until systemd says that it has started everything."""
        begun = time.monotonic()
        self.nspawn = pexpect.spawn(
            "unshare",
            ["--mount", "--propagation", "private", "sh", "-ec", self.MOUNT,
             "sh", self.tree, str(self.scratch), "systemd-nspawn", "--quiet",
             "--boot", "--directory", str(self.scratch / "root"),
             "--private-network", "--register=no", "--keep-unit",
             f"--machine={self.name}", "--console=interactive",
             f"--bind-ro={self.repositories}:/repository",
             *(f"--setenv={name}={value}"
               for name, value in self.environment.items()),
             "--", "--show-status=0"],
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
                 "TERM": "dumb"}, encoding="utf-8", timeout=20)
        self.leader = wait_until(self._find_leader, 30, "the machine's systemd")
        wait_until(self._is_up, timeout, "the machine to boot")
        return time.monotonic() - begun

    def _find_leader(self):
        if not self.nspawn.isalive():
            raise MachineError(self.nspawn.read())
        pid = self.nspawn.pid
        children = pathlib.Path(
            f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            name = pathlib.Path(f"/proc/{child}/comm").read_text().strip()
            if name == "systemd":
                return child
        return None

    def _is_up(self):
        state = self.run("systemctl", "is-system-running", check=False,
                         timeout=30).stdout.strip()
        return state in ("running", "degraded")

    def stop(self):
        if not self.nspawn:
            return
        if self.nspawn.isalive():
            self.run("systemctl", "poweroff", check=False)
            try:
                self.nspawn.expect(pexpect.EOF, timeout=60)
            except pexpect.TIMEOUT:
                self.nspawn.kill(signal.SIGTERM)
                self.nspawn.expect(pexpect.EOF, timeout=30)
        self.nspawn.close()
        self.nspawn = self.leader = None

    def destroy(self):
        self.stop()
        shutil.rmtree(self.scratch)

    # ---- inside --------------------------------------------------------------

    def argv(self, *argv, **env):
        words = [f"{name}={value}" for name, value in env.items()]
        return ["nsenter", "-t", self.leader, "-m", "-u", "-i", "-n", "-p",
                "-C", "-r", "-w", "env", "-i", f"PATH={PATH}", "HOME=/root",
                "LANG=C.UTF-8", "TERM=dumb", "DEBIAN_FRONTEND=noninteractive",
                *words, *map(str, argv)]

    def run(self, *argv, stdin="", check=True, timeout=120, **env):
        """Runs a program as root; text in, text out."""
        done = subprocess.run(self.argv(*argv, **env), input=stdin, text=True,
                              capture_output=True, timeout=timeout,
                              errors="replace")
        if check and done.returncode != 0:
            raise MachineError(f"{' '.join(map(str, argv))}: exit status "
                               f"{done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def shell(self, script, **options):
        return self.run("sh", "-ec", script, **options)

    def begin(self, *argv, **env):
        """A program that goes on; its standard streams are pipes."""
        return subprocess.Popen(
            self.argv(*argv, **env), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def terminal(self, *argv):
        """A program on a terminal of the machine's own."""
        command = " ".join(map(str, argv))
        words = self.argv("script", "-qec", command, "/dev/null")
        return pexpect.spawn(words[0], words[1:], encoding="utf-8", timeout=20,
                             echo=False)

    def write(self, path, text, mode="0644"):
        self.run("sh", "-ec", 'mkdir -p "$(dirname "$1")"; cat >"$1"; '
                 'chmod "$2" "$1"', "sh", path, mode, stdin=text)

    def allow_loopback(self):
        """The network of a machine is its loopback, which is in no country."""
        self.write("/etc/cloxxs/cloxxsd.conf.d/10-test.conf", ANYWHERE)

    def reload_ssh(self, change=""):
        """Changes something, and waits until sshd has read it."""
        self.shell(change + '''
            sshd -t
            at=$(journalctl -q -u ssh -n0 --show-cursor |
                sed -n 's/^-- cursor: //p')
            systemctl reload ssh
            n=0
            until journalctl -q -u ssh -o cat --after-cursor "$at" |
                grep -q '^Server listening'; do
                n=$((n + 1))
                [ $n -lt 100 ]
                sleep 0.1
            done''')

    def use_repository(self, number):
        self.write("/etc/apt/sources.list",
                   f"deb [trusted=yes] file:/repository/{number} ./\n")
        self.run("apt-get", "-q", "update")

    def apt(self, *words, **options):
        return self.run("apt-get", "-q", "-y", *words, timeout=300, **options)

    # ---- users ---------------------------------------------------------------

    def set_up(self, name, password):
        """From installed to the first login of an administrator."""
        self.allow_loopback()
        said = self.run("cloxxsctl", "setup", "--yes", "--administrator",
                        name).stdout
        self.first_login(name, said, password)

    def first_login(self, name, said, password):
        """What cloxxsctl said holds the temporary password."""
        temporary = re.search(r"(?i)temporary password:\s+(\S+)", said).group(1)
        first = converse(
            self.argv("script", "-qec", " ".join(SSH) +
                      f" {name}@127.0.0.1 id -un", "/dev/null"),
            Typist(temporary, password))
        assert f"\n{name}\n" in first.text, first.text

    # ---- units ---------------------------------------------------------------

    def main_pid(self, unit):
        return int(self.run("systemctl", "show", "-P", "MainPID",
                            unit).stdout)

    def host_pid(self, pid):
        """The same process, as who stands outside knows it."""
        namespace = os.readlink(f"/proc/{self.leader}/ns/pid")
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(folder / "ns/pid") == namespace and \
                        re.search(rf"(?m)^NSpid:.*\t{pid}$",
                                  (folder / "status").read_text()):
                    return int(folder.name)
            except OSError:  # it has ended
                pass
        raise MachineError(f"process {pid} is gone")

    def is_active(self, unit):
        return self.run("systemctl", "is-active", "--quiet", unit,
                        check=False).returncode == 0

    def state_of(self, *paths):
        """Each file below paths: its mode, owner, and bytes or target."""
        return self.shell(
            'find "$@" ! -type d | sort | while read -r path; do '
            'stat -c "%n %f %u:%g" "$path"; '
            'if [ -L "$path" ]; then readlink "$path"; '
            'else sha256sum <"$path"; fi; done'.replace(
                '"$@"', " ".join(paths))).stdout

    # ---- doors ---------------------------------------------------------------

    def ssh_key(self, user, *command):
        return self.run(*SSH, "-o", "BatchMode=yes", "-i", KEY,
                        f"{user}@127.0.0.1", *(command or ("id", "-un")),
                        check=False)

    def ssh_answer(self, method, user, answer, *command):
        """By password or keyboard-interactive, with one answer for all."""
        return self.run(*SSH, "-o", f"PreferredAuthentications={method}",
                        "-o", "PubkeyAuthentication=no", f"{user}@127.0.0.1",
                        *(command or ("id", "-un")), check=False,
                        ANSWER=answer, SSH_ASKPASS=ASKPASS,
                        SSH_ASKPASS_REQUIRE="force")

    def sftp(self, user):
        return self.run("sftp", *SSH[1:], "-i", KEY, "-b", "-",
                        f"{user}@127.0.0.1", stdin="ls /etc/hostname\n",
                        check=False)

    def console(self, user, password):
        """Who id -un says one is, after a login on the machine's console."""
        console = self.nspawn
        try:
            console.sendline("")
            console.expect("login: ")
            # The prompt may have come twice: with the boot, and with the line.
            while console.expect(["login: ", pexpect.TIMEOUT], timeout=1) == 0:
                pass
            console.sendline(user)
            console.expect("assword: ")
            console.sendline(password)
            console.expect(r"[#$] ")
            console.sendline("echo I-am-$(id -un)-here; exit")
            console.expect(r"I-am-(\w+)-here")
            return console.match.group(1)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return None

    def su(self, by, user, password):
        su = self.terminal("setpriv", "--reuid", by, "--clear-groups", "su",
                           user, "-c", "'echo I-am-$(id -un)-here'")
        try:
            su.expect("assword: ")
            su.sendline(password)
            su.expect(r"I-am-(\w+)-here")
            return su.match.group(1)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return None
        finally:
            su.close(force=True)
