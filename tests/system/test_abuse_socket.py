# SPDX-License-Identifier: GPL-3.0-or-later
"""What strangers may do to the daemon's socket: very little."""

import array
import contextlib
import json
import os
import pathlib
import resource
import socket
import time

import pytest

import abuse
import cloxxs_world as world
from abuse import DENIED, NEIGHBOUR, STRANGER, Wire
from cloxxs_world import STRONG


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


@pytest.fixture(autouse=True)
def still_well(request):
    """After each test the same daemon is there, and answers root at once."""
    before = world.cloxxsd.pid()
    yield
    if "restarted" not in request.fixturenames:
        assert world.cloxxsd.pid() == before
    seconds, status = abuse.elapsed(abuse.admin, "Status")
    assert seconds < 1 and status["configuration"] == "ok"


def open_files():
    return len(os.listdir(f"/proc/{world.cloxxsd.pid()}/fd"))


# ---- names --------------------------------------------------------------------------


NAMES = ["nobody-of-this-name", "x" * 255, "root\n", "a/b", "../x", "-x",
         "ROOT", "root ", " root", "r\x1b[2Joot", "..", ".", "%s%n",
         "'; DROP TABLE user; --", "é", "\u202eroot", "root", "_cloxxs", "*",
         "uid:0", "1000"]


@pytest.mark.parametrize("name", NAMES)
def test_abuse_07_names(name):
    """Refused in the same way as any unknown name, and nothing is made."""
    before = sorted(p for p in world.STATE.rglob("*"))
    with Wire(timeout=30) as wire:
        step = wire.start(name)
        assert step == {"step": "password", "prompt": "Password: ",
                        "echo": False}
        done = wire.answer(STRONG)
    assert done["verdict"] == "deny" and "pass" not in done
    assert done["message"] == f"Access denied. Reference {done['reference']}."
    assert sorted(p for p in world.STATE.rglob("*")) == before


def test_abuse_07_names_that_cannot_be_sent():
    for name in "x" * 257, "x" * 60000:
        assert abuse.error_of(abuse.login, name, STRONG) == \
            "org.varlink.service.InvalidParameter"
    for raw in b'"root\\u0000x"', b'"\xff\xfe"', b'"\xc0\xae"', b'"\\ud800"':
        with Wire() as wire:
            wire.send(b'{"method":"nl.cloxxs.Login.Start","parameters":'
                      b'{"purpose":"login","service":"sshd","user":' + raw +
                      b'}}\0')
            assert wire.is_closed()


@pytest.mark.parametrize("name", ["", "x" * 33, "root\n", "a/b", "../x", "-x",
                                  "ROOT", "root ", "root", "é", "a:b", "1234",
                                  "$(id)", "%n", "_cloxxs"])
def test_abuse_07_names_that_nobody_gets(name):
    before = abuse.admin("Status")["users"]
    with pytest.raises(abuse.VarlinkError):
        abuse.temporary_user(name)
    assert abuse.admin("Status")["users"] == before


# ---- authority ----------------------------------------------------------------------


ADMIN_CALLS = [
    ("AddUser", {"name": "indringer"}), ("SetUser", {"role": "administrator"}),
    ("ListUsers", {}), ("GetUser", {}), ("EnableUser", {}),
    ("DisableUser", {}), ("DeleteUser", {}), ("LockUser", {"reason": "x"}),
    ("UnlockUser", {"reason": "x"}),
    ("UnlockUser", {"reason": "x", "reset_password": True}),
    ("ResetPassword", {}), ("Explain", {"reference": "AAAA-AAAA"}),
    ("Status", {})]


def refused_everything(uid, user):
    for method, parameters in ADMIN_CALLS:
        if method not in ("ListUsers", "Explain", "Status", "AddUser"):
            parameters = {"name": user, **parameters}
        with Wire(uid) as wire:
            error = abuse.error_of(wire.call, abuse.ADMIN + method,
                                   parameters, more=method == "ListUsers")
        assert error == DENIED, (method, error)


def test_abuse_33_stranger(user):
    abuse.make_user(user)
    before, since = abuse.show(user), world.cursor()
    refused_everything(STRANGER, user)
    for purpose in "login", "change":
        assert abuse.error_of(abuse.login, user, STRONG, uid=STRANGER,
                              purpose=purpose) == DENIED
    for method in "Account", "OpenSession":
        with Wire(STRANGER) as wire:
            assert abuse.error_of(wire.call, abuse.LOGIN + method, {
                "user": user, "service": "sshd"}) == DENIED
    assert abuse.show(user) == before
    assert len(abuse.events(since, event="call-refused",
                            actor=f"uid:{STRANGER}")) == 1


def test_abuse_33_audited_once_a_minute():
    """Each uid once, however often it asks."""
    since = world.cursor()
    for uid in 5001, 5002:
        for _ in range(40):
            with Wire(uid) as wire:
                assert abuse.error_of(wire.call,
                                      abuse.ADMIN + "Status") == DENIED
    for uid in 5001, 5002:
        assert len(abuse.events(since, actor=f"uid:{uid}")) == 1


def test_abuse_33_forged_uid():
    """What a message says about its sender is no parameter of ours."""
    for extra in {"uid": 0}, {"peer": 0}, {"actor": "root"}:
        with Wire(STRANGER) as wire:
            assert abuse.error_of(wire.call, abuse.ADMIN + "Status",
                                  extra) == DENIED
        with Wire() as wire:
            assert abuse.error_of(
                wire.call, abuse.ADMIN + "Status",
                extra) == "org.varlink.service.InvalidParameter"


def test_abuse_33_user_speaks_for_himself_only(user):
    other = user + "b"
    abuse.make_user(user)
    abuse.make_user(other)
    uid = abuse.show(user)["uid"]
    refused_everything(uid, other)
    refused_everything(uid, user)
    assert abuse.error_of(abuse.login, other, STRONG, uid=uid) == DENIED
    since = world.cursor()
    # By a service that may come without an address: his own is not believed.
    assert abuse.verdict(user, STRONG, uid=uid, service="abuse",
                         address="203.0.113.9", terminal="pts/99",
                         requester="root") == "allow"
    record, = abuse.events(since, event="login-allowed", user=user)
    assert "CLOXXS_ADDRESS" not in record and "CLOXXS_TERMINAL" not in record
    assert record["CLOXXS_ACTOR"] == user


def test_abuse_33_administrator_only_in_force(user):
    """The role counts while its bearer could log in."""
    other = user + "b"
    abuse.make_user(user, role="administrator")
    # Nobody locks the last one.
    abuse.make_user(user + "c", role="administrator")
    abuse.make_user(other)
    uid = abuse.show(user)["uid"]
    since = world.cursor()
    abuse.admin("LockUser", uid=uid, name=other, reason="test")
    record, = abuse.events(since, event="user-locked", user=other)
    assert record["CLOXXS_ACTOR"] == user
    abuse.admin("LockUser", name=user, reason="test")
    refused_everything(uid, other)
    abuse.admin("UnlockUser", name=user, reason="test")
    abuse.admin("Status", uid=uid)
    abuse.admin("DisableUser", name=user)
    refused_everything(uid, other)
    abuse.admin("EnableUser", name=user)
    abuse.admin("SetUser", name=user, role="user")
    refused_everything(uid, other)
    abuse.admin("SetUser", name=user, role="administrator")
    abuse.admin("ResetPassword", name=user)
    refused_everything(uid, other)


def test_abuse_33_users_connection_after_the_role_went(user):
    """Asked anew for each call, not at connect()."""
    abuse.make_user(user, role="administrator")
    with Wire(abuse.show(user)["uid"]) as wire:
        wire.call(abuse.ADMIN + "Status")
        abuse.admin("SetUser", name=user, role="user")
        assert abuse.error_of(wire.call, abuse.ADMIN + "Status") == DENIED


def test_abuse_41_connection_of_the_dead():
    """Who connected counts, not who holds the connection or has his pid."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        os.setresgid(STRANGER, STRANGER, STRANGER)
        os.setresuid(STRANGER, STRANGER, STRANGER)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.connect(world.SOCKET)
        socket.send_fds(theirs, [b"x"], [made.fileno()])
        os._exit(0)
    fds = socket.recv_fds(ours, 1, 1)[1]
    os.waitpid(pid, 0)
    wire = Wire()
    wire.socket.close()
    wire.socket = socket.socket(fileno=fds[0])
    wire.socket.settimeout(10)
    with wire:
        assert abuse.error_of(wire.call, abuse.ADMIN + "Status") == DENIED


def test_abuse_39_gone_while_it_is_hashed(user):
    """The wrong answer counts all the same, and the lane is free again."""
    abuse.make_user(user)
    for n in 1, 2:
        with Wire() as wire:
            wire.start(user)
            wire.ask(abuse.LOGIN + "Answer", {"answer": abuse.WRONG})
        world.wait_until(lambda n=n: abuse.show(user)["failures"] == n, 10,
                         "the failure to be counted")
    assert abuse.verdict(user, STRONG) == "allow"
    assert abuse.show(user)["failures"] == 0
    assert abuse.query("SELECT sum(claim) FROM user") == [(0,)]
    world.wait_until(lambda: abuse.admin("Status")["attempts"] == 0, 10,
                     "the attempts to end")


# ---- order ----------------------------------------------------------------------------


def test_abuse_40_out_of_order(user):
    abuse.make_user(user)
    no_attempt = "nl.cloxxs.Login.NoAttempt"
    with Wire() as wire:
        assert abuse.error_of(wire.answer, STRONG) == no_attempt
        assert wire.converse(user, [STRONG])["verdict"] == "allow"
        assert abuse.error_of(wire.answer, STRONG) == no_attempt
        wire.start(user)
        # A second start begins anew: the first question is not open any more.
        wire.start("nobody-of-this-name")
        assert wire.answer(STRONG)["verdict"] == "deny"
        assert abuse.error_of(wire.answer, STRONG) == no_attempt
    with Wire() as one, Wire() as other:
        one.start(user)
        assert abuse.error_of(other.answer, STRONG) == no_attempt
        assert one.answer(STRONG)["verdict"] == "allow"


def test_abuse_40_answers_at_once(user):
    """Guesses that are sent without waiting are no more guesses."""
    abuse.make_user(user)
    with Wire(timeout=30) as wire:
        for _ in range(4):
            wire.ask(abuse.LOGIN + "Start", {
                "purpose": "login", "user": user, "service": "sshd",
                "address": world.HOST})
            for _ in range(4):
                wire.ask(abuse.LOGIN + "Answer", {"answer": abuse.WRONG})
        replies = [wire.receive() for _ in range(20)]
    assert [r.get("error") for r in replies].count(
        "nl.cloxxs.Login.NoAttempt") == 12
    assert abuse.show(user)["failures"] == 3
    assert abuse.verdict(user, STRONG) == "deny"


def passes_as(user, token, **more):
    """Whether the account phase took the token for a proved password."""
    since = world.cursor()
    with Wire(more.pop("uid", 0)) as wire:
        wire.call(abuse.LOGIN + "Account", {
            "user": user, "service": "sshd", "pass": token, **more})
    # With it the phase confirms the login's decision, which has its record.
    return not [r for r in abuse.events(since) if r["CLOXXS_EVENT"] in (
        "account-allowed", "account-denied")]


def test_abuse_40_pass_theft(user):
    """A pass is good for its user, service, address and peer, once."""
    other = user + "b"
    abuse.make_user(user)
    abuse.make_user(other)
    uid = abuse.show(user)["uid"]

    def token():
        return abuse.login(user, STRONG, address="192.0.2.1")["pass"]

    assert not passes_as(other, token(), address="192.0.2.1")
    assert not passes_as(user, token(), address="192.0.2.2")
    assert not passes_as(user, token())
    assert not passes_as(user, token(), address="192.0.2.1", service="sudo")
    assert not passes_as(user, token(), uid=uid)
    for forged in "0" * 32, "", "f" * 32, "%s", "' OR 1":
        assert not passes_as(user, forged, address="192.0.2.1")
    good = token()
    assert not passes_as(user, good.upper() if good.upper() != good
                         else good[::-1], address="192.0.2.1")
    assert passes_as(user, good, address="192.0.2.1")
    assert not passes_as(user, good, address="192.0.2.1")


def test_abuse_40_pass_for_a_change(user):
    """It spares the question for the current password once, not for others."""
    other = user + "b"
    abuse.make_user(user)
    abuse.make_user(other)

    def first(whose, token, uid=0, **more):
        with Wire(uid) as wire:
            return wire.start(whose, purpose="change", **{"pass": token},
                              **more)["step"]

    good = abuse.login(user, STRONG)["pass"]
    assert first(other, good) == "password"
    assert first(user, good, service="sudo") == "password"
    assert first(user, good, uid=abuse.show(user)["uid"]) == "password"
    assert first(user, good) == "new_password"
    assert first(user, good) == "password"


@pytest.mark.parametrize("method,parameters", [
    ("LockUser", {"reason": "x"}), ("DisableUser", {}),
    ("ResetPassword", {})])
def test_abuse_40_pass_of_yesterday(user, method, parameters):
    """What changed the account ended its passes."""
    abuse.make_user(user)
    token = abuse.login(user, STRONG)["pass"]
    abuse.admin(method, name=user, **parameters)
    assert not passes_as(user, token)
    with Wire() as wire:
        assert wire.start(user, purpose="change",
                          **{"pass": token})["step"] == "password"


def test_abuse_40_replay_of_a_whole_conversation(user):
    """The bytes of a login that succeeded prove no more than the password."""
    abuse.make_user(user)
    token = abuse.login(user, STRONG)["pass"]
    again = abuse.login(user, STRONG)["pass"]
    assert again != token
    with Wire() as wire:
        first, second = (wire.call(abuse.LOGIN + "OpenSession", {
            "user": user, "service": "sshd", "pass": token,
            "address": world.HOST}) for _ in range(2))
    assert first["session"] != second["session"]
    uid = abuse.show(user)["uid"]
    with Wire(NEIGHBOUR) as wire:
        assert abuse.error_of(wire.call, abuse.LOGIN + "CloseSession", {
            "session": first["session"]}) == DENIED
    for _ in range(2):
        with Wire(uid) as wire:
            wire.call(abuse.LOGIN + "CloseSession",
                      {"session": first["session"]})
    assert abuse.query("SELECT count(*) FROM session WHERE uid = ?",
                       uid) == [(1,)]


# ---- malformed messages -------------------------------------------------------------


def start_of(**more):
    return json.dumps({"method": abuse.LOGIN + "Start", "parameters": {
        "purpose": "login", "user": "piet", "service": "sshd", **more}})


MALFORMED = {
    "empty": b"\0",
    "only spaces": b"  \0",
    "no object": b"[]\0",
    "a number": b"17\0",
    "null": b"null\0",
    "cut": b'{"method":"nl.cloxxs.Login.Start"\0',
    "two objects": b"{}{}\0",
    "no method": b"{}\0",
    "method is a number": b'{"method":5}\0',
    "parameters is a list": b'{"method":"nl.cloxxs.Login.Start",'
                            b'"parameters":[]}\0',
    "deep": b'{"method":' + b"[" * 10000 + b"]" * 10000 + b"}\0",
    "deep objects": b'{"a":' * 10000 + b"1" + b"}" * 10000 + b"\0",
    "over the limit": b'{"method":"' + b"x" * (1 << 20) + b'"}\0',
    "endless": b"x" * (1 << 20),
    "not UTF-8": b'{"method":"\xff\xfe"}\0',
    "latin-1": b'{"method":"caf\xe9"}\0',
    "key twice": b'{"method":"org.varlink.service.GetInfo",'
                 b'"method":"nl.cloxxs.Admin.Status"}\0',
    "parameter twice": b'{"method":"nl.cloxxs.Login.Start","parameters":'
                       b'{"purpose":"login","service":"sshd","user":"a",'
                       b'"user":"root"}}\0',
    "wrong type": start_of(user=5).encode() + b"\0",
    "wrong type list": start_of(user=["a"]).encode() + b"\0",
    "system_uid is a string": start_of(system_uid="0").encode() + b"\0",
    "system_uid is real": start_of(system_uid=0.5).encode() + b"\0",
    "huge integer": start_of().replace('"login"', "9" * 400).encode() + b"\0",
    "unknown parameter": start_of(uid=0).encode() + b"\0",
    "purpose": start_of(purpose="admin").encode() + b"\0",
    "service": start_of(service="../sshd").encode() + b"\0",
    "service empty": start_of(service="").encode() + b"\0",
    "more is a string": b'{"method":"nl.cloxxs.Admin.ListUsers",'
                        b'"more":"yes"}\0',
    "list without more": b'{"method":"nl.cloxxs.Admin.ListUsers"}\0',
    "unknown interface": b'{"method":"com.example.Thing.Do"}\0',
    "unknown method": b'{"method":"nl.cloxxs.Login.Bogus"}\0',
    "no interface": b'{"method":"Start"}\0',
    "dots": b'{"method":"..."}\0',
    "upgrade": b'{"method":"nl.cloxxs.Login.Start","upgrade":true}\0',
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\0",
    "NUL within": b'{"method":"nl.cloxxs.Admin.Status\0"}\0',
}


@pytest.mark.parametrize("uid", [0, STRANGER])
@pytest.mark.parametrize("name", MALFORMED)
def test_abuse_36_malformed(name, uid):
    """An error, or the end; never an answer, never a trace."""
    before = abuse.query("SELECT uid, credential, failures FROM user")
    with Wire(uid) as wire:
        try:
            wire.send(MALFORMED[name])
            if not MALFORMED[name].endswith(b"\0"):
                wire.socket.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            assert "error" in wire.receive()
        except abuse.Closed:
            pass
    assert abuse.query("SELECT uid, credential, failures FROM user") == before


def test_abuse_36_two_in_one_write():
    info = json.dumps({"method": "org.varlink.service.GetInfo"}).encode()
    with Wire(STRANGER) as wire:
        wire.send((info + b"\0") * 50)
        assert all("parameters" in wire.receive() for _ in range(50))
    # What stands before the malformed one is answered, what is behind is not.
    with Wire(STRANGER) as wire:
        wire.send(info + b"\0" + b"[]\0" + info + b"\0")
        assert "parameters" in wire.receive()
        assert wire.is_closed()


def test_abuse_36_single_bytes():
    info = json.dumps({"method": "org.varlink.service.GetInfo"}).encode()
    with Wire(STRANGER) as wire:
        for byte in info + b"\0":
            wire.send(bytes([byte]))
        assert wire.receive()["parameters"]["product"] == "cloxxsd"


# ---- floods ---------------------------------------------------------------------------


def admitted(wires):
    """Those of them that are answered."""
    n = 0
    for wire in wires:
        try:
            wire.call("org.varlink.service.GetInfo")
            n += 1
        except (abuse.Closed, OSError):
            pass
    return n


def root_is_served(user):
    seconds, _ = abuse.elapsed(abuse.admin, "Status")
    assert seconds < 1
    seconds, done = abuse.elapsed(abuse.pam, user, f"answer:{STRONG}", "auth",
                                  "account")
    assert done.codes == [0, 0] and seconds < 2, done.text


def test_abuse_37_one_uid(user):
    abuse.make_user(user)
    wires = [Wire(STRANGER) for _ in range(300)]
    assert admitted(wires) == 64
    root_is_served(user)
    for wire in wires:
        wire.close()
    world.wait_until(lambda: open_files() < 64, 10, "connections to be closed")
    with Wire(STRANGER) as wire:
        assert admitted([wire]) == 1


def test_abuse_37_many_uids(user):
    """More than there is room for: the rest is root's."""
    abuse.make_user(user)
    with files_limit(8192):
        wires = [Wire(6000 + n // 64) for n in range(3700)]
        assert admitted(wires) == 4096 - 512
        root_is_served(user)
        for wire in wires:
            wire.close()
    world.wait_until(lambda: open_files() < 64, 20, "connections to be closed")


@contextlib.contextmanager
def files_limit(n):
    """Our own limit of open files."""
    kept = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (n, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, kept)


def test_abuse_37_slowloris(user):
    """A message that does not come to its end in 2 s ends the connection."""
    abuse.make_user(user)
    wires = [Wire(STRANGER) for _ in range(64)]
    for wire in wires:
        wire.send(b'{"method":')
    root_is_served(user)
    deadline = time.monotonic() + 4
    began = time.monotonic()
    while wires and time.monotonic() < deadline:
        for wire in list(wires):
            try:
                wire.send(b" ")
            except OSError:
                wires.remove(wire)
        time.sleep(0.2)
    assert not wires
    assert time.monotonic() - began > 1.5


def test_abuse_37_never_reads(user):
    """Who does not take his answers is given no more, and then let go."""
    abuse.make_user(user)
    ask = json.dumps({
        "method": "org.varlink.service.GetInterfaceDescription",
        "parameters": {"interface": "nl.cloxxs.Admin"}}).encode() + b"\0"
    memory = resident()
    wires = [Wire(STRANGER) for _ in range(64)]
    for wire in wires:
        wire.socket.settimeout(0.05)
        try:
            for _ in range(2000):
                wire.send(ask)
        except (TimeoutError, OSError):
            pass
    root_is_served(user)
    # The hash of root's login is given back; 1 MiB of output each at most.
    assert resident() - memory < 64 + 40
    world.wait_until(lambda: open_files() < 64, 20, "them to be let go")


def resident():
    """MiB of the daemon."""
    status = pathlib.Path(f"/proc/{world.cloxxsd.pid()}/status").read_text()
    line, = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


@pytest.fixture
def restarted():
    """A daemon that has hardly a descriptor."""
    world.cloxxsd.files = 40
    world.cloxxsd.restart()
    yield
    world.cloxxsd.files = world.cloxxsd.FILES
    world.cloxxsd.restart()


def test_abuse_37_out_of_descriptors(user, restarted):
    """EMFILE lasts as long as it lasts."""
    abuse.make_user(user)
    pid = world.cloxxsd.pid()
    wires = [Wire(STRANGER) for _ in range(60)]
    world.wait_until(lambda: open_files() == 40, 10, "the last descriptor")
    seconds, done = abuse.elapsed(abuse.pam, user, f"answer:{STRONG}", "auth")
    assert done.codes[0] != 0 and seconds < 2.6, done.text
    busy = processor_time(pid)
    time.sleep(0.5)  # the measure, not a wait
    assert processor_time(pid) - busy < 0.2, "it spins"
    for wire in wires:
        wire.close()
    world.wait_until(lambda: open_files() < 30, 10, "descriptors to come back")
    root_is_served(user)


def processor_time(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(
        ")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_abuse_37_attempts_of_one_user(user):
    """Open conversations of one uid are bounded by its connections, and by how
    often he may ask: 20 times at once, then twice a second."""
    abuse.make_user(user)
    uid = abuse.show(user)["uid"]
    wires = [Wire(uid) for _ in range(64)]
    steps = []
    for wire in wires:
        try:
            steps.append(wire.start(user)["step"])
        except abuse.VarlinkError as error:
            steps.append(error.name)
    assert steps[:20] == ["password"] * 20
    assert set(steps[20:]) <= {"password", "nl.cloxxs.Login.Busy"}
    assert "nl.cloxxs.Login.Busy" in steps
    root_is_served(user)
    for wire in wires:
        wire.close()
    world.wait_until(lambda: abuse.admin("Status")["attempts"] == 0, 10,
                     "the attempts to end")
    assert abuse.show(user)["failures"] == 0


# ---- odd sockets -----------------------------------------------------------------------


def test_abuse_38_descriptors_are_not_taken():
    before = open_files()
    info = json.dumps({"method": "org.varlink.service.GetInfo"}).encode()
    null = os.open("/dev/null", os.O_RDONLY)
    fds = array.array("i", [null] * 253)
    with Wire(STRANGER) as wire:
        for _ in range(20):
            wire.socket.sendmsg([info + b"\0"], [
                (socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
            assert "parameters" in wire.receive()
            assert open_files() <= before + 1
    os.close(null)


def test_abuse_38_out_of_band():
    """Urgent bytes are no message, and do not make the daemon spin."""
    pid = world.cloxxsd.pid()
    wires = [Wire(STRANGER) for _ in range(8)]
    for wire in wires:
        try:
            wire.socket.send(b"!", socket.MSG_OOB)
        except OSError:
            pytest.skip("this kernel has no out-of-band bytes on AF_UNIX")
    busy = processor_time(pid)
    time.sleep(0.5)  # the measure, not a wait
    assert processor_time(pid) - busy < 0.2
    for wire in wires:
        wire.close()


def test_abuse_38_half_closed():
    """He who only stopped writing gets his answer."""
    with Wire(STRANGER) as wire:
        wire.ask("org.varlink.service.GetInfo")
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.receive()["parameters"]["product"] == "cloxxsd"
        assert wire.is_closed()
    before = open_files()
    for _ in range(50):
        with Wire(STRANGER) as wire:
            wire.socket.shutdown(socket.SHUT_RD)
        with Wire(STRANGER) as wire:
            wire.send(b'{"meth')
    world.wait_until(lambda: open_files() <= before, 10, "them to be closed")
