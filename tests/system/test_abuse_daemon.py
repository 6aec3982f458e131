# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon is dead, silent, slow, or somebody else: nobody of ours comes in,
nobody waits, and root on the console notices nothing."""

import json
import pathlib
import socket
import time

import pexpect
import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import STRONG

ROOT_PASSWORD = "wortel van de wereld"
# The promise is 2 s; the rest is for starting a program on a busy machine.
WITHIN = 2.6


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


def silent(connection):
    while connection.recv(4096):
        pass


def slow(connection):
    """One byte a second of an answer that would let anybody in."""
    for byte in allowed():
        connection.sendall(bytes([byte]))
        time.sleep(1)


def endless(connection):
    while True:
        connection.sendall(b"x" * 65536)


def hanging_up(connection):
    connection.recv(4096)
    connection.close()


def allowed():
    return json.dumps({"parameters": {
        "step": "done", "verdict": "allow", "session": "0",
        "pass": "0" * 32}}).encode() + b"\0"


def letting_in(connection):
    while connection.recv(4096):
        connection.sendall(allowed())


def talking_nonsense(connection):
    connection.recv(4096)
    connection.sendall(b'{"parameters":{"step":"done","verdict":"allow"\0')
    silent(connection)


def stopped():
    return world.cloxxsd.stopped()


def frozen():
    return world.cloxxsd.frozen()


def instead(serve, uid=0, backlog=64):
    return lambda: abuse.instead_of_daemon(serve, uid, backlog)


FAULTS = {
    "dead": (stopped, "not there"),
    "frozen": (frozen, "in time"),
    "accepts-nobody": (instead(None), "in time"),
    "silent": (instead(silent), "in time"),
    "one-byte-a-second": (instead(slow), "in time"),
    "endless": (instead(endless), "cannot be read"),
    "hangs-up": (instead(hanging_up), "not there"),
    "nonsense": (instead(talking_nonsense), "cannot be read"),
    "impostor": (instead(letting_in, uid=abuse.STRANGER), "not cloxxsd's"),
}


@pytest.fixture(params=FAULTS)
def fault(request):
    return FAULTS[request.param]


def test_abuse_03_denied_within_two_seconds(user, fault):
    make, word = fault
    abuse.make_user(user)
    assert abuse.pam(user, f"answer:{STRONG}", "auth", "account",
                     "open").codes == [0, 0, 0]
    operations = ["auth", "account", "open", "chauthtok"]
    since = world.cursor()
    with make():
        answers = abuse.at_once(4, lambda i: abuse.elapsed(
            abuse.pam, user, f"answer:{STRONG}", f"answer:{abuse.OTHER}",
            f"answer:{abuse.OTHER}", operations[i]))
    for seconds, done in answers:
        assert len(done.codes) == 1 and done.codes[0] != 0, done.text
        assert seconds < WITHIN, done.text
    logged = [r for r in world.journal(*since)
              if user in r.get("MESSAGE", "") and word in r["MESSAGE"]]
    assert len(logged) == 4


def test_abuse_03_impostor_is_told_nothing(user):
    """The answer to the question is not sent to him either."""
    abuse.make_user(user)
    heard = abuse.SCRATCH / "heard"
    heard.unlink(missing_ok=True)
    abuse.SCRATCH.chmod(0o777)

    def listening(connection):
        while True:
            data = connection.recv(4096)
            if not data:
                return
            with heard.open("ab") as file:
                file.write(data)
            connection.sendall(json.dumps({"parameters": {
                "step": "password", "prompt": "Password: ",
                "echo": False}}).encode() + b"\0")

    with abuse.instead_of_daemon(listening, uid=abuse.STRANGER):
        abuse.pam(user, f"answer:{STRONG}", "auth")
    assert not heard.exists()
    # The same by root himself would be believed: the test can fail.
    with abuse.instead_of_daemon(listening):
        abuse.pam(user, f"answer:{STRONG}", "auth")
    assert STRONG.encode() in heard.read_bytes()


@pytest.mark.parametrize("name", FAULTS)
def test_abuse_03_root_on_the_console(name):
    world.run("chpasswd", stdin=f"root:{ROOT_PASSWORD}\n")
    with FAULTS[name][0]():
        began = time.monotonic()
        login = pexpect.spawn("/usr/bin/script", [
            "-q", "-e", "-c", "login -p root", "/dev/null"], timeout=5,
            encoding="utf-8")
        login.expect("assword:")
        login.sendline(ROOT_PASSWORD)
        login.expect("# $")
        login.sendline("echo it-is-$(id -u); exit")
        login.expect("it-is-0")
        login.expect(pexpect.EOF)
        login.close()
        assert time.monotonic() - began < 3


def test_abuse_03_backlog_full(user):
    """connect() itself would wait."""
    abuse.make_user(user)
    with abuse.instead_of_daemon(None, backlog=0):
        waiting = []
        for _ in range(8):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            client.setblocking(False)
            waiting.append(client)
            if client.connect_ex(world.SOCKET) != 0:
                break
        else:
            pytest.fail("the backlog never fills")
        seconds, done = abuse.elapsed(abuse.pam, user, f"answer:{STRONG}",
                                      "auth")
    assert done.codes[0] != 0 and seconds < WITHIN, done.text


def test_abuse_02_tool_says_so():
    with world.cloxxsd.stopped():
        assert world.cloxxsctl("status", check=False).returncode == 5
    with abuse.instead_of_daemon(letting_in, uid=abuse.STRANGER):
        assert world.cloxxsctl("status", check=False).returncode == 5
    assert world.cloxxsctl("status").returncode == 0


# ---- name service ---------------------------------------------------------------------


@pytest.fixture
def ours_first():
    switch = pathlib.Path("/etc/nsswitch.conf")
    kept = switch.read_text()
    switch.write_text("passwd: cloxxs files\ngroup: cloxxs files\n"
                      "initgroups: cloxxs files\nshadow: files\nhosts: files\n")
    yield
    switch.write_text(kept)


def lookups(user):
    """The slowest look-up, and whether all were answered rightly."""
    worst = 0
    for argv, good in ((("getent", "passwd", user), True),
                       (("getent", "passwd", "root"), True),
                       (("getent", "passwd", "nobody-of-this-name"), False),
                       (("getent", "group", "0"), True),
                       (("id", "-G", user), True),
                       (("getent", "initgroups", "root"), True)):
        seconds, done = abuse.elapsed(world.run, *argv, check=False)
        worst = max(worst, seconds)
        assert (done.returncode == 0) == good, (argv, done.stderr)
    return worst


def test_abuse_28_ours_first_in_nsswitch(ours_first, user):
    abuse.make_user(user)
    world.cloxxsd.restart()
    assert lookups(user) < 0.5
    with world.cloxxsd.frozen():
        assert lookups(user) < 0.5
    with world.cloxxsd.stopped():
        assert lookups(user) < 0.5
    assert abuse.verdict(user, STRONG) == "allow"


def test_abuse_28_no_map_no_wait(ours_first):
    map_file = world.STATE / "identity.map"
    away = map_file.with_suffix(".away")
    with world.cloxxsd.stopped():
        map_file.rename(away)
        try:
            seconds, done = abuse.elapsed(world.run, "getent", "passwd",
                                          "root")
            assert seconds < 0.5 and "root" in done.stdout
        finally:
            away.rename(map_file)


# ---- the socket's place ------------------------------------------------------------------


def unreachable(tmp, kind):
    """A path that leads to the real daemon in a way not to be trusted."""
    if kind == "link":
        path = tmp / "sock"
        path.symlink_to(world.SOCKET)
        return path
    if kind == "group may write":
        directory = tmp / "group"
        directory.mkdir()
        directory.chmod(0o775)
    elif kind == "others may write":
        directory = tmp / "others"
        directory.mkdir()
        directory.chmod(0o777)
    else:
        directory = tmp / ("x" * 110)
        directory.mkdir(mode=0o755)
    path = directory / "sock"
    path.hardlink_to(world.SOCKET)
    return path


@pytest.mark.parametrize("kind", ["link", "group may write",
                                  "others may write", "108 bytes"])
def test_abuse_35_place_of_the_socket(user, tmp_path, kind):
    abuse.make_user(user)
    tmp = abuse.SCRATCH / tmp_path.name
    tmp.mkdir(mode=0o755)
    path = unreachable(tmp, kind)
    since = world.cursor()
    service = abuse.stack(
        f"auth required pam_cloxxs.so socket={path}\n"
        f"account required pam_cloxxs.so socket={path}\n", "abuse-socket")
    done = abuse.pam(user, f"answer:{STRONG}", "auth", "account",
                     service=service)
    assert 0 not in done.codes and len(done.codes) == 2, done.text
    assert not done.asked, done.text
    assert abuse.said(since, "access denied")
    assert world.cloxxsctl("status", "--socket", str(path),
                           check=False).returncode in (1, 5)


def test_abuse_35_good_place_is_taken(user):
    """What the test above refuses, it refuses for its place."""
    abuse.make_user(user, services=["abuse-socket"])
    tmp = abuse.SCRATCH / "good"
    tmp.mkdir(mode=0o755)
    path = tmp / "sock"
    path.hardlink_to(world.SOCKET)
    service = abuse.stack(f"auth required pam_cloxxs.so socket={path}\n",
                          "abuse-socket")
    done = abuse.pam(user, f"answer:{STRONG}", "auth", service=service)
    assert done.codes == [0], done.text
