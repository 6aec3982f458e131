# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends and who receives in the world: the courier, and what it speaks to.

The servers are Debian's: Kannel, with the SMS centre that comes for its own
tests, and Postfix. They are not installed, but unpacked below /usr of the world
(scratch_others in prepare.sh): they would start, and a mail server would take the
place of another.
"""

import grp
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess

import cloxxs_world as world
from cloxxs_world import Service, detached, run, wait_until

CONF = world.CONF


def listens(port):
    with socket.socket() as peer:
        return peer.connect_ex(("127.0.0.1", port)) == 0


class Courier(world.Courier):
    """The same courier, and what it is configured by."""

    def configure(self, text="", gateways=(), secrets=()):
        """gateways: names to texts of files; secrets: names to texts."""
        (CONF / "cloxxs-courier.conf").write_text(text)
        folder = CONF / "sms.d"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o755)
        for name, content in dict(gateways).items():
            (folder / f"{name}.conf").write_text(content)
        self.secrets = dict(secrets)
        if self.pid():
            self.restart()

    @staticmethod
    def shipped(name):
        """The text of a gateway's file as it is installed."""
        return pathlib.Path(
            f"/usr/share/cloxxs/sms.d/{name}.conf").read_text()


class Kannel(Service):
    """Debian's gateway: bearerbox and smsbox, and a centre that takes all."""

    PLACE = pathlib.Path("/run/kannel")
    PASSWORD = "een geheim van kannel"
    CENTRE = "/usr/lib/kannel/test/fakesmsc"
    PORT = 13013

    def __init__(self):
        super().__init__("kannel")
        self.others = []

    @classmethod
    def is_there(cls):
        return os.path.exists(cls.CENTRE) and \
            shutil.which("bearerbox") is not None

    def write_configuration(self):
        self.PLACE.mkdir(exist_ok=True)
        file = self.PLACE / "kannel.conf"
        file.write_text(f"""group = core
admin-port = 13000
admin-password = nobody
admin-deny-ip = "*.*.*.*"
smsbox-port = 13001
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"

group = smsc
smsc = fake
smsc-id = fake
port = 10000
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {self.PORT}

group = sendsms-user
username = cloxxs
password = "{self.PASSWORD}"
max-messages = 3
user-deny-ip = "*.*.*.*"
user-allow-ip = "127.0.0.1"
""")
        return str(file)

    def spawn(self):
        file = self.write_configuration()
        bearer = detached(["bearerbox", file])
        wait_until(lambda: listens(10000) and listens(13001), 20,
                   "bearerbox to listen")
        with open(self.PLACE / "centre.log", "wb") as log:
            # It wants to send something itself; nobody asked for that.
            centre = subprocess.Popen(
                [self.CENTRE, "-H", "127.0.0.1", "-r", "10000", "-m", "1",
                 "0 0 text nop"], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True)
        box = detached(["smsbox", file])
        wait_until(lambda: listens(self.PORT), 20, "smsbox to listen")
        self.others = [centre.pid, box.pid]
        (self.PLACE / "others").write_text(" ".join(map(str, self.others)))
        return bearer.pid

    def stop(self, *arguments, **options):
        for pid in (self.PLACE / "others").read_text().split() \
                if (self.PLACE / "others").exists() else []:
            try:
                os.kill(int(pid), 9)
            except ProcessLookupError:
                pass
        super().stop(*arguments, **options)

    def received(self):
        """The messages that came to the centre: (sender, number, text)."""
        text = (self.PLACE / "centre.log").read_text(errors="replace")
        return [match.groups() for match in re.finditer(
            r"Got message \d+: <(\S+) (\S+) text (.*)>$", text, re.M)
            if match.group(1) != "0"]

    def wait_for(self, number, n=1):
        """The text of the n-th message to that number."""
        def texts():
            return [text for _, to, text in self.received() if to == number]

        wait_until(lambda: len(texts()) >= n, 15, f"SMS {n} to {number}")
        return texts()[n - 1]


class Postfix(Service):
    """Debian's mail server: STARTTLS or nothing, one box for all it takes."""

    PLACE = pathlib.Path("/run/postfix")
    MASTER = "/usr/lib/postfix/sbin/master"
    CA = PLACE / "cert.pem"
    PORT = 587
    QUEUE = {"active": 0o700, "bounce": 0o700, "corrupt": 0o700,
             "defer": 0o700, "deferred": 0o700, "flush": 0o700, "hold": 0o700,
             "incoming": 0o700, "maildrop": 0o730, "pid": 0o755,
             "private": 0o700, "public": 0o710, "saved": 0o700,
             "trace": 0o700}
    SERVICES = """587 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""

    def __init__(self):
        super().__init__("postfix")

    @classmethod
    def is_there(cls):
        return os.path.exists(cls.MASTER)

    @staticmethod
    def account(name):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            run("useradd", "-r", "-d", "/nonexistent", "-s",
                "/usr/sbin/nologin", name)
            return pwd.getpwnam(name)

    def prepare(self):
        owner, keeper = self.account("postfix"), self.account("mailbox")
        run("groupadd", "-r", "-f", "postdrop")
        drop = grp.getgrnam("postdrop").gr_gid
        for folder in "etc", "queue", "data", "boxes":
            (self.PLACE / folder).mkdir(parents=True, exist_ok=True)
        os.chown(self.PLACE / "data", owner.pw_uid, owner.pw_gid)
        (self.PLACE / "data").chmod(0o700)
        os.chown(self.PLACE / "boxes", keeper.pw_uid, keeper.pw_gid)
        for name, mode in self.QUEUE.items():
            folder = self.PLACE / "queue" / name
            folder.mkdir(exist_ok=True)
            os.chown(folder, 0 if name == "pid" else owner.pw_uid,
                     drop if name in ("public", "maildrop") else 0)
            folder.chmod(mode)
        if not self.CA.exists():
            run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                "-keyout", str(self.PLACE / "key.pem"), "-out", str(self.CA),
                "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost")
        (self.PLACE / "etc/master.cf").write_text(self.SERVICES)
        (self.PLACE / "etc/main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {self.PLACE}/queue
data_directory = {self.PLACE}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = localhost
inet_interfaces = loopback-only
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.nl
virtual_mailbox_base = {self.PLACE}/boxes
virtual_mailbox_maps = static:mbox
virtual_minimum_uid = 1
virtual_uid_maps = static:{keeper.pw_uid}
virtual_gid_maps = static:{keeper.pw_gid}
smtpd_tls_cert_file = {self.CA}
smtpd_tls_key_file = {self.PLACE}/key.pem
smtpd_tls_security_level = encrypt
maillog_file = /var/log/postfix.log
""")

    def spawn(self):
        self.prepare()
        child = detached([self.MASTER, "-c", str(self.PLACE / "etc"), "-d"])
        wait_until(lambda: listens(self.PORT), 20, "postfix to listen")
        return child.pid

    def box(self):
        file = self.PLACE / "boxes/mbox"
        return file.read_text(errors="replace") if file.exists() else ""

    def wait_for(self, words):
        """All that came, once words are in it."""
        wait_until(lambda: words in self.box(), 15, f"a mail with {words!r}")
        return self.box()


courier, kannel, postfix = Courier(), Kannel(), Postfix()

# For [mail] of cloxxs-courier.conf.
MAIL = f"""[mail]
location = this host
host = localhost
port = {Postfix.PORT}
ca = {Postfix.CA}
from = codes@example.nl
"""


def kannel_gateway():
    """The shipped file, and the secret that it names."""
    return Courier.shipped("kannel"), {"kannel-password": Kannel.PASSWORD}


def stop():
    for service in courier, kannel, postfix:
        if service.pid():
            service.kill()
