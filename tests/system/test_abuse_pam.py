# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that use PAM oddly, and users who break off."""

import os
import pathlib
import platform
import sysconfig

import pexpect
import pytest

import abuse
import cloxxs_world as world
from abuse import OTHER, WRONG, pam
from cloxxs_world import KBD, PASSWORD, STRONG

MODULES = pathlib.Path("/usr/lib") / sysconfig.get_config_var("MULTIARCH") \
    / "security"


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


@pytest.fixture(scope="module", autouse=True)
def sudo_rule():
    pathlib.Path("/etc/sudoers.d/abuse").write_text("ALL ALL=(ALL) ALL\n")


def failures(user):
    return abuse.show(user)["failures"]


# ---- items --------------------------------------------------------------------------


def test_abuse_05_nothing_set(user):
    abuse.make_user(user)
    since = world.cursor()
    done = pam(user, f"answer:{STRONG}", "auth", "account", "cred:establish",
               "open", "close", "cred:delete")
    assert done.codes == [0] * 6, done.text
    record, = abuse.events(since, event="login-allowed", user=user)
    for field in "ADDRESS", "TERMINAL":
        assert "CLOXXS_" + field not in record


@pytest.mark.parametrize("host", [
    "evil.example", "localhost", "203.0.113.005", "3405803781", "0x7f.1",
    "10.1", "1.2.3.4, 5.6.7.8", "1.2.3.4\nCLOXXS_RESULT=allowed", "x" * 4000,
    "%s%s%n", ""])
def test_abuse_05_address_that_is_none(user, host):
    abuse.make_user(user)
    since = world.cursor()
    done = pam(user, f"item:rhost={host}", f"answer:{STRONG}", "auth",
               "account")
    # abuse_58: who names a host is not of this one, and from nowhere.
    assert (done.codes == [0, 0]) == (host == ""), done.text
    record, = abuse.events(
        since, event="login-denied" if host else "login-allowed", user=user)
    assert record["CLOXXS_REASON"] == ("origin-unknown" if host
                                       else "password-verified")
    assert "CLOXXS_ADDRESS" not in record


@pytest.mark.parametrize("host,address", [
    ("203.0.113.5", "203.0.113.5"), ("::ffff:203.0.113.5", "203.0.113.5"),
    ("0:0:0:0:0:ffff:cb00:7105", "203.0.113.5"),
    ("2001:DB8::0:1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1")])
def test_abuse_05_address_in_its_one_spelling(user, host, address):
    abuse.make_user(user)
    since = world.cursor()
    pam(user, f"item:rhost={host}", f"answer:{STRONG}", "auth")
    record, = abuse.events(since, event="login-allowed", user=user)
    assert record["CLOXXS_ADDRESS"] == address


def test_abuse_05_terminal_and_requester_with_controls(user):
    """One record, in printable characters, without a field of theirs."""
    abuse.make_user(user)
    since = world.cursor()
    done = pam(user, "item:tty=pts/1\x1b[2J\nCLOXXS_USER=root",
               "item:ruser=a\nCLOXXS_ACTOR=root", f"answer:{STRONG}", "auth")
    assert done.codes == [0], done.text
    record, = abuse.events(since, event="login-allowed")
    assert record["CLOXXS_USER"] == user
    for value in record.values():
        assert isinstance(value, str) and value.isprintable(), value


# ---- breaking off ---------------------------------------------------------------------


def test_abuse_06_no_answer(user):
    """At each question of a first login: denied, nothing changed."""
    temporary = abuse.temporary_user(user)
    before = abuse.show(user)
    given = [], [temporary], [temporary, STRONG]
    for i, done in enumerate(abuse.at_once(3, lambda i: pam(
            user, *[f"answer:{a}" for a in given[i]], "auth", "account"))):
        assert done.codes[0] != 0 and done.codes[1] != 0, done.text
        assert len(done.asked) == i + 1, done.text
    assert abuse.show(user) == before
    assert pam(user, f"answer:{temporary}", f"answer:{STRONG}",
               f"answer:{STRONG}", "auth", "account").codes == [0, 0]


@pytest.mark.parametrize("how", ["null", "empty"])
def test_abuse_06_no_conversation(user, how):
    abuse.make_user(user)
    assert pam(user, f"conv:{how}", "auth").codes != [0]
    assert failures(user) == 0


def as_user(user):
    return ["setpriv", "--reuid", user, "--regid", user, "--init-groups"]


PROGRAMS = {
    "login": lambda user: ["script", "-qec", f"login -p {user}", "/dev/null"],
    "su": lambda user: [*as_user("nobody")[:4], "nogroup", "--clear-groups",
                        "su", user, "-c", "echo came-in"],
    "sudo": lambda user: [*as_user(user), "sudo", "-k", "echo", "came-in"],
    "passwd": lambda user: [*as_user(user), "passwd"],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_abuse_06_keys(user, program):
    """Ctrl-C and Ctrl-D."""
    abuse.make_user(user)
    before = abuse.show(user)
    for answer in abuse.at_once(2, lambda i: break_off(
            PROGRAMS[program](user), "\x03\x04"[i])):
        assert answer is None, answer
    assert abuse.show(user) == before


def break_off(argv, key):
    terminal = pexpect.spawn(argv[0], argv[1:], timeout=8, encoding="utf-8",
                             cwd="/")
    terminal.expect("assword")
    ends = ["assword", "login: $", pexpect.EOF, pexpect.TIMEOUT]
    for _ in range(4):
        terminal.send(key)
        if terminal.expect(ends, timeout=4) != 0:
            break
    terminal.close(force=True)
    assert "came-in" not in (terminal.before or "")
    assert terminal.exitstatus != 0


# ---- names ------------------------------------------------------------------------------


NAMES = ["x" * 255, "x" * 256, "x" * 65536, "root\n", "a/b", "../x", "-x",
         os.fsdecode(b"\xff\xfe"), "ROOT", "root ", "%s%n", "$(id)",
         "a:b", "é", "*"]


def test_abuse_07_names():
    """All look the same: what is asked, what is said, what comes out."""
    before = sorted(world.STATE.rglob("*"))
    shown = set()
    names = ["nobody-of-this-name", *NAMES]
    pam("root", "getuser")  # builds it
    for done in abuse.at_once(len(names), lambda i: pam(
            names[i], f"answer:{STRONG}", f"answer:{STRONG}", "auth",
            "account")):
        shown.add((tuple(done.codes), tuple(done.asked),
                   tuple(world.REFERENCE.sub("", s) for s in done.shown)))
    assert len(shown) == 1, shown
    codes, asked, _ = shown.pop()
    assert 0 not in codes and asked[:1] == ("Password: ",)
    assert sorted(world.STATE.rglob("*")) == before


def test_abuse_07_name_in_the_log_is_escaped():
    since = world.cursor()
    pam("x\n\x1b[2Jforged", f"answer:{STRONG}", "auth")
    lines = [r["MESSAGE"] for r in world.journal(*since)
             if "pam_cloxxs" in str(r.get("MESSAGE"))]
    assert lines
    for line in lines:
        assert isinstance(line, str) and line.isprintable(), line


def test_abuse_07_empty_name():
    """PAM itself asks for another one then."""
    assert pam("", "answer:", f"answer:{STRONG}", "auth").codes != [0]


# ---- who it is changes --------------------------------------------------------------------


def rename_module():
    return abuse.built("pam_rename.so", abuse.SYSTEM / "abuse_rename.c",
                       "-fPIC", "-shared", "-lpam")


def test_abuse_08_user_changes_after_authentication(user):
    other = user + "b"
    abuse.make_user(user)
    abuse.make_user(other)
    service = abuse.stack(
        f"auth required pam_cloxxs.so\n"
        f"auth required {rename_module()} {other}\n"
        f"account required pam_cloxxs.so\n"
        f"password required pam_cloxxs.so\n"
        f"session required pam_cloxxs.so\n", "abuse-renamed")
    for name in user, other:
        abuse.admin("SetUser", name=name, services=[service])
    since = world.cursor()
    done = pam(user, f"answer:{STRONG}", "auth", "getuser", "account",
               "chauthtok", service=service)
    assert f"user={other}" in done.text
    assert done.codes[0] == 0 and 0 not in done.codes[1:], done.text
    assert 26 in done.codes[1:], "PAM_ABORT"
    assert abuse.said(since, "not who was authenticated")
    assert abuse.verdict(other, STRONG, service=service) == "allow"


def test_abuse_08_user_changes_in_the_account_phase(user):
    other = user + "b"
    abuse.make_user(user)
    abuse.make_user(other)
    service = abuse.stack(
        f"auth required pam_cloxxs.so\n"
        f"account required {rename_module()} {other}\n"
        f"account required pam_cloxxs.so\n", "abuse-renamed")
    for name in user, other:
        abuse.admin("SetUser", name=name, services=[service])
    done = pam(user, f"answer:{STRONG}", "auth", "account", service=service)
    assert done.codes[0] == 0 and done.codes[1] != 0, done.text
    # Who changes into himself is let by: it is the change that is refused.
    abuse.stack(
        f"auth required pam_cloxxs.so\n"
        f"account required {rename_module()} {user}\n"
        f"account required pam_cloxxs.so\n", "abuse-renamed")
    done = pam(user, f"answer:{STRONG}", "auth", "account", service=service)
    assert done.codes == [0, 0], done.text


# ---- sshd's stand-in password ------------------------------------------------------------


@pytest.mark.parametrize("mode", [KBD, PASSWORD])
def test_abuse_09_allow_users(user, mode):
    abuse.make_user(user)
    world.sshd.configure("AllowUsers somebody-else\n"
                         "PasswordAuthentication yes\n")
    since = world.cursor()
    answers = [STRONG, WRONG, WRONG, WRONG, WRONG]
    for seen in abuse.at_once(5, lambda i: world.ssh(
            user, [answers[i]], "echo came-in", mode)):
        assert seen.status == 255 and "came-in" not in seen.text
    assert failures(user) == 0
    assert len(abuse.events(since, reason="blocked-by-sshd", user=user)) == 5
    world.sshd.configure("")
    assert world.ssh(user, [STRONG], "true").status == 0


def junk(n):
    return ("\b\n\r\x7fINCORRECT" * 100)[:n]


def test_abuse_09_every_length_of_it(user):
    """It is as long as what was typed; what only resembles it counts."""
    abuse.make_user(user)
    for n in 1, 4, 5, 12, 13, 14, 26, 300:
        assert abuse.verdict(user, junk(n)) == "deny"
    assert failures(user) == 0
    assert abuse.verdict(user, junk(13) + "x") == "deny"
    assert failures(user) == 1


def test_abuse_09_it_cannot_become_a_password(user):
    abuse.make_user(user)
    step = abuse.login(user, STRONG, junk(26), junk(26), junk(26),
                       purpose="change")
    assert step.get("verdict") != "allow"
    assert abuse.verdict(user, STRONG) == "allow"


# ---- phases ----------------------------------------------------------------------------------


STATES = {
    "locked": ("LockUser", {"reason": "test"}),
    "disabled": ("DisableUser", {}),
    "not this service": ("SetUser", {"services": ["sshd"]}),
    "reset": ("ResetPassword", {}),
    "deleted": ("DeleteUser", {}),
}


@pytest.mark.parametrize("state", STATES)
def test_abuse_11_authentication_alone_refuses(user, state):
    """A program may never come to the account phase."""
    abuse.make_user(user)
    assert pam(user, f"answer:{STRONG}", "auth").codes == [0]
    method, parameters = STATES[state]
    abuse.admin(method, name=user, **parameters)
    done = pam(user, f"answer:{STRONG}", f"answer:{STRONG}", "auth")
    assert 0 not in done.codes and done.codes, done.text


@pytest.mark.parametrize("state", [s for s in STATES if s != "deleted"])
def test_abuse_10_account_alone_refuses(user, state):
    """A program may come there by a key."""
    abuse.make_user(user)
    assert pam(user, "account", "open", "close").codes == [0, 0, 0]
    method, parameters = STATES[state]
    abuse.admin(method, name=user, **parameters)
    done = pam(user, "account", "open")
    assert done.codes[0] != 0, done.text
    if state == "reset":
        # The session is where passwd(1) asks for the new one.
        assert done.codes[0] == abuse.PAM_NEW_AUTHTOK_REQD, done.text
    else:
        assert done.codes[1] != 0, done.text


def test_abuse_13_phases_that_change_nothing(user):
    abuse.make_user(user)
    assert abuse.verdict(user, WRONG) == "deny"
    before = abuse.show(user)
    creds = ["cred:establish", "cred:refresh", "cred:reinitialize",
             "cred:delete"]
    done = pam(user, *creds, "account", "open", "close", "close", *creds)
    assert done.codes[4:8] == [0, 0, 0, 0], done.text
    assert abuse.show(user) == before
    uid = before["uid"]
    assert abuse.query("SELECT count(*) FROM session WHERE uid = ?",
                       uid) == [(0,)]
    assert pam(user, "close").codes == [0]


def test_abuse_13_wrong_user_locked_by_no_phase(user):
    """Only a wrong answer counts, whatever a program calls and how often."""
    abuse.make_user(user)
    pam(user, *["account", "open", "close", "cred:establish"] * 5)
    abuse.at_once(5, lambda _: pam(user, "auth"))
    assert failures(user) == 0


@pytest.mark.parametrize("mode", [KBD, PASSWORD])
def test_abuse_15_child_and_parent(user, mode):
    """sshd authenticates in one process and opens the session in another."""
    abuse.make_user(user)
    world.sshd.configure("PasswordAuthentication yes\n")
    since = world.cursor()
    seen = world.ssh(user, [STRONG], "env; cat /proc/self/environ", mode)
    assert seen.status == 0, seen.text
    assert "cloxxs" not in seen.text.lower()
    names = [r["CLOXXS_EVENT"] for r in abuse.events(since, user=user)]
    # The account phase only confirms the login's decision.
    assert names == ["login-allowed", "session-opened", "session-closed"]


def test_abuse_93_one_record_a_decision(user):
    """With its pass the account phase confirms the login's decision, once.
    What it decides without one, or otherwise, it records."""
    abuse.make_user(user)
    since = world.cursor()
    assert pam(user, f"answer:{STRONG}", "auth", "account", "account").codes \
        == [0, 0, 0]
    assert [r["CLOXXS_EVENT"] for r in abuse.events(since, user=user)] == [
        "login-allowed", "account-allowed"]
    token = abuse.login(user, STRONG)["pass"]
    world.cloxxsctl("user", "disable", user, "--reason", "test")
    with abuse.Wire() as wire:
        assert wire.call(abuse.LOGIN + "Account", {
            "user": user, "service": "sshd", "pass": token})[
                "verdict"] == "deny"
    assert [r["CLOXXS_EVENT"] for r in abuse.events(since, user=user)][2:] == [
        "login-allowed", "user-disabled", "account-denied"]


# ---- threads ------------------------------------------------------------------------------------


def thread_sanitized():
    """The module and the program, both under the thread sanitizer."""
    sources = [p for folder in ("pam_cloxxs", "libcloxxs", "base")
               for p in sorted((world.SRC / folder).glob("*.c"))]
    sources.append("/build/po/catalogue.c")
    flags = ["-fsanitize=thread", "-std=gnu17", "-w", "-D_GNU_SOURCE",
             f"-I{world.SRC}", "-I/build", "-DHAVE_CONFIG_H",
             '-DCLOXXS_RUNDIR="/run/cloxxs"',
             '-DCLOXXS_STATEDIR="/var/lib/cloxxs"']
    module = abuse.built("pam_tsan.so", *flags, "-fPIC", "-shared", *sources,
                         "-lpam")
    program = abuse.built("abuse_pam_tsan", *flags,
                          abuse.SYSTEM / "abuse_pam.c", "-lpam", "-pthread")
    return module, program


def test_abuse_17_threads(user):
    abuse.make_user(user)
    service = abuse.stack(COMMON_DEBUG.format(module="pam_cloxxs.so"))
    done = pam(user, f"answer:{STRONG}", "auth", "account", "open", "close",
               service=service, env={**os.environ, "ABUSE_THREADS": "8"})
    assert done.codes == [0] * 32, done.text


COMMON_DEBUG = ("auth required {module} debug\naccount required {module}\n"
                "session required {module} debug\n")


def test_abuse_17_thread_sanitizer(user):
    if not (pathlib.Path("/build") / "config.h").exists():
        pytest.skip("no build directory at /build")
    try:
        module, program = thread_sanitized()
    except world.WorldError as error:
        pytest.skip(f"no thread sanitizer: {str(error)[-200:]}")
    abuse.make_user(user)
    # What libpam has libaudit do is theirs.
    others = abuse.SCRATCH / "tsan-others"
    others.write_text("race:libaudit.so\ncalled_from_lib:libaudit.so\n")
    service = abuse.stack(COMMON_DEBUG.format(module=module))
    done = world.run(
        "setarch", platform.machine(), "-R", program, service, user,
        f"answer:{STRONG}", "auth", "account", "open", "close", check=False,
        env={**os.environ, "ABUSE_THREADS": "4",
             "TSAN_OPTIONS": f"exitcode=66 halt_on_error=0 "
             f"suppressions={others}"})
    if "unexpected memory mapping" in done.stderr:
        pytest.skip("the thread sanitizer does not run on this kernel")
    # What libpam does within itself is libpam's.
    assert "pam_tsan" not in done.stderr and "SUMMARY" not in done.stderr, \
        done.stderr
    assert done.stdout.count("auth 0") == 4, done.stdout + done.stderr


# ---- sudo's environment ------------------------------------------------------------------------


HOSTILE = {
    "LD_PRELOAD": "/run/abuse/evil.so", "LD_LIBRARY_PATH": "/run/abuse",
    "LD_AUDIT": "/run/abuse/evil.so",
    "PATH": "/run/abuse:/usr/bin:/bin", "IFS": "x", "TMPDIR": "/run/abuse",
    "CLOXXS_SOCKET": "/run/abuse/sock", "CLOXXS_PASS": "0" * 32,
    "CLOXXS_SESSION": "0", "CLOXXS_RUNDIR": "/run/abuse",
    "SSH_CONNECTION": "192.0.2.66 1 192.0.2.67 2",
    "SSH_AUTH_INFO_0": "password", "PAM_USER": "root", "PAM_RHOST": "1.2.3.4",
    "PAM_TYPE": "auth", "LANG": "../../../etc", "LC_ALL": "%s%n",
    "NLSPATH": "/run/abuse/%N", "MALLOC_TRACE": "/run/abuse/trace",
    "GCONV_PATH": "/run/abuse", "NOTIFY_SOCKET": "/run/abuse/n",
}


def hostile_sudo(user, answers):
    """From a directory that is gone, too."""
    script = ("mkdir /tmp/gone && cd /tmp/gone && rmdir /tmp/gone && "
              "exec sudo -k sh -c 'echo uid-$(id -u)'")
    return world.converse(["/usr/bin/env", *[f"{k}={v}" for k, v in
                                             HOSTILE.items() if k[:3] != "LD_"],
                           *as_user(user), "sh", "-c", script], answers)


def test_abuse_20_sudo(user):
    abuse.make_user(user)
    since = world.cursor()
    seen = hostile_sudo(user, [STRONG])
    assert seen.status == 0 and "uid-0" in seen.text, seen.text
    record, = abuse.events(since, event="login-allowed", user=user)
    assert "CLOXXS_ADDRESS" not in record and record["CLOXXS_SERVICE"] == "sudo"
    seen = hostile_sudo(user, [WRONG])
    assert seen.status != 0 and "uid-0" not in seen.text, seen.text
    assert failures(user) == 1
    abuse.admin("LockUser", name=user, reason="test")
    seen = hostile_sudo(user, [STRONG])
    assert seen.status != 0 and "uid-0" not in seen.text, seen.text
    assert not list(abuse.SCRATCH.glob("trace*"))


@pytest.mark.parametrize("name", ["security/pam_cloxxs.so",
                                  "libnss_cloxxs.so.2"])
def test_abuse_20_modules_read_no_environment(name):
    """getenv() is not even imported."""
    symbols = world.run("nm", "-D", "--undefined-only",
                        str(MODULES.parent / name)).stdout
    assert "getenv" not in symbols.replace("pam_getenv", ""), symbols
