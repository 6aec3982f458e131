# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration that is wrong or not to be trusted, and the tool."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading

import pexpect
import pytest

import abuse
import cloxxs_world as world
from abuse import STRANGER
from cloxxs_world import STRONG

CONF_D = pathlib.Path(f"{abuse.CONFIG}.d")
CTL = "/usr/bin/cloxxsctl"


@pytest.fixture(autouse=True)
def sound():
    """Each test begins and ends with a sound configuration in force."""
    abuse.configure()
    yield
    for path in abuse.CONFIG, CONF_D:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    world.CONF.chmod(0o755)


def reload():
    """SIGHUP, and what the daemon thought of it."""
    since = world.cursor()
    os.kill(world.cloxxsd.pid(), 1)
    return world.wait_until(
        lambda: [r for r in abuse.events(since)
                 if r["CLOXXS_EVENT"].startswith("configuration-")],
        10, "the reload")[0]


def refuses_to_start():
    """It ends at once; what it said."""
    world.cloxxsd.stop()
    log = pathlib.Path("/run/world.log")
    before = log.stat().st_size
    with pytest.raises(world.WorldError):
        world.cloxxsd.start()
    world.wait_until(lambda: not world.cloxxsd.pid(), 10, "it to end")
    world.cloxxsd.pid_file.unlink(missing_ok=True)
    return log.read_bytes()[before:].decode(errors="replace")


# ---- content --------------------------------------------------------------------------


BAD = {
    "unknown key": (b"[lockout]\nfailurs = 3\n", 2),
    "unknown section": (b"[lockut]\nfailures = 3\n", 1),
    "key twice": (b"[lockout]\nfailures = 3\nfailures = 5\n", 3),
    "wrong type": (b"[lockout]\nfailures = three\n", 2),
    "out of bounds": (b"[lockout]\nfailures = 0\n", 2),
    "no value": (b"[lockout]\nfailures =\n", 2),
    "no section": (b"failures = 3\n", 1),
    "byte order mark": (b"\xef\xbb\xbf[lockout]\nfailures = 3\n", 1),
    "CRLF": (b"[lockout]\r\nfailures = 3\r\n", 1),
    "1 MiB line": (b"[lockout]\nfailures = " + b"3" * (1 << 20) + b"\n", None),
    "NUL": (b"[lockout]\nfailures = 3\0\n", 2),
    "not UTF-8": (b"[users]\nshell = /bin/b\xffash\n", 2),
    "include": (b"include /etc/cloxxs/cloxxsd.conf\n", 1),
    "include section": (b"[include]\npath = /etc/cloxxs/cloxxsd.conf\n", 1),
    "escape": (b"[lockout]\n\x1b[2Jfailures = 3\n", 2),
    "weak hash": (b"[password]\nhash_memory = 1M\n", 2),
    "short": (b"[password]\nmin_length = 4\n", 2),
    "privileged ids": (b"[users]\nuid_range = 0-1000\n", 2),
}


@pytest.mark.parametrize("name", BAD)
def test_abuse_117_refused_with_file_and_line(user, name):
    """Running: the former stays in force. Starting: it does not start."""
    content, line = BAD[name]
    place = f"{abuse.CONFIG}:{line}" if line else str(abuse.CONFIG)
    before = world.cloxxsd.pid()
    abuse.CONFIG.write_bytes(content)
    record = reload()
    assert record["CLOXXS_EVENT"] == "configuration-refused"
    assert place in str(record)
    assert world.cloxxsd.pid() == before
    status = abuse.admin("Status")["configuration"]
    assert place in status and status.isprintable() or "\n" in status
    assert "\x1b" not in status
    check = world.cloxxsctl("config", "check", check=False)
    assert check.returncode == 1 and place in check.stdout + check.stderr
    said = refuses_to_start()
    assert place in said and "\x1b" not in said, said[:500]


def test_abuse_117_drop_in(user):
    """A wrong one is named; a sound one is read."""
    CONF_D.mkdir(mode=0o755, exist_ok=True)
    (CONF_D / "10-sound.conf").write_text("[lockout]\nfailures = 5\n")
    record = reload()
    assert record["CLOXXS_EVENT"] == "configuration-loaded"
    assert "failures" in str(record) and "5" in str(record)
    (CONF_D / "20-wrong.conf").write_text("[lockout]\nfailurs = 5\n")
    record = reload()
    assert record["CLOXXS_EVENT"] == "configuration-refused"
    assert f"{CONF_D}/20-wrong.conf:2" in str(record)


# ---- trust ------------------------------------------------------------------------------


def replace_by(make):
    def spoil():
        content = abuse.CONFIG.read_text()
        abuse.CONFIG.unlink()
        make(content)
    return spoil


def foreign(path):
    return lambda: os.chown(path, STRANGER, STRANGER)


def mode(path, bits):
    return lambda: path.chmod(bits)


def link(content):
    target = world.CONF / "elsewhere"
    target.write_text(content)
    abuse.CONFIG.symlink_to(target)


def drop_in(spoil):
    def make():
        CONF_D.mkdir(mode=0o755, exist_ok=True)
        (CONF_D / "10.conf").write_text("[lockout]\nfailures = 4\n")
        spoil()
    return make


UNTRUSTED = {
    "another owner": foreign(abuse.CONFIG),
    "group may write": mode(abuse.CONFIG, 0o664),
    "others may write": mode(abuse.CONFIG, 0o646),
    "link": replace_by(link),
    "FIFO": replace_by(lambda _: os.mkfifo(abuse.CONFIG)),
    "directory": replace_by(lambda _: abuse.CONFIG.mkdir()),
    "others may write drop-ins": drop_in(mode(CONF_D, 0o777)),
    "drop-ins of another": drop_in(foreign(CONF_D)),
    "drop-in of another": drop_in(foreign(CONF_D / "10.conf")),
    "drop-in for the group": drop_in(mode(CONF_D / "10.conf", 0o664)),
}


@pytest.mark.parametrize("name", UNTRUSTED)
def test_abuse_118_not_trusted(name):
    UNTRUSTED[name]()
    record = reload()
    assert record["CLOXXS_EVENT"] == "configuration-refused"
    assert str(abuse.CONFIG) in str(record)
    # At a start systemd-tmpfiles has mended the directory by then.
    if "drop-ins" not in name:
        assert str(abuse.CONFIG) in refuses_to_start()


@contextlib.contextmanager
def key_as(change):
    """Another key than prepare() would put there."""
    credentials = pathlib.Path(world.cloxxsd.CREDENTIALS)
    kept = world.cloxxsd.prepare
    path = credentials / "cloxxs.key"

    def prepare():
        kept()
        change(path)
    world.cloxxsd.prepare = prepare
    try:
        yield
    finally:
        del world.cloxxsd.prepare
        path.unlink(missing_ok=True)


KEY_FAULTS = {
    "others may read": lambda key: key.chmod(0o444),
    "group may write": lambda key: key.chmod(0o660),
    "another owner": lambda key: os.chown(key, STRANGER, STRANGER),
    "short": lambda key: key.write_bytes(b"x" * 31),
    "long": lambda key: key.write_bytes(b"x" * 33),
    "another key": lambda key: key.write_bytes(b"x" * 32),
    "missing": lambda key: key.unlink(),
}


@pytest.mark.parametrize("name", KEY_FAULTS)
def test_abuse_118_key(user, name):
    """Nothing starts with a key that others know, or that is another one."""
    abuse.make_user(user)
    with key_as(KEY_FAULTS[name]):
        said = refuses_to_start()
    assert "state cannot be opened" in said, said
    world.cloxxsd.start()
    assert abuse.verdict(user, STRONG) == "allow"


def test_abuse_131_no_empty_store(user):
    """A store that is gone is not made anew, which would be an open door."""
    abuse.make_user(user)
    away = abuse.STORE.with_name("away")
    with world.cloxxsd.stopped():
        abuse.STORE.rename(away)
        try:
            with pytest.raises(world.WorldError):
                world.cloxxsd.start()
            world.cloxxsd.pid_file.unlink(missing_ok=True)
        finally:
            abuse.STORE.unlink(missing_ok=True)
            away.rename(abuse.STORE)
    assert abuse.verdict(user, STRONG) == "allow"


def test_abuse_119_reload(user):
    """The former one stays, is said to, and a sound one heals it."""
    abuse.make_user(user)
    abuse.CONFIG.write_text("[lockout]\nfailures = 9\nbogus = 1\n")
    record = reload()
    assert record["CLOXXS_EVENT"] == "configuration-refused"
    assert "bogus" in str(record)
    assert abuse.admin("Status")["configuration"] != "ok"
    assert "bogus" in world.cloxxsctl("status", check=False).stdout
    for _ in range(3):
        assert abuse.verdict(user, abuse.WRONG) == "deny"
    assert abuse.show(user)["locked"], "three still lock"
    abuse.CONFIG.write_text("[lockout]\nfailures = 9\n")
    record = reload()
    assert record["CLOXXS_EVENT"] == "configuration-loaded"
    assert re.search(r"failures.*3.*9", str(record))
    assert abuse.admin("Status")["configuration"] == "ok"
    assert abuse.show(user)["locked"], "a reload lifts no lock"


def test_abuse_119_reload_in_a_storm(user):
    """Each login sees one whole configuration."""
    abuse.make_user(user)
    stop = threading.Event()

    def storm():
        texts = abuse.CHEAP, abuse.CHEAP.replace("19M", "20M"), "[wrong]\n"
        while not stop.is_set():
            for text in texts:
                abuse.CONFIG.write_text(text)
                os.kill(world.cloxxsd.pid(), 1)
                stop.wait(0.01)

    thread = threading.Thread(target=storm)
    thread.start()
    before = world.cloxxsd.pid()
    try:
        answers = abuse.at_once(40, lambda _: abuse.verdict(user, STRONG))
    finally:
        stop.set()
        thread.join()
    assert answers == ["allow"] * 40
    assert world.cloxxsd.pid() == before


# ---- the tool -----------------------------------------------------------------------------


def ctl(*arguments, **options):
    return world.cloxxsctl(*arguments, check=False, **options)


def test_abuse_121_interrupted_at_the_question(user):
    """Nothing is done, and the terminal is as before."""
    abuse.make_user(user)
    abuse.SCRATCH.mkdir(exist_ok=True)
    for key in "\x03", "\x04", "n\r", "\x1a":
        shell = pexpect.spawn("/bin/bash", ["--norc", "-i"], timeout=10,
                              encoding="utf-8", env={"PS1": "$ ", "PATH":
                                                     os.environ["PATH"]})
        shell.sendline("stty -a > /run/abuse/before")
        shell.sendline(f"cloxxsctl user delete {user}")
        shell.expect(r"\?[^\n]*$")
        shell.send(key)
        shell.sendline("kill %1 2>/dev/null; stty -a > /run/abuse/after; "
                       "echo the-e''nd")
        shell.expect("the-end")
        shell.close(force=True)
        assert (abuse.SCRATCH / "before").read_text() == \
            (abuse.SCRATCH / "after").read_text()
        assert abuse.show(user)["name"] == user


def test_abuse_121_no_question_without_a_terminal(user):
    abuse.make_user(user)
    assert ctl("user", "delete", user, stdin="y\n").returncode != 0
    assert abuse.show(user)["name"] == user
    assert ctl("user", "delete", user, "--yes").returncode == 0
    assert ctl("user", "show", user).returncode == 3


def on_a_terminal(*arguments):
    return pexpect.run(" ".join([CTL, *arguments]),
                       encoding="utf-8", timeout=20)


def test_abuse_122_text_of_others(user):
    """Nothing that somebody wrote reaches the terminal as a command to it."""
    abuse.make_user(user)
    evil = "\x1b[2J\x1b]0;x\x07\u202e%s\u009b2J"
    refused = ctl("user", "lock", user, "--reason", evil)
    assert refused.returncode == 2 and "one line" in refused.stderr
    assert ctl("user", "lock", user, "--reason",
               "\u202e%s\u009b2J").returncode == 0
    code = abuse.login(user, STRONG)["reference"]
    abuse.pam(user, f"item:tty={evil}", f"item:ruser={evil}",
              f"answer:{STRONG}", "auth")
    for arguments in ["user", "show", user], ["explain", code], \
            ["user", "list"], ["status"]:
        shown = on_a_terminal(*arguments)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)  # colour is our own
        for sign in "\x1b", "\x07", "\u202e", "\u009b":
            assert sign not in plain, (arguments, shown)
        if arguments != ["user", "list"]:
            json.loads(ctl(*arguments, "--json").stdout)


def test_abuse_123_exit_statuses(user):
    assert ctl("user", "add", user).returncode == 0
    assert ctl("user", "add", user).returncode == 6
    assert ctl("user", "show", "nobody-of-this-name").returncode == 3
    assert ctl("user", "ad", user).returncode == 2
    assert ctl().returncode == 0
    assert ctl("usr").returncode == 2
    assert ctl("explain", "AAAA-AAAA").returncode == 3
    assert as_stranger(CTL, "status").returncode == 4
    with world.cloxxsd.stopped():
        for arguments in ["status"], ["user", "list"], ["user", "add", "x1"]:
            done = ctl(*arguments)
            assert done.returncode == 5 and done.stderr, done.stderr
            assert not done.stdout.strip()


HOSTILE = ["-rf", "--help", "$(id)", "`id`", "%n%s", "'; DROP TABLE user; --",
           "a;b", "../../etc/passwd", "/etc/passwd", "a b", "*", "%", "a%",
           "x" * 100000, "", "é", "a\nb", "-"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_abuse_124_names(name):
    """Literal everywhere: refused as a name, found nowhere."""
    before = abuse.admin("Status")["users"]
    for verb, good in ((["add"], (2,)), (["show"], (2, 3)),
                       (["delete", "--yes"], (2, 3)),
                       (["lock", "--reason", "x"], (2, 3)),
                       (["reset-password"], (2, 3))):
        done = ctl("user", *verb, "--", name)
        assert done.returncode in good, (verb, done.stderr[:300])
        assert "uid=" not in done.stdout + done.stderr
        assert len(done.stderr) < 2000
    assert abuse.admin("Status")["users"] == before


def test_abuse_124_reasons_are_literal(user):
    abuse.make_user(user)
    for reason in "$(id)", "%n%s%n", "'; DROP TABLE user; --", "-rf":
        since = world.cursor()
        assert ctl("user", "lock", user, f"--reason={reason}").returncode == 0
        abuse.admin("UnlockUser", name=user, reason="test")
        record, = abuse.events(since, event="user-locked", user=user)
        assert reason in str(record["CLOXXS_DETAILS"]
                             if "CLOXXS_DETAILS" in record
                             else "\n".join(record.values()))


@pytest.mark.parametrize("program", [CTL, world.CLOXXSD])
def test_abuse_124_no_shell_in_the_binary(program):
    symbols = world.run("nm", "-D", "--undefined-only", program).stdout
    names = {line.split()[-1].partition("@")[0]
             for line in symbols.splitlines()}
    assert not names & {"system", "popen", "wordexp", "execlp", "execvp",
                        "execvpe", "posix_spawnp", "gets", "strcpy", "strcat",
                        "sprintf", "vsprintf", "__sprintf_chk",
                        "__strcpy_chk", "__strcat_chk"}


PRETEND = """
#include <sys/types.h>
uid_t getuid(void) { return 0; }
uid_t geteuid(void) { return 0; }
gid_t getgid(void) { return 0; }
gid_t getegid(void) { return 0; }
"""


def as_stranger(*argv, uid=STRANGER, **environment):
    return subprocess.run(
        ["setpriv", "--reuid", str(uid), "--regid", str(uid),
         "--clear-groups", "env", "-i", "PATH=/usr/bin:/bin",
         *[f"{k}={v}" for k, v in environment.items()], *argv],
        capture_output=True, text=True, timeout=20, check=False)


def test_abuse_125_only_the_kernels_uid_counts(user):
    abuse.make_user(user)
    source = abuse.SCRATCH / "pretend.c"
    abuse.SCRATCH.mkdir(exist_ok=True)
    source.write_text(PRETEND)
    library = abuse.built("pretend.so", source, "-fPIC", "-shared")
    assert as_stranger("id", "-u", LD_PRELOAD=library).stdout == "0\n"
    before = abuse.show(user)
    for environment in {}, {"LD_PRELOAD": library}, {
            "USER": "root", "LOGNAME": "root", "SUDO_UID": "0",
            "HOME": "/root", "XDG_RUNTIME_DIR": "/run"}:
        for arguments in (["status"], ["user", "list"],
                          ["user", "lock", user, "--reason", "x"],
                          ["user", "add", "indringer"],
                          ["user", "set", user, "--role", "administrator"],
                          ["user", "unlock", user, "--reason", "x"]):
            done = as_stranger(CTL, *arguments, **environment)
            assert done.returncode == 4, (arguments, done.stderr)
    assert abuse.show(user) == before


def test_abuse_125_path(user):
    """What stands first in PATH is not run, also not by config check."""
    trap = abuse.SCRATCH / "bin"
    trap.mkdir(parents=True, exist_ok=True)
    for name in "cloxxsd", "sh", "less", "more":
        (trap / name).write_text("#!/bin/dash\ntouch /run/abuse/sprung\n")
        (trap / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{trap}:{os.environ['PATH']}",
                   "PAGER": f"{trap}/less", "SHELL": f"{trap}/sh"}
    for arguments in ["config", "check"], ["config", "dump"], ["status"], \
            ["help"]:
        assert ctl(*arguments, env=environment).returncode == 0
    assert not (abuse.SCRATCH / "sprung").exists()


def test_abuse_125_setuid_wrapper(user):
    """A wrapper gives its owner's authority and no more, and is recorded."""
    abuse.make_user(user, role="administrator")
    other = user + "b"
    abuse.make_user(other)
    since = world.cursor()
    done = as_stranger(CTL, "user", "lock", other, "--reason",
                       "test", uid=abuse.show(user)["uid"], USER="root",
                       SUDO_USER="root")
    assert done.returncode == 0, done.stderr
    record, = abuse.events(since, event="user-locked", user=other)
    assert record["CLOXXS_ACTOR"] == user
