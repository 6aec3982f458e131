# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of cloxxsd in one file, for applications: copy it beside yours.

It needs nothing but Python 3.9 and its standard library. cloxxs-varlink(7)
tells of the methods, and /usr/share/varlink has their descriptions.

    import cloxxs

    service = cloxxs.Service("cloxxs-online")
    login = service.login("anna", address="145.97.20.1")
    while not login.done:
        login.answer(ask(login.prompt, echo=login.echo))
    if not login.allowed:
        refuse(login.message)
    session = login.open_session()
    ...
    if service.may("anna", "budget-2027", "write"):
        service.record("anna", "145.97.20.1", "change", "done",
                       project="budget-2027", object="line 4")

Whatever is no answer is an exception, and every exception is a refusal:

    Unavailable   nobody answered in time, or who answered is not cloxxsd
    Refused       cloxxsd answered with an error: its name, its parameters

A Connection is used by one thread at a time; a Service by as many as like. No
call outlives its deadline, whatever the other side does. Nothing is logged,
and no message of an exception holds what was sent.
"""

import contextlib
import json
import os
import select
import socket
import stat
import struct
import threading
import time

SOCKET = "/run/cloxxs/cloxxsd.sock"
# A user may be asked to wait for a hash in a long queue.
LOGIN_SECONDS = 60.0
CALL_SECONDS = 10.0
MESSAGE_MAX = 1 << 20


class Error(Exception):
    """Base of all: the answer is no."""


class Unavailable(Error):
    """Nobody answered in time, or somebody who is not cloxxsd."""


class Refused(Error):
    """cloxxsd answered with an error.

    name: "nl.cloxxs.Admin.NotFound"; parameters: what it says about it.
    """

    def __init__(self, name, parameters=None):
        super().__init__(name)
        self.name, self.parameters = name, parameters or {}

    @property
    def short(self):
        """The name without its interface: "NotFound"."""
        return self.name.rpartition(".")[2]

    @property
    def sentence(self):
        """What is wrong, for people; "" where only the name tells it."""
        return self.parameters.get("message") or ""


# ---- the wire ---------------------------------------------------------------


class Connection:
    """One connection to cloxxsd: messages of JSON, each ended by NUL.

    seconds: how long a call may take as a whole. It ends the connection when
    it is late, for nobody could tell any more which answer is whose.
    """

    def __init__(self, path=SOCKET, seconds=CALL_SECONDS):
        self.seconds = seconds
        self._pending = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            owner = _owner_of_directory(path)
            self._connect(path, time.monotonic() + seconds)
            self._check_peer(owner)
        except OSError as error:
            self._socket.close()
            raise Unavailable(f"{path}: {error.strerror or error}") from None
        except Error:
            self._socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def _connect(self, path, deadline):
        while True:
            self._arm(deadline)
            try:
                self._socket.connect(path)
                return
            except BlockingIOError:  # many wait to be let in: so do we
                time.sleep(0.005)

    def _check_peer(self, owner):
        # Under socket activation the kernel names who listened: root.
        peer = self._socket.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, uid, _ = struct.unpack("iIi", peer)
        if uid not in (0, owner):
            raise Unavailable("the socket is not cloxxsd's")

    def is_fresh(self):
        """Open, with nothing on its way: what is sent now is answered next."""
        if self._pending or self._socket.fileno() < 0:
            return False
        # The end of a connection can be read, too.
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def call(self, method, seconds=None, **parameters):
        """The parameters of the answer. None leaves a parameter out."""
        deadline = self._begin(seconds)
        try:
            self._send(method, parameters, {}, deadline)
            reply = self._reply(deadline)
        except OSError as error:
            raise self._broken(method, error) from None
        if "error" in reply:
            raise Refused(reply["error"], reply.get("parameters"))
        if reply.get("continues"):
            self.close()
            raise Unavailable(f"{method}: more replies than were asked for")
        return reply.get("parameters") or {}

    def stream(self, method, seconds=None, **parameters):
        """The parameters of each of several replies, as they come.

        seconds counts anew from each. Whoever does not read them to their
        end gives the connection up.
        """
        deadline = self._begin(seconds)
        try:
            self._send(method, parameters, {"more": True}, deadline)
            continues = True
            while continues:
                reply = self._reply(deadline)
                if "error" in reply:
                    raise Refused(reply["error"], reply.get("parameters"))
                continues = reply.get("continues") is True
                if not continues:
                    yield reply.get("parameters") or {}
                    return
                yield reply.get("parameters") or {}
                deadline = self._begin(seconds)
        except OSError as error:
            raise self._broken(method, error) from None
        except GeneratorExit:
            if continues:
                self.close()
            raise

    def last(self, method, seconds=None, **parameters):
        """The last of several replies: those before it only say "wait"."""
        answer = {}
        for answer in self.stream(method, seconds, **parameters):
            pass
        return answer

    def _begin(self, seconds):
        return time.monotonic() + (self.seconds if seconds is None
                                   else seconds)

    def _broken(self, method, error):
        self.close()
        return Unavailable(f"{method}: {error.strerror or error}")

    def _arm(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self._socket.settimeout(left)

    def _send(self, method, parameters, members, deadline):
        message = json.dumps({
            "method": method, **members, "parameters": {
                key.rstrip("_"): value for key, value in parameters.items()
                if value is not None}}).encode() + b"\0"
        self._arm(deadline)
        self._socket.sendall(message)

    def _reply(self, deadline):
        while b"\0" not in self._pending:
            if len(self._pending) > MESSAGE_MAX:
                raise OSError("the answer is too long")
            self._arm(deadline)
            more = self._socket.recv(65536)
            if not more:
                raise OSError("cloxxsd ended the connection")
            self._pending += more
        message, _, self._pending = self._pending.partition(b"\0")
        try:
            reply = json.loads(message)
        except (ValueError, RecursionError):
            reply = None
        if not isinstance(reply, dict):
            raise OSError("the answer is not Varlink")
        return reply


def _owner_of_directory(path):
    """Whose socket may stand there; others could put one of theirs in."""
    status = os.stat(os.path.dirname(os.path.abspath(path)))
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Unavailable(f"{path}: others may write to its directory")
    return status.st_uid


class Pool:
    """Connections that threads borrow one at a time, at most so many.

    Who finds none free waits for one, within the deadline of a call.
    """

    def __init__(self, path=SOCKET, seconds=CALL_SECONDS, at_most=8):
        self.path, self.seconds = path, seconds
        self._free = []
        self._lock = threading.Lock()
        self._room = threading.Semaphore(at_most)

    @contextlib.contextmanager
    def connection(self):
        if not self._room.acquire(timeout=self.seconds):
            raise Unavailable("too many calls are under way")
        connection = None
        try:
            connection = self._take() or Connection(self.path, self.seconds)
            yield connection
        finally:
            if connection and connection.is_fresh():
                with self._lock:
                    self._free.append(connection)
            elif connection:
                connection.close()
            self._room.release()

    def _take(self):
        """One that cloxxsd has not ended meanwhile, by a restart or idle."""
        while True:
            with self._lock:
                if not self._free:
                    return None
                connection = self._free.pop()
            if connection.is_fresh():
                return connection
            connection.close()

    def call(self, method, **parameters):
        with self.connection() as connection:
            return connection.call(method, **parameters)

    def stream(self, method, **parameters):
        with self.connection() as connection:
            yield from connection.stream(method, **parameters)

    def close(self):
        with self._lock:
            while self._free:
                self._free.pop().close()


# ---- a login ----------------------------------------------------------------


class Login:
    """One conversation, which lives and dies with its own connection.

    step: "password", "new_password", "code", "notice" or "done"; prompt and
    echo tell how to ask for what answer() sends. When it is done, message is
    what the user may be told, and reference the code of a refusal.
    """

    def __init__(self, connection, service, user, purpose="login",
                 address=None, terminal=None, language=None, pass_=None):
        self._connection = connection
        self._subject = {"user": user, "service": service, "address": address,
                         "terminal": terminal, "language": language}
        self.user, self.purpose = user, purpose
        self._take({"step": "done", "verdict": "unavailable"})
        self._take(self._ask("Start", purpose=purpose, pass_=pass_,
                             **self._subject))

    def _ask(self, method, **parameters):
        return self._connection.last("nl.cloxxs.Login." + method,
                                     LOGIN_SECONDS, **parameters)

    def _take(self, step):
        self.step = step.get("step")
        self.prompt = step.get("prompt") or ""
        self.echo = step.get("echo") is True
        self.verdict = step.get("verdict") or "deny"
        self.message = step.get("message") or ""
        self.reference = step.get("reference")
        self._pass = step.get("pass")
        if self.step not in ("password", "new_password", "code", "notice"):
            self.step = "done"

    @property
    def done(self):
        return self.step == "done"

    @property
    def allowed(self):
        return self.done and self.verdict == "allow"

    def answer(self, text):
        """Sends what was typed, to be forgotten; the next step is here."""
        self._take(self._ask("Answer", answer=text))

    def open_session(self):
        """After an allowed login: every gate once more, and a session.

        The id of the session, or None: then verdict, message and reference
        say why not. "change" means: only after choosing a new password.
        """
        if not self.allowed:
            return None
        proved = self._pass
        answer = self._connection.call(
            "nl.cloxxs.Login.Account", pass_=proved, **self._subject)
        self._take({"step": "done", **answer})
        if not self.allowed:
            return None
        answer = self._connection.call(
            "nl.cloxxs.Login.OpenSession", pass_=proved, **self._subject)
        self._take({"step": "done", **answer})
        return answer.get("session") if self.allowed else None

    def close(self):
        """Ends the attempt, if it is not done, and its connection."""
        self._connection.close()


# ---- a service --------------------------------------------------------------


class Service:
    """What a service account asks, for the service that is bound to it."""

    def __init__(self, name, path=SOCKET, seconds=CALL_SECONDS, at_most=8):
        self.name, self.path = name, path
        self.pool = Pool(path, seconds, at_most)

    def login(self, user, address=None, **more):
        """Begins to log user in; more: purpose, terminal, language."""
        connection = Connection(self.path, self.pool.seconds)
        try:
            return Login(connection, self.name, user, address=address, **more)
        except BaseException:
            connection.close()
            raise

    def close_session(self, session):
        self.pool.call("nl.cloxxs.Login.CloseSession", session=session)

    def check_session(self, session, address=None):
        """The user whose session this is, or None once it is over: closed,
        ended by an administrator, or its user may no longer be here."""
        answer = self.pool.call("nl.cloxxs.Login.CheckSession",
                                session=session, address=address)
        if answer.get("verdict") not in ("allow", "deny"):
            raise Unavailable("nobody can say whether the session goes on")
        return answer.get("user") if answer["verdict"] == "allow" else None

    def client_address(self, peer, forwarded=None):
        """Where a request comes from: peer is who holds the connection,
        forwarded the X-Forwarded-For of the request as it came. Refused with
        NotThroughProxy where peer is no proxy that is configured."""
        return self.pool.call("nl.cloxxs.Access.ClientAddress", peer=peer,
                              forwarded=forwarded)["address"]

    def may(self, user, project, right):
        """Whether user has the right, "read" or "write", at this moment."""
        return self.pool.call("nl.cloxxs.Access.Check", user=user,
                              project=project,
                              right=right).get("allowed") is True

    def projects(self, user):
        """(project, may read, may write), of those where he has any right."""
        return [(row["project"], row.get("read") is True,
                 row.get("write") is True)
                for row in self.pool.stream("nl.cloxxs.Access.ListProjects",
                                            user=user)
                if row.get("project")]

    def record(self, user, address, action, result, project=None, object=None,
               **details):
        """Writes an action to the audit; its number there. It is on the disk
        when this returns: raise what it raises, and do nothing."""
        return self.pool.call(
            "nl.cloxxs.Audit.Record", user=user, address=address,
            project=project, action=action, object=object, result=result,
            details=details or None)["sequence"]

    @contextlib.contextmanager
    def acting_for(self, session, address=None):
        """A connection on which calls of nl.cloxxs.Admin are made as the user
        of session, if cloxxsd finds him an administrator, here and now."""
        with Connection(self.path, self.pool.seconds) as connection:
            connection.call("nl.cloxxs.Admin.ActFor", session=session,
                            address=address)
            yield connection

    def close(self):
        self.pool.close()
