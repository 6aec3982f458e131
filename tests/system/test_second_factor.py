# SPDX-License-Identifier: GPL-3.0-or-later
"""A code behind the password, at a real sshd and sudo; the app is oathtool."""

import json
import re
import shutil

import pytest

import abuse
import cloxxs_world as world
import senders
from cloxxs_world import KBD, KEY, PASSWORD, STRONG

code = abuse.totp
ALWAYS = "[service sshd]\ncode = always\n"

pytestmark = pytest.mark.skipif(not shutil.which("oathtool"),
                                reason="oathtool is not here")


@pytest.fixture(autouse=True)
def plain():
    world.sshd.configure("AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n"
                         "PasswordAuthentication yes\n")
    abuse.configure(abuse.CHEAP + ALWAYS)
    yield
    abuse.configure()


def give_app(user):
    """As an administrator does, at a terminal; the seed."""
    shown = []

    def answer(question):
        shown.append(question)
        return code(seed_of(text()), -1)

    # The seed is read off the screen, as somebody types it from there.
    terminal = []

    def text():
        return "".join(terminal)

    argv = ["cloxxsctl", "factor", "totp", user]
    import pexpect
    child = pexpect.spawn(argv[0], argv[1:], encoding="utf-8", timeout=20,
                          env={"LC_ALL": "C.UTF-8", "TERM": "xterm",
                               "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                          dimensions=(60, 120))
    child.expect("Code that the app shows: ")
    terminal.append(child.before)
    assert "\u2588" in child.before, child.before
    child.sendline(answer(child.after))
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    assert "in force" in child.before
    return seed_of(text())


def seed_of(text):
    found = re.search(r"key into it: ([A-Z2-7 ]+)", text)
    assert found, text
    return found.group(1).replace(" ", "")


def failures(user):
    return world.find_key(world.cloxxsctl_json("user", "show", user),
                          "failures")


def user_with_app(user, **options):
    world.user_with_password(user, **options)
    return give_app(user)


@pytest.fixture
def anna(user):
    """With a password of her own and an app; made while no code is asked."""
    abuse.configure(abuse.CHEAP)
    seed = user_with_app(user)
    abuse.configure(abuse.CHEAP + ALWAYS)
    return user, seed


def test_promise_S10_a_code_in_keyboard_interactive(anna):
    user, seed = anna
    shown = code(seed)
    seen = world.ssh(user, [STRONG, shown], "id -un")
    assert seen.status == 0 and user in seen.text, seen.text
    assert any("app" in question for question in seen.asked), seen.asked
    # abuse_54: not a second time; and then the next one.
    seen = world.ssh(user, [STRONG, shown], "id -un")
    assert seen.status != 0 and "not right" in seen.text, seen.text
    assert failures(user) == 1
    seen = world.ssh(user, [STRONG, code(seed, 1)], "echo came-in")
    assert seen.status == 0 and failures(user) == 0, seen.text


def test_wrong_codes_lock_as_passwords_do(anna):
    user, _ = anna
    seen = world.ssh(user, [STRONG, "000000", "000001", "000002"], "id -un")
    assert seen.status == 255, seen.text
    shown = world.cloxxsctl_json("user", "show", user)
    assert world.find_key(shown, "locked"), shown
    found = world.cloxxsctl("explain", seen.reference()).stdout
    assert "wrong-code" in found and "code" in found, found


def test_a_client_that_cannot_ask_is_not_counted(anna):
    """sshd gives the password to every question of PasswordAuthentication."""
    user, _ = anna
    seen = world.ssh(user, [STRONG], "id -un", PASSWORD)
    assert seen.status == 255, seen.text
    assert failures(user) == 0
    world.wait_until(world.journal_has_all, 10, "the journal to have it all")
    record = world.journal(f"CLOXXS_USER={user}",
                           "CLOXXS_EVENT=login-denied")[-1]
    assert record["CLOXXS_REASON"] == "cannot-ask", record


def test_who_cannot_give_a_code_is_told(user, anna):
    """Before he stands at a closed door."""
    world.user_add("bert", "sudo")
    abuse.configure(abuse.CHEAP)
    world.user_add("carla", "sshd")
    assert not doctor_of("codes")
    abuse.configure(abuse.CHEAP + ALWAYS)
    missing = world.cloxxsctl_json("factor", "missing")
    assert [one["name"] for one in missing] == ["carla"]
    found = doctor_of("codes")
    assert found["severity"] == "warning" and "carla" in found["seen"], found
    world.cloxxsctl("factor", "recovery-codes", "carla")
    assert world.cloxxsctl_json("factor", "missing") == []
    assert doctor_of("codes")["severity"] == "ok"
    # His own setting asks too, where no service does.
    abuse.configure(abuse.CHEAP)
    world.cloxxsctl("factor", "set", "bert", "--code", "always")
    assert "bert" in doctor_of("codes")["seen"]
    for name in "bert", "carla":
        world.cloxxsctl("user", "delete", name, "--yes")


def test_a_code_to_be_typed_is_no_denial(anna):
    """What is told of a login is what sshd does: with a code it lets in."""
    user, seed = anna
    asked = ["--service", "sshd", "--from", "192.0.2.7"]
    told = world.cloxxsctl("explain", "--user", user, *asked)
    assert "let in once he gives a code too" in told.stdout, told
    assert "code-not-proved" in told.stdout, told
    test = ["login", "test", user, "--stdin", *asked]
    told = world.cloxxsctl(*test, stdin=STRONG + "\n")
    assert "let in once he gives a code" in told.stdout, told
    assert told.stdout.count("Password: ") == 1, told
    answer = json.loads(world.cloxxsctl(*test, "--json",
                                        stdin=STRONG + "\n").stdout)
    assert answer["code_due"] and "pass" not in answer, answer
    # It was no code of his: sshd asks for one, and takes the one of now.
    seen = world.ssh(user, [], "id -un", KEY, [world.make_key(user)])
    assert seen.status != 0, seen.text
    seen = world.ssh(user, [STRONG, code(seed)], "id -un")
    assert seen.status == 0 and user in seen.text, seen.text
    # Without a way to give one he does not get in.
    abuse.configure(abuse.CHEAP)
    world.cloxxsctl("factor", "remove-totp", user)
    abuse.configure(abuse.CHEAP + ALWAYS)
    told = world.cloxxsctl("explain", "--user", user, *asked, check=False)
    assert told.returncode == 10 and "no-second-factor" in told.stdout, told


def doctor_of(check, user=None):
    answer = json.loads(world.cloxxsctl("doctor", "--all", "--json",
                                        check=False, user=user).stdout)
    return next((one for one in answer["findings"]
                 if one["check"] == check), None)


# Nobody listens there.
DEAD = ("[gateway]\nlocation = nowhere\nurl = http://127.0.0.1:9/\n"
        "header_1 = X-To: {phone_e164}\nbody_form = text\nbody = {text}\n")
PHONE = "+31612345678"


@pytest.fixture
def courier():
    yield senders.courier
    senders.stop()
    senders.courier.configure()


def test_a_courier_that_sends_nothing_is_told(anna, courier):
    """Before somebody waits for a code that cannot come."""
    user, _ = anna
    senders.stop()
    assert doctor_of("courier") is None
    world.cloxxsctl("factor", "set", user, "--phone", PHONE)
    found = doctor_of("courier")
    assert found["severity"] == "error", found
    assert "codes by SMS" in found["seen"], found
    courier.configure()
    courier.start()
    found = doctor_of("courier")
    assert found["severity"] == "error", found
    assert "no route of kind sms" in found["seen"], found
    courier.configure("", {"dead": DEAD})
    assert doctor_of("courier")["severity"] == "ok"
    world.cloxxsctl("courier", "test", "--to", PHONE, check=False)
    found = doctor_of("courier")
    assert found["severity"] == "warning" and "dead" in found["seen"], found
    # Who is not root may not ask it, and hears that.
    world.cloxxsctl("user", "set", user, "--role", "administrator")
    found = doctor_of("courier", abuse.show(user)["uid"])
    assert found["severity"] == "skipped" and "root" in found["seen"], found


def test_promise_S10_abuse_54_pamtester(anna):
    """Debian's own client of PAM, which asks on a terminal."""
    user, seed = anna
    if not shutil.which("pamtester"):
        pytest.skip("pamtester is missing")

    def run(typed, *operations):
        return world.converse(["pamtester", "-I", "rhost=127.0.0.1", "sshd",
                               user, *operations], [STRONG, typed])

    shown = code(seed)
    done = run(shown, "authenticate", "acct_mgmt", "setcred(PAM_ESTABLISH_CRED)",
               "open_session", "close_session")
    assert done.status == 0, done.text
    assert "successfully authenticated" in done.text and len(done.asked) == 2
    done = run(shown, "authenticate")
    assert done.status != 0 and "not right" in done.text, done.text
    assert failures(user) == 1


def test_a_key_alone_is_refused(anna):
    user, seed = anna
    key = world.make_key(user)
    seen = world.ssh(user, [], "id -un", KEY, [key])
    assert seen.status != 0 and "uid" not in seen.text, seen.text
    world.sshd.configure(
        "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n"
        "AuthenticationMethods publickey,keyboard-interactive:pam\n")
    argv = world.ssh_argv(user, "echo came-in", KEY, [key])
    argv[argv.index(f"PreferredAuthentications={KEY}")] = \
        f"PreferredAuthentications={KEY},{KBD}"
    seen = world.converse(argv, [STRONG, code(seed)])
    assert seen.status == 0 and "came-in" in seen.text, seen.text


def test_both_in_one_string(anna):
    """For clients that ask one question."""
    user, seed = anna
    abuse.configure(abuse.CHEAP + ALWAYS + "code_in_password = yes\n")
    seen = world.ssh(user, [STRONG + code(seed)], "echo came-in", PASSWORD)
    assert seen.status == 0 and "came-in" in seen.text, seen.text
    seen = world.ssh(user, [STRONG], "echo came-in", PASSWORD)
    assert seen.status == 255 and failures(user) == 1, seen.text


def test_only_from_outside(anna):
    user, _ = anna
    abuse.configure(abuse.CHEAP +
                    f"[service sshd]\ncode = outside {world.HOST}\n")
    seen = world.ssh(user, [STRONG], "echo came-in")
    assert seen.status == 0 and len(seen.asked) == 1, seen.text


def test_a_recovery_code_is_good_once(anna):
    user, _ = anna
    shown = world.cloxxsctl("factor", "recovery-codes", user).stdout
    one = shown.splitlines()[0]
    seen = world.ssh(user, [STRONG, one.lower()], "echo came-in")
    assert seen.status == 0, seen.text
    seen = world.ssh(user, [STRONG, one], "echo came-in")
    assert seen.status != 0 and "not right" in seen.text, seen.text
    assert world.cloxxsctl_json("factor", "show", user)["recovery_codes"] == 9


def test_sudo_asks_too(anna):
    user, seed = anna
    abuse.configure(abuse.CHEAP + "[service sudo]\ncode = always\n")
    seen = world.converse(["runuser", "-u", user, "--", "sudo", "-k", "id",
                           "-un"], [STRONG, code(seed)])
    assert "sudoers" in seen.text or "root" in seen.text, seen.text
    assert any("app" in question for question in seen.asked), seen.asked


def test_without_a_way_nobody_is_told_before_the_password(user):
    abuse.configure(abuse.CHEAP)
    world.user_with_password(user)
    abuse.configure(abuse.CHEAP + ALWAYS)
    seen = world.ssh(user, [STRONG], "echo came-in")
    assert seen.status == 255 and "no way to send" in seen.text, seen.text
    wrong = world.ssh(user, ["not-that-one"], "echo came-in")
    assert "no way" not in wrong.text and "Access denied." in wrong.text


def test_abuse_50_no_courier(user):
    """Nobody listens for codes: a clear no, soon, and nothing is counted."""
    abuse.configure(abuse.CHEAP)
    world.user_with_password(user)
    world.cloxxsctl("factor", "set", user, "--phone", "+31612345678")
    abuse.configure(abuse.CHEAP + ALWAYS)
    seen = world.ssh(user, [STRONG], "echo came-in")
    assert seen.status == 255 and "can be sent" in seen.text, seen.text
    assert failures(user) == 0 and seen.seconds < 10
    assert "code-not-sent" in world.cloxxsctl("explain",
                                              seen.reference()).stdout


def test_refused_input_says_what(user):
    world.cloxxsctl("user", "add", user)
    for option, value in (("--phone", "0612345678"),
                          ("--phone", "+99812345678"),
                          ("--mail", "a@b.nl,c@d.nl"),
                          ("--code", "sometimes")):
        done = world.cloxxsctl("factor", "set", user, option, value,
                               check=False)
        assert done.returncode == 2 or done.returncode == 1, done
        assert option[2:] in done.stderr, done.stderr
    shown = world.cloxxsctl("factor", "show", user).stdout
    assert "none" in shown and "never" in shown, shown
