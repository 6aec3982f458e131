# SPDX-License-Identifier: GPL-3.0-or-later
"""Users of Cloxxs as systemd knows them, held against the name service."""

import json
import pathlib
import shutil
import socket
import struct
import subprocess
import time

import pytest

import cloxxs_world as world

DOOR = "/run/systemd/userdb/nl.cloxxs"
INTERFACE = "io.systemd.UserDatabase."
SWITCH = pathlib.Path("/etc/nsswitch.conf")


class Asked(Exception):
    """An error that was answered."""


def ask(method, **parameters):
    """All replies of one call."""
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(60)
        stream.connect(DOOR)
        request = {"method": INTERFACE + method, "more": True,
                   "parameters": {"service": "nl.cloxxs", **parameters}}
        stream.sendall(json.dumps(request).encode() + b"\0")
        replies, text = [], b""
        while not replies or replies[-1].get("continues"):
            piece = stream.recv(65536)
            assert piece, "the daemon hung up"
            *whole, text = (text + piece).split(b"\0")
            replies += [json.loads(one) for one in whole]
    for reply in replies:
        if "error" in reply:
            raise Asked(reply["error"].rpartition(".")[2])
    return [reply["parameters"] for reply in replies]


def getent(*arguments):
    done = world.run("getent", *arguments, check=False)
    return done.stdout.splitlines()


def userdbctl(*arguments, user=None, check=True):
    if not shutil.which("userdbctl"):
        pytest.skip("userdbctl is missing (systemd-userdbd)")
    return world.run("userdbctl", *arguments, user=user, check=check)


@pytest.fixture(scope="module")
def people():
    for name in "uda", "udb":
        world.user_with_password(name)
    key = pathlib.Path("/run/world-userdb-key")
    if not key.exists():
        world.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                  str(key))
    world.cloxxsctl("user", "key", "add", "uda", f"{key}.pub")
    world.cloxxsctl("user", "set", "udb", "--services", "sudo")
    return " ".join(key.with_suffix(".pub").read_text().split()[:2])


@pytest.fixture
def with_systemd():
    """The name service asks systemd too, as on any Debian that has it."""
    before = SWITCH.read_text()
    SWITCH.write_text("".join(
        line + (" systemd" if line.split(":")[0] in ("passwd", "group")
                else "") + "\n" for line in before.splitlines()))
    yield
    SWITCH.write_text(before)


def as_passwd(record):
    """A record as passwd(5) has it: what is in both is the same."""
    return ":".join([record["userName"], "x", str(record["uid"]),
                     str(record["gid"]), "", record["homeDirectory"],
                     record["shell"]])


def test_answers_are_those_of_the_name_service(people):
    for name in "uda", "udb":
        line, = getent("passwd", name)
        told, = ask("GetUserRecord", userName=name)
        assert as_passwd(told["record"]) == line
        assert ask("GetUserRecord", uid=told["record"]["uid"]) == [told]
        # abuse_29: and nothing else, but for keys.
        assert set(told["record"]) - {"privileged"} == {
            "userName", "uid", "gid", "homeDirectory", "shell",
            "disposition", "service"}
        line, = getent("group", name)
        told, = ask("GetGroupRecord", groupName=name)
        assert f"{told['record']['groupName']}:*:{told['record']['gid']}:" \
            == line
        assert ask("GetGroupRecord", gid=told["record"]["gid"]) == [told]
        with pytest.raises(Asked, match="NoRecordFound"):
            ask("GetMemberships", userName=name)


@pytest.mark.parametrize("method, parameters, error", [
    ("GetUserRecord", {"userName": "root"}, "NoRecordFound"),
    ("GetUserRecord", {"uid": 0}, "NoRecordFound"),
    ("GetGroupRecord", {"groupName": "sudo"}, "NoRecordFound"),
    ("GetUserRecord", {}, "EnumerationNotSupported"),
    ("GetGroupRecord", {}, "EnumerationNotSupported"),
    ("GetMemberships", {}, "EnumerationNotSupported"),
    ("GetUserRecord", {"userName": "uda", "service": "x"}, "BadService"),
])
def test_abuse_29_what_is_not_told(people, method, parameters, error):
    with pytest.raises(Asked, match=error):
        ask(method, **parameters)


def test_abuse_24_local_users_win(people):
    """By name and by id: one who came to /etc/passwd later."""
    told, = ask("GetUserRecord", userName="uda")
    passwd = pathlib.Path("/etc/passwd")
    before = passwd.read_text()
    for line in ("uda:x:1555:1555::/:/bin/sh",
                 f"other:x:{told['record']['uid']}:1555::/:/bin/sh"):
        passwd.write_text(before + line + "\n")
        try:
            for wanted in ({"userName": "uda"},
                           {"uid": told["record"]["uid"]}):
                with pytest.raises(Asked, match="NoRecordFound"):
                    ask("GetUserRecord", **wanted)
        finally:
            passwd.write_text(before)
    assert ask("GetUserRecord", userName="uda") == [told]


ASK = """
import json, socket, sys
stream = socket.socket(socket.AF_UNIX)
stream.connect(sys.argv[1])
stream.sendall(json.dumps({"method": sys.argv[2], "parameters": {
    "service": "nl.cloxxs", "userName": sys.argv[3]}}).encode() + bytes(1))
text = b""
while not text.endswith(bytes(1)):
    text += stream.recv(65536)
print(text[:-1].decode())
"""


def keys_told_to(user, name):
    """What a caller of that uid is told, and whether it is all."""
    told = json.loads(world.run(
        "/usr/bin/python3", "-c", ASK, DOOR, INTERFACE + "GetUserRecord",
        name, user=user).stdout)["parameters"]
    return (told["record"].get("privileged", {}).get("sshAuthorizedKeys"),
            told["incomplete"])


def test_abuse_29_whose_keys_are_told_to_whom(people):
    assert keys_told_to("root", "uda") == ([people], False)
    assert keys_told_to("uda", "uda") == ([people], False)
    assert keys_told_to("udb", "uda") == (None, True)
    assert keys_told_to("daemon", "uda") == (None, True)
    # Whether there are any is nobody else's business.
    assert keys_told_to("daemon", "udb") == (None, True)
    assert keys_told_to("root", "udb") == (None, False)
    world.cloxxsctl("user", "disable", "uda")
    try:
        assert keys_told_to("root", "uda") == (None, False)
    finally:
        world.cloxxsctl("user", "enable", "uda")


def test_userdbctl(people):
    record = json.loads(userdbctl("--json=short", "user", "uda").stdout)
    assert as_passwd(record) == getent("passwd", "uda")[0]
    assert record["service"] == "nl.cloxxs"
    group = json.loads(userdbctl("--json=short", "group", "uda").stdout)
    assert group["gid"] == record["gid"]
    # Who is in no other group is in none that systemd knows of.
    assert userdbctl("groups-of-user", "uda", check=False).stdout.count(
        "uda") <= 1
    listed = userdbctl("user", "--output=table", "--no-pager").stdout
    assert [line.split()[0] for line in listed.splitlines()
            if "uda" in line] in (["uda"], ["\u251c\u2500uda"])


def test_userdbctl_keys(people):
    assert userdbctl("ssh-authorized-keys", "uda").stdout.strip() == people
    # abuse_10: of whom sshd is told none.
    world.cloxxsctl("user", "lock", "uda", "--reason", "x")
    try:
        assert people not in userdbctl("ssh-authorized-keys", "uda",
                                       check=False).stdout
    finally:
        world.cloxxsctl("user", "unlock", "uda", "--reason", "x")
    assert people not in userdbctl("ssh-authorized-keys", "uda",
                                   user="daemon", check=False).stdout
    assert people in userdbctl("ssh-authorized-keys", "uda",
                               user="uda").stdout


def test_one_of_each_where_systemd_is_asked_too(people, with_systemd):
    """No user stands twice in a list, no name takes another way."""
    names = [line.split(":")[0] for line in getent("passwd")]
    assert names.count("uda") == names.count("udb") == 1
    names = [line.split(":")[0] for line in getent("group")]
    assert names.count("uda") == 1
    assert len(getent("passwd", "uda")) == 1
    assert world.run("id", "-Gn", "uda").stdout == "uda\n"
    assert getent("passwd", "nobody-at-all") == []


def test_logins_where_systemd_is_asked_too(people, with_systemd):
    assert world.ssh("uda", [world.STRONG], "id -un").status == 0


def test_names_without_cloxxs_in_the_switch(people):
    """What systemd makes of a record is what the name service gives."""
    before = SWITCH.read_text()
    ours = getent("passwd", "uda"), getent("group", "uda")
    SWITCH.write_text(before.replace(" cloxxs", " systemd"))
    try:
        theirs = getent("passwd", "uda"), getent("group", "uda")
    finally:
        SWITCH.write_text(before)
    if not theirs[0]:
        pytest.skip("nss-systemd is missing (libnss-systemd)")
    # Where there is no real name systemd gives the name.
    assert [line.replace(":uda:/", "::/") for line in theirs[0]] == ours[0]
    assert theirs[1][0].split(":")[0::2] == ours[1][0].split(":")[0::2]


def nobody_waits():
    for name in "nobody-at-all", "uda", "root":
        begun = time.monotonic()
        getent("passwd", name)
        world.run("id", name, check=False)
        # A look-up that waits, waits for 45 s.
        assert time.monotonic() - begun < 20


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_abuse_28_nobody_waits_where_none_runs(people, with_systemd, how):
    """What has no socket unit leaves no door: nobody knocks in vain."""
    getattr(world.userdb, how)()
    try:
        nobody_waits()
    finally:
        world.userdb.start()
    assert ask("GetUserRecord", userName="uda")


def test_abuse_2_names_without_the_daemon(people, with_systemd):
    """They are read from the map; of keys is said that they are not known."""
    with world.cloxxsd.stopped():
        told, = ask("GetUserRecord", userName="uda")
        assert told["incomplete"] and "privileged" not in told["record"]
        nobody_waits()

    def keys():
        return "privileged" in ask("GetUserRecord",
                                   userName="uda")[0]["record"]

    assert world.wait_until(keys, 60, "keys, once they can be had")


def test_abuse_3_names_with_a_daemon_that_is_silent(people, with_systemd):
    with world.cloxxsd.frozen():
        told, = ask("GetUserRecord", userName="uda")
        assert told["incomplete"] and "privileged" not in told["record"]
        nobody_waits()


def test_abuse_32_gone_is_gone(people):
    world.user_with_password("udc")
    uid = ask("GetUserRecord", userName="udc")[0]["record"]["uid"]
    world.cloxxsctl("user", "delete", "udc", "--yes")
    for wanted in {"userName": "udc"}, {"uid": uid}:
        with pytest.raises(Asked, match="NoRecordFound"):
            ask("GetUserRecord", **wanted)


CROWD = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
crowd = [socket.socket(socket.AF_UNIX) for _ in range(2200)]
for one in crowd:
    one.connect(sys.argv[1])
print("all here", flush=True)
sys.stdin.read()
"""


def test_abuse_37_a_crowd_keeps_nobody_from_logging_in(people):
    """Whoever takes all places at this door takes none of the other."""
    with subprocess.Popen(["/usr/bin/python3", "-c", CROWD, DOOR], text=True,
                          stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as crowd:
        try:
            assert crowd.stdout.readline() == "all here\n"
            assert world.ssh("uda", [world.STRONG], "id -un").status == 0
        finally:
            crowd.stdin.close()
            crowd.wait()
    assert world.wait_until(lambda: ask("GetUserRecord", userName="uda"), 60)


def test_the_door_is_what_it_says(people):
    assert pathlib.Path(DOOR).is_symlink()
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(DOOR)
        _, uid, _ = struct.unpack("3i", stream.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    assert str(uid) == world.run("id", "-u", world.userdb.USER).stdout.strip()
