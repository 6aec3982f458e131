#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python client, with the real cloxxsd on a socket and state of its own,
and with servers that are none."""

import contextlib
import os
import pathlib
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", ".")).absolute()
BUILD = pathlib.Path(os.environ.get("CLOXXS_BUILDDIR", ".")).absolute()
sys.path.insert(0, str(SOURCE / "examples" / "python"))
sys.dont_write_bytecode = True

import cloxxs  # noqa: E402
import private_cloxxsd  # noqa: E402

try:
    import pytest
except ImportError:
    print("SKIP: python3-pytest is missing")
    sys.exit(77)

ACCOUNT = private_cloxxsd.account()
SETTINGS = private_cloxxsd.SETTINGS + f"""\
[service budgets]
account = {ACCOUNT.pw_name}
proxies = 127.0.0.1, 192.0.2.0/24
"""
STRONG = "correct horse kwispel zadel"
OTHER = "een heel ander lang woord"
WRONG = "dit is het zeker niet"
SERVICE = "budgets"


@pytest.fixture
def directory():
    # A short path: sockets have no room for long ones. Others may enter.
    path = tempfile.mkdtemp(prefix="py.", dir="/tmp")
    os.chmod(path, 0o755)
    yield pathlib.Path(path)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def daemon():
    path = tempfile.mkdtemp(prefix="py.", dir="/tmp")
    try:
        os.chmod(path, 0o755)
        with private_cloxxsd.PrivateCloxxsd(path, SETTINGS) as started:
            yield started
    finally:
        shutil.rmtree(path)


@pytest.fixture
def connection(daemon):
    with cloxxs.Connection(daemon.socket, 60) as made:
        yield made


def temporary(daemon, name, *more):
    return daemon.ctl_json("user", "add", name, "--services", SERVICE,
                           *more)["temporary_password"]


def login(daemon, user, *answers, **more):
    made = cloxxs.Login(cloxxs.Connection(daemon.socket, 60), SERVICE, user,
                        address="192.0.2.1", **more)
    for answer in answers:
        assert not made.done, made.message
        made.answer(answer)
    return made


def chosen(daemon, name):
    assert login(daemon, name, temporary(daemon, name), STRONG,
                 STRONG).allowed
    return STRONG


# ---- with cloxxsd -----------------------------------------------------------


def test_a_temporary_password_is_changed_on_the_way(daemon):
    first = temporary(daemon, "first")
    steps = []
    made = login(daemon, "first")
    for answer in first, "kort", STRONG, STRONG:
        steps.append((made.step, made.echo))
        assert made.prompt
        made.answer(answer)
    assert steps == [("password", False)] + [("new_password", False)] * 3
    assert made.allowed and made.verdict == "allow"
    session = made.open_session()
    assert session
    made.close()
    with cloxxs.Connection(daemon.socket) as again:
        again.call("nl.cloxxs.Login.CloseSession", session=session)


def test_a_wrong_password_is_no(daemon):
    chosen(daemon, "wrong")
    made = login(daemon, "wrong", WRONG)
    assert made.done and not made.allowed and made.verdict == "deny"
    assert made.reference and made.reference in made.message
    assert made.open_session() is None
    assert login(daemon, "nobody", WRONG).verdict == "deny"


def test_a_voluntary_change(daemon):
    chosen(daemon, "change")
    made = login(daemon, "change", STRONG, OTHER, OTHER, purpose="change")
    assert made.allowed, made.message
    assert not login(daemon, "change", STRONG).allowed
    assert login(daemon, "change", OTHER).allowed


def test_a_session_is_refused_to_whom_the_account_is(daemon):
    chosen(daemon, "refused")
    made = login(daemon, "refused", STRONG)
    daemon.ctl("user", "disable", "refused")
    assert made.allowed
    assert made.open_session() is None
    assert made.verdict == "deny" and made.reference


def test_errors_have_a_name_and_say_what_is_wrong(connection):
    with pytest.raises(cloxxs.Refused) as refused:
        connection.call("nl.cloxxs.Admin.GetUser", name="not-there")
    assert refused.value.short == "NotFound"
    assert refused.value.parameters == {"name": "not-there"}
    with pytest.raises(cloxxs.Refused) as refused:
        connection.call("nl.cloxxs.Admin.LockUser", name="a b", reason="x")
    assert refused.value.short in ("NotFound", "Invalid")
    # The connection is as good as before; but not for what nobody knows.
    assert connection.call("org.varlink.service.GetInfo")["product"]
    with pytest.raises(cloxxs.Refused, match="MethodNotFound"):
        connection.call("nl.cloxxs.Login.Nothing")


def test_a_stream_and_one_that_is_not_read_to_its_end(daemon, connection):
    for name in "one", "two", "three":
        temporary(daemon, name)
    names = [row["user"]["name"] for row in
             connection.stream("nl.cloxxs.Admin.ListUsers")]
    assert {"one", "two", "three"} <= set(names) and names == sorted(names)
    assert connection.is_fresh()
    stream = connection.stream("nl.cloxxs.Admin.ListUsers")
    next(stream)
    stream.close()
    assert not connection.is_fresh()
    with pytest.raises(cloxxs.Unavailable):
        connection.call("org.varlink.service.GetInfo")


def test_a_pool_outlives_the_daemon(daemon):
    pool = cloxxs.Pool(daemon.socket, at_most=2)
    assert pool.call("org.varlink.service.GetInfo")
    with pool.connection() as one, pool.connection() as two:
        assert one is not two
        pool.seconds = 0.05
        with pytest.raises(cloxxs.Unavailable, match="too many"), \
                pool.connection():
            pass
        pool.seconds = cloxxs.CALL_SECONDS
    daemon.stop()
    with pytest.raises(cloxxs.Unavailable):
        pool.call("org.varlink.service.GetInfo")
    daemon.start()
    assert pool.call("org.varlink.service.GetInfo")
    pool.close()


def test_many_threads_share_a_pool(daemon):
    pool = cloxxs.Pool(daemon.socket, seconds=60, at_most=3)
    seen = []

    def ask():
        for _ in range(20):
            seen.append(pool.call("org.varlink.service.GetInfo")["vendor"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(seen) == 160
    pool.close()


@contextlib.contextmanager
def acting_as(uid):
    """The kernel names the effective uid of the moment of connect()."""
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_stranger_may_call_nothing(daemon):
    with acting_as(4242), cloxxs.Connection(daemon.socket) as stranger:
        for call in (lambda: stranger.call("nl.cloxxs.Admin.Status"),
                     lambda: cloxxs.Login(stranger, SERVICE, "anna")):
            with pytest.raises(cloxxs.Refused, match="PermissionDenied"):
                call()


# ---- as an application ------------------------------------------------------


@pytest.fixture
def service(daemon):
    """As the account of the service; what runs as root is outside of it."""
    with acting_as(ACCOUNT.pw_uid):
        made = cloxxs.Service(SERVICE, path=daemon.socket, seconds=60)
        yield made
        made.close()


def as_root(function, *arguments):
    os.seteuid(0)
    try:
        return function(*arguments)
    finally:
        os.seteuid(ACCOUNT.pw_uid)


def come_in(daemon, service, user, *more):
    """A session of user, who has just chosen his password."""
    first = as_root(temporary, daemon, user, *more)
    login = service.login(user, address="145.97.20.77")
    for answer in first, STRONG, STRONG:
        assert not login.done, login.message
        login.answer(answer)
    session = login.open_session()
    login.close()
    assert session, login.message
    return session


def test_a_session_goes_on_until_it_is_over(daemon, service):
    session = come_in(daemon, service, "session")
    assert service.check_session(session) == "session"
    assert service.check_session(session, "145.97.20.77") == "session"
    service.close_session(session)
    assert service.check_session(session) is None
    assert service.check_session("f" * len(session)) is None
    other = come_in(daemon, service, "disabled")
    as_root(daemon.ctl, "user", "disable", "disabled")
    assert service.check_session(other) is None


def test_rights_and_projects(daemon, service):
    def prepare():
        for name in "readable", "writable", "hidden":
            daemon.ctl("project", "add", name, "--service", SERVICE)
        temporary(daemon, "rights")
        daemon.ctl("grant", "add", "rights", "readable", "read")
        daemon.ctl("grant", "add", "rights", "writable", "write")

    as_root(prepare)
    assert service.projects("rights") == [("readable", True, False),
                                          ("writable", True, True)]
    assert service.projects("nobody") == []
    assert service.may("rights", "readable", "read") is True
    assert service.may("rights", "readable", "write") is False
    assert service.may("rights", "writable", "write") is True
    for user, project in (("rights", "hidden"), ("rights", "never-was"),
                          ("nobody", "readable"), ("rights", "Readable"),
                          ("rights", ""), ("", "readable"),
                          ("rights", "every-project")):
        assert service.may(user, project, "read") is False
    as_root(daemon.ctl, "grant", "remove", "rights", "writable")
    assert service.may("rights", "writable", "read") is False


def test_abuse_61_where_a_request_comes_from(service):
    """The rest of it stands in tests/unit/test_forwarded.c."""
    assert service.client_address("127.0.0.1", "145.97.20.1") == "145.97.20.1"
    assert service.client_address(
        "127.0.0.1", "10.0.0.1, 145.97.20.1, 192.0.2.3") == "145.97.20.1"
    for peer, forwarded in (("145.97.20.1", None), ("127.0.0.1", None),
                            ("145.97.20.1", "10.0.0.1"),
                            ("127.0.0.1", "someone"), ("", "145.97.20.1")):
        with pytest.raises(cloxxs.Refused, match="NotThroughProxy"):
            service.client_address(peer, forwarded)


def test_what_is_done_is_recorded(daemon, service):
    as_root(temporary, daemon, "recorded")
    first = service.record("recorded", "145.97.20.1", "line-change", "done",
                           project="readable", object="line 4", cents="100")
    assert service.record("recorded", None, "project-list", "done") > first
    with pytest.raises(cloxxs.Error):
        service.record("recorded", "145.97.20.1", "two words\n", "done")
    as_root(daemon.stop)
    try:
        with pytest.raises(cloxxs.Unavailable):
            service.record("recorded", None, "project-list", "done")
    finally:
        as_root(daemon.start)
    assert service.record("recorded", None, "project-list", "done") > first + 1


def test_acting_for_an_administrator_and_nobody_else(daemon, service):
    chief = come_in(daemon, service, "chief", "--role", "administrator")
    plain = come_in(daemon, service, "plain")
    with service.acting_for(chief, "145.97.20.77") as connection:
        got = connection.call("nl.cloxxs.Admin.GetUser", name="plain")
        assert got["user"]["name"] == "plain"
    for session in plain, "f" * len(chief):
        with pytest.raises(cloxxs.Refused), \
                service.acting_for(session, "145.97.20.77") as connection:
            connection.call("nl.cloxxs.Admin.GetUser", name="plain")
    with pytest.raises(cloxxs.Refused, match="PermissionDenied"), \
            service.pool.connection() as connection:
        connection.call("nl.cloxxs.Admin.GetUser", name="plain")


def test_an_application_speaks_for_its_own_service_alone(daemon, service):
    other = cloxxs.Service("other", path=daemon.socket)
    with pytest.raises(cloxxs.Refused, match="PermissionDenied"):
        other.login("anna")
    with pytest.raises(cloxxs.Refused):
        service.pool.call("nl.cloxxs.Access.Check", service="other",
                          user="anna", project="p", right="read")


# ---- with somebody else -----------------------------------------------------


class Impostor:
    """A socket at the place of cloxxsd's; serve(connection) answers once."""

    def __init__(self, path, serve=lambda _: None):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(4)
        self.path, self.serve = str(path), serve
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(30)
        self.listener.close()

    def run(self):
        try:
            peer, _ = self.listener.accept()
        except OSError:
            return
        with peer, contextlib.suppress(OSError):
            call = peer.recv(65536)
            while call and not call.endswith(b"\0"):
                call = peer.recv(65536)
            if call:
                self.serve(peer)
            # It stays: the end of a connection is another case.
            peer.recv(1)


def elapsed(function):
    began = time.monotonic()
    function()
    return time.monotonic() - began


def sends(*pieces, pause=0.0):
    def serve(peer):
        for piece in pieces:
            peer.sendall(piece)
            time.sleep(pause)
    return serve


def test_pieces_of_a_message_and_several_in_one(directory):
    answer = b'{"parameters": {"text": "h\xc3\xa9"}}\0'
    pieces = [answer[i:i + 1] for i in range(len(answer))]
    with Impostor(directory / "one", sends(*pieces)) as server, \
            cloxxs.Connection(server.path) as connection:
        assert connection.call("a.b.C") == {"text": "hé"}
    more = b'{"parameters": {"n": 1}, "continues": true}\0'
    with Impostor(directory / "two", sends(more + more + answer)) as server, \
            cloxxs.Connection(server.path) as connection:
        assert [row.get("n") for row in connection.stream("a.b.C")] == \
            [1, 1, None]


@pytest.mark.parametrize("answer", [
    b"\0", b"{\0", b"[]\0", b"null\0", b'"text"\0', b"\xff\xfe\0",
    b'{"parameters": {}, "continues": true}\0', b"[" * 100000 + b"\0"],
    ids=range(8))
def test_what_is_no_answer_is_no(directory, answer):
    with Impostor(directory / "sock", sends(answer)) as server, \
            cloxxs.Connection(server.path) as connection:
        with pytest.raises(cloxxs.Unavailable):
            connection.call("a.b.C")
        with pytest.raises(cloxxs.Unavailable):
            connection.call("a.b.C")


def test_an_answer_without_end(directory):
    def serve(peer):
        while True:
            peer.sendall(b" " * 65536)

    with Impostor(directory / "sock", serve) as server, \
            cloxxs.Connection(server.path, 30) as connection, \
            pytest.raises(cloxxs.Unavailable, match="too long"):
        connection.call("a.b.C")


def test_silence_and_drops_end_at_the_deadline_as_a_whole(directory):
    drops = sends(*[b" "] * 100, pause=0.05)
    for name, serve in ("silent", lambda _: None), ("dripping", drops):
        with Impostor(directory / name, serve) as server, \
                cloxxs.Connection(server.path, 0.3) as connection, \
                pytest.raises(cloxxs.Unavailable, match="timed out"):
            assert elapsed(lambda c=connection: c.call("a.b.C")) < 3


def test_who_hangs_up_is_unavailable(directory):
    def serve(peer):
        peer.sendall(b'{"parameters"')
        peer.shutdown(socket.SHUT_RDWR)

    with Impostor(directory / "sock", serve) as server, \
            cloxxs.Connection(server.path) as connection, \
            pytest.raises(cloxxs.Unavailable, match="ended"):
        connection.call("a.b.C")


def test_abuse_35_an_impostor_is_told_nothing(directory):
    """Neither root's nor the directory's owner's."""
    with pytest.raises(cloxxs.Unavailable):
        cloxxs.Connection(str(directory / "not-there"))
    heard = []
    os.chown(directory, 4242, 4242)
    os.seteuid(4243)  # the kernel remembers who listened
    try:
        listener = socket.socket(socket.AF_UNIX)
    finally:
        os.seteuid(0)
    with Impostor(directory / "roots", heard.append) as server:
        cloxxs.Connection(server.path).close()  # root's is right
    path = directory / "theirs"
    listener.bind(str(path))
    os.seteuid(4243)
    try:
        listener.listen(1)
    finally:
        os.seteuid(0)
    with listener, pytest.raises(cloxxs.Unavailable, match="not cloxxsd's"):
        cloxxs.Connection(str(path))
    os.chmod(directory, 0o777)
    with pytest.raises(cloxxs.Unavailable, match="others may write"):
        cloxxs.Connection(str(path))
    assert not heard


def test_no_exception_tells_what_was_sent(directory):
    canary = "apt-kite-42-moss"
    with Impostor(directory / "sock", sends(b"{\0")) as server, \
            cloxxs.Connection(server.path) as connection, \
            pytest.raises(cloxxs.Unavailable) as caught:
        connection.call("a.b.C", answer=canary)
    assert canary not in repr(caught.value) + str(caught.value)


def main():
    os.environ.setdefault("CLOXXSD", str(BUILD / "cloxxsd" / "cloxxsd"))
    os.environ.setdefault("CLOXXSCTL", str(BUILD / "cloxxsctl" / "cloxxsctl"))
    try:
        private_cloxxsd.become_root()
    except private_cloxxsd.Missing as missing:
        print(f"SKIP: {missing}")
        return 77
    status = pytest.main(["-q", "-p", "no:cacheprovider", "--color=no",
                          "-rs", __file__, *sys.argv[1:]])
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
