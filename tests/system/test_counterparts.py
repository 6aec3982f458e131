# SPDX-License-Identifier: GPL-3.0-or-later
"""The courier as its units run it, with servers that are none of ours: Debian's
kannel, with a fake SMS centre behind it, and Debian's Exim, by STARTTLS; and
name servers that do not answer.
"""

import contextlib
import email
import email.policy
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

import cloxxs_world as world

sys.path.insert(0, "/src/tests/unit")
from courier_rig import (  # noqa: E402
    Courier, Gateway, gateway, make_certificates, message)

ETC = pathlib.Path("/etc/cloxxs")
SHIPPED = pathlib.Path("/usr/share/cloxxs/sms.d")
FAKE_SMSC = "/usr/lib/kannel/test/fakesmsc"
DOOR = "/run/cloxxs-courier/courier.sock"
CODE, NUMBER = "048213", "+31612345678"


def need(*programs):
    for program in programs:
        if not shutil.which(program) and not os.path.exists(program):
            pytest.skip(f"{program} is missing")


@contextlib.contextmanager
def running(*argv, log, **options):
    with open(log, "wb") as output:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output,
                                 stderr=output, start_new_session=True,
                                 **options)
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        child.wait(30)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def courier(config="", gateways=None, secrets=None, **environment):
    """The courier with a configuration of its own; a client of root's."""
    world.courier.stop()
    world.courier.secrets = secrets or {}
    world.courier.environment = environment
    world.courier.prepare()
    for path in (ETC / "sms.d").iterdir():
        path.unlink()
    (ETC / "cloxxs-courier.conf").write_text(config)
    for name, text in (gateways or {}).items():
        (ETC / "sms.d" / f"{name}.conf").write_text(text)
    world.courier.start()
    client = Courier()
    client.socket = DOOR
    try:
        yield client
    finally:
        world.courier.stop()
        client.close()


# ---- kannel ------------------------------------------------------------------


KANNEL = """group = core
admin-port = 13000
admin-password = none
smsbox-port = 13001
box-allow-ip = 127.0.0.1
log-file = {0}/bearerbox.log

group = smsc
smsc = fake
smsc-id = FAKE
port = 10000
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = 13013
log-file = {0}/smsbox.log

group = sendsms-user
username = cloxxs
password = s3cret
max-messages = 3
concatenation = true

group = sms-service
keyword = default
text = no
"""


@pytest.fixture
def kannel(tmp_path):
    """What its SMS centre got, as a file."""
    need("bearerbox", "smsbox", FAKE_SMSC)
    conf = tmp_path / "kannel.conf"
    conf.write_text(KANNEL.format(tmp_path))
    centre = tmp_path / "centre"
    with contextlib.ExitStack() as stack:
        stack.enter_context(running("bearerbox", str(conf),
                                    log=tmp_path / "b"))
        world.wait_until(lambda: listens(13001) and listens(10000), 30,
                         "bearerbox")
        stack.enter_context(running("smsbox", str(conf), log=tmp_path / "s"))
        world.wait_until(lambda: listens(13013), 30, "smsbox")
        stack.enter_context(running(
            FAKE_SMSC, "-H", "127.0.0.1", "-r", "10000", "-i", "1", "-m", "1",
            "31600000000 31600000001 text hello", log=centre))
        world.wait_until(lambda: b"Got message 1" in centre.read_bytes(), 30,
                         "the SMS centre")
        yield centre


def test_kannel(kannel):
    text = f"Uw code is {CODE}. É€ \"'<&%s"
    with courier(gateways={"kannel": (SHIPPED / "kannel.conf").read_text()},
                 secrets={"kannel-password": "s3cret\n"}) as client:
        assert client.deliver(text=text) == {
            "result": "accepted", "route": "kannel", "detail": "HTTP 202"}
        wanted = f"<Cloxxs {NUMBER} text {text}>".encode()
        world.wait_until(lambda: wanted in kannel.read_bytes(), 30,
                         "the message at the SMS centre")
        done = world.run("cloxxsctl", "courier", "test", "--to", NUMBER)
        assert done.stdout == "accepted by kannel: HTTP 202\n"
    with courier(gateways={"kannel": (SHIPPED / "kannel.conf").read_text()},
                 secrets={"kannel-password": "wrong\n"}) as client:
        assert client.deliver()["result"] == "refused"


# ---- Exim --------------------------------------------------------------------


EXIM = """primary_hostname = localhost
domainlist here = example.nl
daemon_smtp_ports = 587 : 465
tls_on_connect_ports = 465
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = /etc/exim4/good.crt
tls_privatekey = /etc/exim4/good.key
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
log_file_path = /var/spool/exim4/log-%s
keep_environment =
begin acl
rcpt:
  accept authenticated = *
         domains = +here
  deny message = no relay
begin routers
all:
  driver = accept
  domains = +here
  transport = keep
begin transports
keep:
  driver = appendfile
  directory = /var/spool/exim4/box
  maildir_format
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{codes}}{eq{$auth3}{p@ss}}}}
  server_set_id = $auth2
"""

MAIL = """[mail]
location = here
host = localhost
port = {port}
tls = {tls}
ca = /etc/exim4/ca.crt
user = codes
password = credential:mail-password
from = codes@example.nl
"""


@pytest.fixture(scope="module")
def exim(tmp_path_factory):
    """Where its mail is."""
    need("exim4", "openssl")
    etc, spool = pathlib.Path("/etc/exim4"), pathlib.Path("/var/spool/exim4")
    for directory in etc, spool:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)
    # Its package, which nobody installs, would have made it.
    if world.run("id", "Debian-exim", check=False).returncode != 0:
        world.run("useradd", "-r", "-d", str(spool), "-s", "/usr/sbin/nologin",
                  "Debian-exim")
    shutil.chown(spool, "Debian-exim", "Debian-exim")
    make_certificates(etc)
    shutil.chown(etc / "good.key", "root", "Debian-exim")
    (etc / "good.key").chmod(0o640)
    (etc / "exim4.conf").write_text(EXIM)
    (etc / "exim4.conf").chmod(0o644)
    with running("exim4", "-bdf", "-q1h",
                 log=tmp_path_factory.mktemp("exim") / "log"):
        world.wait_until(lambda: listens(587) and listens(465), 30, "Exim")
        yield spool / "box"


@pytest.mark.parametrize("port,tls", [(587, "starttls"), (465, "tls")])
def test_exim(exim, port, tls):
    shutil.rmtree(exim, ignore_errors=True)
    text = ".\n.hidden\nRCPT TO:<x@y.nl>\n%s \"quoted\" café\n"
    with courier(MAIL.format(port=port, tls=tls),
                 secrets={"mail-password": "p@ss\n"}) as client:
        reply = client.deliver(kind="mail", to="jan@example.nl", text=text,
                               subject="Uw code — één keer")
        assert reply["result"] == "accepted", reply
        world.wait_until(lambda: list((exim / "new").glob("*")), 30,
                         "the mail in its box")
        (path,) = (exim / "new").glob("*")
        mail = email.message_from_bytes(path.read_bytes(),
                                        policy=email.policy.default)
        assert mail.get_content().replace("\r\n", "\n") == text
        assert mail["Subject"] == "Uw code — één keer"
        assert mail["To"] == "jan@example.nl"
        assert mail["Auto-Submitted"] == "auto-generated"
        reply = client.deliver(kind="mail", to="jan@elsewhere.nl", text="x")
        assert reply["result"] == "refused"
        assert reply["detail"].startswith("SMTP 550")
    with courier(MAIL.format(port=port, tls=tls),
                 secrets={"mail-password": "wrong\n"}) as client:
        reply = client.deliver(kind="mail", to="jan@example.nl", text="x")
        assert reply["result"] == "refused", reply


# ---- abuse-134: names that nobody tells --------------------------------------


def test_abuse_134_names():
    """A name server that says nothing holds up who waits for it, no other."""
    hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hole.bind(("127.0.0.1", 53))
    switch, resolv = pathlib.Path("/etc/nsswitch.conf"), \
        pathlib.Path("/etc/resolv.conf")
    before = switch.read_text()
    switch.write_text(before.replace("hosts: files", "hosts: files dns"))
    resolv.write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:3\n")
    good = Gateway((200, "ok"))
    try:
        files = {"lost": gateway("https://gateway.example.nl",
                                 "connect_timeout = 1s"),
                 "near": gateway(f"http://127.0.0.1:{good.port}")}
        with courier(gateways=files) as client:
            waiting = [client.connect() for _ in range(20)]
            for one in waiting:
                client.ask(one, "nl.cloxxs.Courier.Deliver", message())
            slowest = 0
            for _ in range(20):
                began = time.monotonic()
                assert client.deliver(route="near")["result"] == "accepted"
                slowest = max(slowest, time.monotonic() - began)
            assert slowest < 0.5
            # By the second route, for nothing was sent by the first.
            for one in waiting:
                reply = client.read(one)[0]["parameters"]
                assert (reply["result"], reply["route"]) == \
                    ("accepted", "near")
                one.close()
            reply = client.deliver(route="lost", timeout_ms=300)
            assert reply["result"] == "unreachable"
            # Threads still wait for the name; the courier ends all the same.
    finally:
        switch.write_text(before)
        resolv.unlink()
        hole.close()
        good.close()


# ---- who may call, and what is logged ----------------------------------------


def test_callers():
    call = """import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b'{"method":"nl.cloxxs.Courier.Routes","more":true}\\0')
sys.stdout.write(s.recv(4096).decode())
"""
    with courier() as client:
        assert client.routes() == [{}]
        arguments = "/usr/bin/python3", "-c", call, DOOR
        done = world.run("setpriv", "--reuid", "_cloxxs", "--clear-groups",
                         *arguments, check=False)
        assert "error" not in json.loads(done.stdout.rstrip("\0"))
        nobody = "setpriv", "--reuid", "nobody", "--clear-groups"
        done = world.run(*nobody, "--regid", "nogroup", *arguments,
                         check=False)
        assert "PermissionError" in done.stderr
        # The group root may open it; the courier asks for the uid.
        done = world.run(*nobody, *arguments, check=False)
        assert json.loads(done.stdout.rstrip("\0"))["error"] == \
            "org.varlink.service.PermissionDenied"
        # Where the mode of the socket is no door, the courier is one.
        os.chmod(DOOR, 0o666)
        done = world.run(*nobody, "--regid", "nogroup", *arguments,
                         check=False)
        assert json.loads(done.stdout.rstrip("\0"))["error"] == \
            "org.varlink.service.PermissionDenied"


def test_abuse_51_abuse_99_journal():
    """No code, number, secret or URL in the journal or the process list."""
    server = Gateway((400, '{"message":"bad number 31612345678"}'))
    file = gateway(f"http://127.0.0.1:{server.port}",
                   "header_1 = X-Key: {secret:key}", "detail_json = /message")
    with courier(gateways={"bad": file, "query": file.replace(
            "detail_json", "method = GET\nbody_form = query\ndetail_json")
            .replace('body = {"to":"{phone_e164}","text":"{text}"}',
                     "body = t={text}&to={phone_digits}")},
            secrets={"key": "s3cret-canary\n"}) as client:
        reply = client.deliver(text=f"Code {CODE}", reference="canary-1")
        assert reply["result"] == "refused"
        client.deliver(kind="mail", to="jan.canary@example.nl", text=CODE)
        pid = world.courier.pid()
        told = b"".join(pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
                        for name in ("cmdline", "environ", "comm"))
    assert CODE in server.requests[0].body
    assert CODE in server.requests[1].path

    def journal():
        return world.run("journalctl", "--output=export", "--no-pager",
                         "--all").stdout

    world.wait_until(lambda: "canary-1" in journal(), 30, "the journal")
    entries = journal()
    assert "sms to ***78: refused by query" in entries
    assert "CLOXXS_COURIER_TO=j***@example.nl" in entries
    log = pathlib.Path("/run/world.log").read_text(errors="replace")
    for canary in (CODE, "12345678", "s3cret-canary", "jan.canary", "/send"):
        assert canary not in entries
        assert canary not in log
        assert canary.encode() not in told
    server.close()


# ---- abuse-50: it dies on its way --------------------------------------------


def test_abuse_50_courier_killed():
    """Who waits is told, by the end of his connection; nothing is sent twice."""
    class Held:
        requests = 0

    def hold(handler, request):
        Held.requests += 1
        time.sleep(60)

    server = Gateway(hold)
    with courier(gateways={"a": gateway(
            f"http://127.0.0.1:{server.port}")}) as client:
        with client.connect() as waiting:
            client.ask(waiting, "nl.cloxxs.Courier.Deliver", message())
            world.wait_until(lambda: Held.requests == 1, 30, "the request")
            world.courier.kill()
            assert waiting.recv(1) == b""
        world.courier.start()
        assert client.routes()[0]["uncertain"] == 0
        assert Held.requests == 1
    server.server.server_close()
