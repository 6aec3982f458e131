# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloxxs-courier of one's own, and servers that it speaks to."""

import base64
import http.server
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import threading

SOURCE = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", ".")).absolute()
BUILD = pathlib.Path(os.environ.get("CLOXXS_BUILDDIR", ".")).absolute()
SHIPPED = SOURCE / "system" / "sms.d"
WAIT_S = 30


class Request:
    """One that a gateway got."""

    def __init__(self, handler):
        self.method = handler.command
        self.path = handler.path
        self.headers = dict(handler.headers.items())
        n = int(self.headers.get("Content-Length", 0))
        self.body = handler.rfile.read(n).decode()

    def json(self):
        return json.loads(self.body)


class Gateway:
    """An HTTP server: what it is asked is kept, what it answers is given. Its
    certificate is that and its key, or a context of ssl."""

    def __init__(self, answer, certificate=None):
        self.requests, self.answer = [], answer
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                request = Request(self)
                outer.requests.append(request)
                answer = outer.answer
                if callable(answer):
                    answer = answer(self, request)
                if answer is None:
                    self.close_connection = True
                    return
                status, body, *headers = answer
                data = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET = do_PUT = handle_one

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if certificate:
            if isinstance(certificate, ssl.SSLContext):
                context = certificate
            else:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class MailServer:
    """SMTP with STARTTLS, or TLS from the begin; replies are changed by the
    word that they answer: another one, None to close, "hang" to say nothing.
    """

    def __init__(self, certificate, tls_first=False, replies=None):
        self.mails, self.auths = [], []
        self.replies, self.tls_first = replies or {}, tls_first
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        self.socket.close()

    def serve(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.speak, args=(connection,),
                             daemon=True).start()

    def speak(self, connection):
        try:
            if self.tls_first:
                connection = self.context.wrap_socket(connection,
                                                      server_side=True)
            self.converse(connection)
        except (OSError, EOFError):
            pass
        finally:
            connection.close()

    def converse(self, connection):
        lines = connection.makefile("rb")
        mail = {"tls": self.tls_first, "recipients": []}

        def say(text):
            connection.sendall(text.encode() + b"\r\n")

        def reply(word, usual):
            text = self.replies.get(word, usual)
            if text is None:
                raise EOFError
            if text == "hang":
                lines.read()
                raise EOFError
            say(text)
            return text == usual

        say("220 here ESMTP")
        while True:
            line = lines.readline().decode()
            if not line:
                return
            word = line.split()[0].upper()
            if word == "EHLO":
                offers = ["here", "8BITMIME"]
                if self.context and not mail["tls"]:
                    offers.append("STARTTLS")
                if mail["tls"] or not self.context:
                    offers.append("AUTH PLAIN")
                for offer in offers[:-1]:
                    say(f"250-{offer}")
                say(f"250 {offers[-1]}")
            elif word == "STARTTLS":
                if reply(word, "220 2.0.0 go on"):
                    connection = self.context.wrap_socket(connection,
                                                          server_side=True)
                    lines = connection.makefile("rb")
                    mail["tls"] = True
            elif word == "AUTH":
                say("334 ")
                mail["auth"] = base64.b64decode(lines.readline()).decode()
                self.auths.append(mail["auth"])
                reply(word, "235 2.7.0 welcome")
            elif word == "MAIL":
                mail["from"] = line.split("<")[1].split(">")[0]
                reply(word, "250 2.1.0 ok")
            elif word == "RCPT":
                if reply(word, "250 2.1.5 ok"):
                    mail["recipients"].append(
                        line.split("<")[1].split(">")[0])
            elif word == "DATA":
                say("354 go on")
                data = b""
                while (one := lines.readline()) != b".\r\n":
                    if not one:
                        return
                    data += one[1:] if one.startswith(b".") else one
                if reply(".", "250 2.0.0 taken"):
                    self.mails.append({**mail, "data": data})
            elif word == "QUIT":
                reply(word, "221 2.0.0 bye")
                return
            else:
                say("502 5.5.2 what")


class Courier:
    """A courier with a configuration, in a directory of its own."""

    def __init__(self, config="", gateways=None, secrets=None):
        self.temporary = tempfile.TemporaryDirectory()
        self.directory = pathlib.Path(self.temporary.name)
        self.directory.chmod(0o755)
        self.config = self.directory / "cloxxs-courier.conf"
        self.gateways = self.directory / "sms.d"
        self.credentials = self.directory / "credentials"
        self.socket = self.directory / "courier.sock"
        self.output = self.directory / "output"
        self.state = self.directory / "state"
        self.process = None
        for directory in (self.gateways, self.credentials, self.state):
            directory.mkdir()
            directory.chmod(0o755)
        self.write(self.config, config)
        for name, text in (gateways or {}).items():
            self.write(self.gateways / f"{name}.conf", text)
        for name, text in (secrets or {}).items():
            self.write(self.credentials / name, text)

    @staticmethod
    def write(path, text):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)

    def arguments(self, *more):
        return [str(BUILD / "tests" / "unit" / "courier_of_anybody"),
                "--config", str(self.config),
                "--gateways", str(self.gateways), *more]

    def check(self, **environment):
        return subprocess.run(
            self.arguments("--check"), text=True, capture_output=True,
            timeout=WAIT_S, check=False,
            env={"PATH": os.environ["PATH"], **environment})

    def wait_notice(self, what):
        while what not in self.notices.recv(4096).decode():
            pass

    def start(self, **environment):
        path = self.directory / "notify"
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(str(path))
        self.notices.settimeout(WAIT_S)
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                self.arguments("--listen", str(self.socket)),
                stdout=output, stderr=output, env={
                    "PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(path),
                    "CREDENTIALS_DIRECTORY": str(self.credentials),
                    "STATE_DIRECTORY": str(self.state),
                    **environment})
        self.wait_notice("READY=1")
        return self

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
        self.wait_notice("READY=1")

    def status(self, key):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(
            encoding="ascii")
        return next(line.split()[1] for line in text.splitlines()
                    if line.startswith(key + ":"))

    def close(self):
        """Ends it; what it left running or said besides is a failure."""
        if self.process:
            self.process.terminate()
            assert self.process.wait(WAIT_S) == 0, \
                self.output.read_text(errors="replace")
            assert self.output.read_text() == ""
            self.notices.close()
        self.temporary.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(WAIT_S)
        connection.connect(str(self.socket))
        return connection

    @staticmethod
    def ask(connection, method, parameters, more=False):
        message = {"method": method, "parameters": parameters}
        if more:
            message["more"] = True
        connection.sendall(json.dumps(message).encode() + b"\0")

    @staticmethod
    def read(connection):
        data = b""
        while not data.endswith(b"\0"):
            part = connection.recv(65536)
            assert part, data
            data += part
        return [json.loads(one) for one in data[:-1].split(b"\0")]

    def deliver(self, **parameters):
        """The reply's parameters, or the name of the error's parameter."""
        with self.connect() as connection:
            self.ask(connection, "nl.cloxxs.Courier.Deliver",
                     message(**parameters))
            reply = self.read(connection)[0]
        if "error" in reply:
            assert reply["error"] == "org.varlink.service.InvalidParameter", \
                reply
            return reply["parameters"]["parameter"]
        return reply["parameters"]

    def routes(self):
        with self.connect() as connection:
            self.ask(connection, "nl.cloxxs.Courier.Routes", {}, more=True)
            replies = []
            while not replies or replies[-1].get("continues"):
                replies += self.read(connection)
        return [reply.get("parameters", {}) for reply in replies]

    def fetch_countries(self):
        with self.connect() as connection:
            self.ask(connection, "nl.cloxxs.Courier.FetchCountries", {})
            reply = self.read(connection)[0]
        assert "error" not in reply, reply
        return reply["parameters"]

    def probe(self, name=None):
        """What is told of each address, or the name of the error."""
        with self.connect() as connection:
            self.ask(connection, "nl.cloxxs.Courier.Probe", {"name": name},
                     more=True)
            replies = []
            while not replies or replies[-1].get("continues"):
                replies += self.read(connection)
        if "error" in replies[-1]:
            return replies[-1]["error"]
        return [reply.get("parameters", {}) for reply in replies]


COUNTER = iter(range(1 << 30))


def message(**parameters):
    """A message by SMS, but for what is given."""
    return {"kind": "sms", "to": "+31612345678", "text": "Code 048213",
            "reference": f"ref-{next(COUNTER)}", "timeout_ms": 20000,
            **parameters}


def shipped(name, url=None, **changes):
    """A shipped gateway file; its host is ours, and keys are changed."""
    lines = []
    for line in (SHIPPED / f"{name}.conf").read_text().splitlines():
        key, equals, value = line.partition(" = ")
        if equals and key in changes:
            value = changes[key]
        if equals and key == "url" and url:
            value = url + "/" + value.split("/", 3)[3]
        lines.append(key + equals + value)
    return "\n".join(lines) + "\n"


def gateway(url, *more):
    """A gateway file of our own: a POST of the text."""
    return "\n".join(["[gateway]", "location = here", f"url = {url}/send",
                      'body = {"to":"{phone_e164}","text":"{text}"}',
                      *more]) + "\n"


def make_certificates(directory):
    """Two authorities, and what the first one signed: for localhost, for
    another name, and one that has expired."""
    def run(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True,
                       capture_output=True, timeout=WAIT_S)

    def key(name):
        run("ecparam", "-name", "prime256v1", "-genkey", "-noout",
            "-out", f"{name}.key")

    for name in ("ca", "other-ca"):
        key(name)
        run("req", "-x509", "-new", "-key", f"{name}.key", "-days", "2",
            "-subj", f"/CN={name}", "-out", f"{name}.crt")
    (directory / "index").write_text("")
    for name, host, years in (("good", "localhost", ("20", "49")),
                              ("wrong-name", "example.nl", ("20", "49")),
                              ("expired", "localhost", ("20", "21"))):
        key(name)
        run("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={host}",
            "-out", f"{name}.csr")
        (directory / "sign").write_text(
            "[ca]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\n"
            "default_md = sha256\npolicy = policy\nx509_extensions = names\n"
            "unique_subject = no\n[policy]\ncommonName = supplied\n"
            f"[names]\nsubjectAltName = DNS:{host}\n")
        run("ca", "-batch", "-config", "sign", "-name", "ca", "-in",
            f"{name}.csr", "-cert", "ca.crt", "-keyfile", "ca.key", "-out",
            f"{name}.crt", "-notext", "-startdate", f"{years[0]}0101000000Z",
            "-enddate", f"{years[1]}0101000000Z")
