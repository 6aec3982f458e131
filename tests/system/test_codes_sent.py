# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes that really go out: by the shipped file of Kannel to an SMS centre, and by
STARTTLS to Postfix; and what a login makes of gateways that fail."""

import base64
import re
import socket
import threading

import pytest

import abuse
import cloxxs_world as world
import senders
from cloxxs_world import STRONG

PHONE, MAIL = "+31612345642", "anna@example.nl"
ALWAYS = "[service sshd]\ncode = always\n[code]\nmail = yes\nper_user = 50\n"
# A gateway that nobody listens at.
NOBODY = """[gateway]
location = nowhere
url = http://127.0.0.1:9/
body_form = text
body = {text}
header_1 = X-To: {phone_e164}
"""

pytestmark = pytest.mark.skipif(
    not senders.Kannel.is_there() or not senders.Postfix.is_there(),
    reason="kannel and postfix are not unpacked here")


@pytest.fixture(scope="module", autouse=True)
def servers():
    senders.kannel.start()
    senders.postfix.start()
    yield
    senders.stop()


@pytest.fixture(autouse=True)
def plain():
    world.sshd.configure("")
    yield
    abuse.configure()


def configure(*before, mail=""):
    """Gateways in order, Kannel the last one."""
    text, secrets = senders.kannel_gateway()
    gateways = {f"{n}-before": one for n, one in enumerate(before)}
    senders.courier.configure(mail, {**gateways, "kannel": text}, secrets)
    senders.courier.start()


def make(user, **addresses):
    abuse.configure(abuse.CHEAP)
    world.user_with_password(user)
    for option, value in addresses.items():
        world.cloxxsctl("factor", "set", user, f"--{option}", value)
    abuse.configure(abuse.CHEAP + ALWAYS)


class Reader:
    """Types the password, then the code that came."""

    def __init__(self, read):
        self.read, self.code = read, None

    def __call__(self, question):
        if "assword" in question:
            return STRONG
        self.code = re.match(r"\d{6}", self.read()).group()
        return self.code


def last_sms(number=PHONE):
    """The text of the newest message to the number."""
    n = 1 + seen[number]
    seen[number] = n
    return senders.kannel.wait_for(number, n)


seen = {PHONE: 0}


def test_promise_S10_a_code_by_kannel(user):
    configure()
    make(user, phone=PHONE)
    reader = Reader(last_sms)
    began = len(senders.kannel.received())
    done = world.ssh(user, reader, "echo came-in")
    assert done.status == 0 and "came-in" in done.text, done.text
    assert "+31 6 **** 42" in done.text
    sender, number, text = senders.kannel.received()[-1]
    assert (sender, number) == ("Cloxxs", PHONE) and "sshd" in text
    assert len(senders.kannel.received()) == began + 1
    # abuse_51: neither the code nor the number stands anywhere.
    world.wait_until(world.journal_has_all, 10, "the journal to have it all")
    journal = world.run("journalctl", "--no-pager", "-o", "export").stdout
    assert reader.code not in journal and PHONE not in journal
    record = world.journal(f"CLOXXS_USER={user}", "CLOXXS_EVENT=code-sent")[-1]
    assert "+31 6 **** 42" in record["CLOXXS_DETAILS"], record
    assert "sent=accepted route=kannel" in record["CLOXXS_DETAILS"], record


def test_abuse_51_85_the_canary_is_found_nowhere(user):
    """Number, address and seed: in no file, log, backup, dump or answer; codes
    not in memory either."""
    phone, mail = "+31687654321", "kanarie-geel@example.nl"
    configure(mail=senders.MAIL)
    make(user)
    # As arguments they would stand in what sudo logs.
    shown = world.run("sudo", "cloxxsctl", "factor", "set", user, "--phone", "-",
                      "--mail", "-", stdin=f"{phone}\n{mail}\n").stdout
    assert "+31 6" in shown and phone not in shown, shown
    seed = abuse.admin("MakeTotp", name=user)["seed"]
    abuse.admin("ConfirmTotp", name=user, code=abuse.totp(seed))
    reader = Reader(lambda: senders.kannel.wait_for(phone))
    done = world.ssh(user, lambda question: "sms" if "app" in question
                     and "sms" in question else reader(question), "true")
    assert done.status == 0, done.text
    world.cloxxsctl("key", "recovery", "--identity", "/root/identity.txt",
                    check=False)
    world.cloxxsctl("backup", "create")
    world.wait_until(world.journal_has_all, 10, "the journal to have it all")
    told = "".join(world.cloxxsctl(*verb, check=False).stdout for verb in (
        ("factor", "show", user, "--json"), ("user", "show", user, "--json"),
        ("user", "list", "--json"), ("user", "export"), ("config", "dump"),
        ("audit", "export", "--user", user), ("courier", "status", "--json"),
        ("status", "--json"), ("metrics",)))
    assert "+31 6" in told and user in told
    raw = base64.b32decode(seed + "=" * (-len(seed) % 8))
    for word in phone[1:], phone[3:], mail, seed:
        assert word not in told
        # What Postfix and Kannel write of it is theirs.
        assert [file for file in abuse.files_with(word)
                if "postfix" not in file and "world.log" not in file] == []
        theirs = world.run("grep", "-aF", word, "/run/world.log", check=False)
        assert all("sendsms" in line for line in theirs.stdout.splitlines())
    assert abuse.files_with(user), "the search can find"
    store = abuse.STORE.read_bytes() + \
        abuse.STORE.with_name("store.db-wal").read_bytes()
    assert raw not in store
    for pid in world.cloxxsd.pid(), senders.courier.pid():
        seen = abuse.memory(pid)
        assert seen is None or seed.encode() not in seen
        assert seen is None or (reader.code + " is").encode() not in seen, pid


def test_again_is_the_same_code(user):
    configure()
    make(user, phone=PHONE)
    codes = []

    def answer(question):
        if "assword" in question:
            return STRONG
        codes.append(re.match(r"\d{6}", last_sms()).group())
        return "again" if len(codes) == 1 else codes[-1]

    done = world.ssh(user, answer, "echo came-in")
    assert done.status == 0, done.text
    assert len(codes) == 2 and codes[0] == codes[1]


def test_promise_S10_a_code_by_mail(user):
    configure(mail=senders.MAIL)
    make(user, mail=MAIL)
    before = len(senders.postfix.box())

    def read():
        senders.postfix.wait_for("is your code")
        world.wait_until(lambda: "is your code" in
                         senders.postfix.box()[before:], 15, "a new mail")
        return re.search(r"\d{6} is your code",
                         senders.postfix.box()[before:]).group()

    reader = Reader(read)
    done = world.ssh(user, reader, "echo came-in")
    assert done.status == 0, done.text
    mail = senders.postfix.box()[before:]
    subject = re.search(r"^Subject: (.*)$", mail, re.M).group(1)
    assert reader.code not in subject and "Code for" in subject
    assert f"To: {MAIL}" in mail or f"To: <{MAIL}>" in mail, mail


def test_abuse_50_another_gateway(user):
    """The first one is down: the next has it, once."""
    configure(NOBODY)
    make(user, phone=PHONE)
    began = len(senders.kannel.received())
    done = world.ssh(user, Reader(last_sms), "echo came-in")
    assert done.status == 0, done.text
    assert len(senders.kannel.received()) == began + 1
    status = world.cloxxsctl("courier", "status").stdout
    assert "kannel" in status and "0-before" in status, status


def test_a_gateway_that_another_stands_in_for_is_an_alarm(user):
    configure(NOBODY)
    make(user, phone=PHONE)
    abuse.configure(abuse.CHEAP + ALWAYS + "[alarms]\ngateway_failures = 2\n")

    def rule():
        return next(one for one in world.cloxxsctl_json("alarm", "list")["rules"]
                    if one["rule"] == "gateway-failing")

    for _ in range(2):
        assert not rule()["raised"]
        done = world.ssh(user, Reader(last_sms), "echo came-in")
        assert done.status == 0, done.text
    world.wait_until(lambda: rule()["raised"], 40, "the alarm")
    assert "0-before: the last 2 were not accepted" in rule()["detail"]


def test_abuse_50_another_way(user):
    """No gateway at all, and an address: by mail."""
    senders.courier.configure(senders.MAIL, {"nobody": NOBODY})
    senders.courier.start()
    make(user, phone=PHONE, mail=MAIL)
    before = len(senders.postfix.box())

    def read():
        world.wait_until(lambda: "is your code" in
                         senders.postfix.box()[before:], 15, "a new mail")
        return re.search(r"\d{6} is your code",
                         senders.postfix.box()[before:]).group()

    done = world.ssh(user, Reader(read), "echo came-in")
    assert done.status == 0 and "a***@example.nl" in done.text, done.text


def test_abuse_50_a_gateway_that_never_answers(user):
    """It may have taken the message: asked for, and sent nowhere else."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests = []

    def take():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            requests.append(peer)

    threading.Thread(target=take, daemon=True).start()
    port = listener.getsockname()[1]
    configure(NOBODY.replace(":9/", f":{port}/") + "timeout = 2s\n")
    make(user, phone=PHONE)
    began = len(senders.kannel.received())
    done = world.ssh(user, [STRONG], "echo came-in", timeout=30)
    assert done.status != 0 and "on its way" in done.text, done.text
    assert len(requests) == 1
    assert len(senders.kannel.received()) == began
    listener.close()


def test_abuse_48_no_message_for_a_wrong_password(user):
    configure()
    make(user, phone=PHONE)
    began = len(senders.kannel.received())
    for _ in range(2):
        world.ssh(user, ["dit is het niet"], "true")
    world.ssh("nobody-here", ["dit is het niet"], "true")
    assert len(senders.kannel.received()) == began


def test_abuse_53_the_former_number_is_told(user):
    configure()
    make(user, phone=PHONE)
    world.cloxxsctl("factor", "set", user, "--phone", "+31687654321")
    told = last_sms()
    assert "no longer come here" in told, told
    assert "87654321" not in told


def test_the_courier_begins_anew(user):
    """Killed while nobody watched: the next code goes out all the same."""
    configure()
    make(user, phone=PHONE)
    senders.courier.kill()
    done = world.ssh(user, [STRONG], "true")
    assert done.status == 255 and "can be sent" in done.text, done.text
    senders.courier.start()
    done = world.ssh(user, Reader(last_sms), "echo came-in")
    assert done.status == 0, done.text
