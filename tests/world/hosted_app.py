# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/hosted-app in the world: copied out of what is installed, as its
README.md says, behind a real nginx with TLS, and a visitor who speaks HTTPS
from whatever address.

Nothing here decides whether what it sees is right.
"""

import dataclasses
import html.parser
import http.client
import http.cookies
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import urllib.parse

import cloxxs_world as world
from cloxxs_world import Service, detached, wait_until

EXAMPLES = pathlib.Path("/usr/share/doc/cloxxs/examples")
EXAMPLE = EXAMPLES / "hosted-app"
CLIENT = EXAMPLES / "python" / "cloxxs.py"
PLACE = pathlib.Path("/opt/hosted-app")
STATE = pathlib.Path("/var/lib/hosted-app")
SETTINGS = pathlib.Path("/etc/hosted-app.conf")
TLS = pathlib.Path("/etc/hosted-app")
DROPIN = world.CONF / "cloxxsd.conf.d/50-hosted-app.conf"
SERVICE = ACCOUNT = "hosted-app"
HOST, PORT, APP_PORT = "127.0.0.1", 443, 8088
# Where visitors come from: of no proxy, and of this world.
HOME = "145.97.20.1"
SECONDS = 60


def missing():
    """The package that is not installed, or None."""
    for program, package in (("nginx", "nginx"), ("gunicorn", "gunicorn"),
                             ("openssl", "openssl")):
        if not shutil.which(program, path="/usr/bin:/usr/sbin"):
            return package
    done = subprocess.run(["/usr/bin/python3", "-c", "import flask"],
                          capture_output=True, check=False)
    return "python3-flask" if done.returncode else None


def install():
    """What a sysadmin does, by README.md."""
    if not PLACE.exists():
        world.run("useradd", "--system", "--home-dir", str(STATE), "--shell",
                  "/usr/sbin/nologin", ACCOUNT)
        world.run("install", "-d", "-o", ACCOUNT, "-g", ACCOUNT, "-m", "0700",
                  str(STATE))
        PLACE.mkdir()
        world.run("cp", "-r", str(EXAMPLE / "hosted_app"),
                  str(EXAMPLE / "gunicorn.conf.py"), str(CLIENT), str(PLACE))
        world.run("cp", str(EXAMPLE / "hosted-app.conf"), str(SETTINGS))
        make_certificate()
    DROPIN.parent.mkdir(parents=True, exist_ok=True)
    world.run("cp", str(EXAMPLE / "cloxxsd.conf"), str(DROPIN))
    DROPIN.chmod(0o644)


def make_certificate():
    TLS.mkdir(mode=0o755)
    world.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
              "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
              "-subj", "/CN=localhost", "-addext",
              "subjectAltName=DNS:localhost,IP:127.0.0.1",
              "-keyout", str(TLS / "tls.key"), "-out", str(TLS / "tls.crt"))
    (TLS / "tls.key").chmod(0o600)


def reaches(port):
    try:
        socket.create_connection((HOST, port), 5).close()
    except OSError:
        return False
    return True


class Gunicorn(Service):
    """The application as its unit runs it: an account of its own, nothing
    more."""

    def __init__(self):
        super().__init__("hosted-app")

    def spawn(self):
        child = detached(
            ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT,
             "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
             "--no-new-privs", "gunicorn", "-c",
             str(PLACE / "gunicorn.conf.py"),
             f"hosted_app:create_app('{SETTINGS}')"],
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8",
                 "PYTHONPATH": str(PLACE), "PYTHONDONTWRITEBYTECODE": "1"},
            umask=0o077, cwd="/")
        wait_until(lambda: reaches(APP_PORT) or child.poll() is not None,
                   SECONDS, "the application to listen")
        if child.poll() is not None:
            raise world.WorldError("the application ended at once:\n"
                                   + world.log_tail())
        return child.pid


class Nginx(Service):
    """Debian's nginx with the example's site and nothing else."""

    CONF = pathlib.Path("/etc/nginx/nginx.conf")

    def __init__(self):
        super().__init__("nginx")

    def spawn(self):
        for path in "/var/lib/nginx", "/var/log/nginx":
            pathlib.Path(path).mkdir(exist_ok=True)
        self.CONF.parent.mkdir(exist_ok=True)
        self.CONF.write_text(
            "user www-data;\nworker_processes 1;\npid /run/nginx.pid;\n"
            "daemon off;\nevents {}\nhttp {\n"
            f"include {EXAMPLE / 'nginx.conf'};\n}}\n")
        child = detached(["nginx"])
        wait_until(lambda: reaches(PORT), SECONDS, "nginx to listen")
        return child.pid


app = Gunicorn()
nginx = Nginx()


def give_addresses(*addresses):
    """This world has them, so that visitors can come from there."""
    there = world.run("ip", "-o", "addr", "show", "dev", "lo").stdout
    for address in addresses:
        if f" {address}/" not in there:
            world.run("ip", "addr", "add", f"{address}/32", "dev", "lo")


def start():
    install()
    give_addresses(HOME)
    world.cloxxsd.restart()
    app.start()
    nginx.start()


# ---- a visitor --------------------------------------------------------------


class Words(html.parser.HTMLParser):
    """The text of a page's body, and the forms on it with their hidden
    fields."""

    def __init__(self):
        super().__init__()
        self.parts, self.forms, self.title = [], [], ""
        self.links, self.within = [], None

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            self.forms.append({"action": found.get("action"), "fields": {}})
        elif tag == "input" and found.get("type") == "hidden" and self.forms:
            self.forms[-1]["fields"][found["name"]] = found.get("value", "")
        elif tag == "a":
            self.links.append(found.get("href", ""))
        if tag in ("p", "li", "tr", "h1", "h2", "dt", "div", "label"):
            self.parts.append("\n")
        self.within = tag

    def handle_endtag(self, tag):
        self.within = None

    def handle_data(self, data):
        if self.within == "h1":
            self.title += data.strip()
        if self.within not in ("title", "style"):
            self.parts.append(" ".join(data.split()) + " "
                              if data.strip() else "")


@dataclasses.dataclass
class Page:
    status: int
    path: str
    headers: object
    body: str

    def __post_init__(self):
        words = Words()
        words.feed(self.body)
        self.title, self.forms = words.title, words.forms
        self.links = words.links
        self.text = "\n".join(line.strip() for line in
                              "".join(words.parts).splitlines()
                              if line.strip())


class Visitor:
    """A browser of few words: cookies, forms, redirects, an address.

    Headers of his own are sent with each request. port: past nginx, without
    TLS, where it is the application's.
    """

    def __init__(self, address=HOME, headers=(), port=PORT):
        self.address, self.headers, self.port = address, headers, port
        self.cookies = {}
        self.page = None

    def _connection(self):
        source = (self.address, 0)
        if self.port != PORT:
            return http.client.HTTPConnection(HOST, self.port, SECONDS, source)
        return http.client.HTTPSConnection(
            HOST, PORT, timeout=SECONDS, source_address=source,
            context=ssl.create_default_context(cafile=TLS / "tls.crt"))

    def _send(self, method, path, form):
        connection = self._connection()
        try:
            connection.putrequest(method, path)
            body = urllib.parse.urlencode(form).encode() if form else b""
            headers = [*self.headers, ("Cookie", "; ".join(
                f"{name}={value}" for name, value in self.cookies.items()))]
            if method == "POST":
                headers += [("Content-Type",
                             "application/x-www-form-urlencoded"),
                            ("Content-Length", str(len(body)))]
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            page = Page(answer.status, path, answer.headers,
                        answer.read().decode())
        finally:
            connection.close()
        for header in answer.headers.get_all("Set-Cookie") or []:
            for name, cookie in http.cookies.SimpleCookie(header).items():
                self.cookies[name] = cookie.value
        return page

    def go(self, path, method="GET", form=None):
        """The page at which it ends, as a browser goes on by itself."""
        page = self._send(method, path, form)
        for _ in range(5):
            if page.status not in (301, 302, 303):
                break
            where = urllib.parse.urljoin(path, page.headers["Location"])
            path = urllib.parse.urlsplit(where)._replace(
                scheme="", netloc="").geturl()
            page = self._send("GET", path, None)
        self.page = page
        return page

    def submit(self, action=None, which=-1, **values):
        """A form of the page that is shown: of this action, or the last."""
        forms = [form for form in self.page.forms
                 if action is None or form["action"] == action]
        form = forms[which]
        return self.go(form["action"] or self.page.path, "POST",
                       {**form["fields"], **values})

    # ---- what people do ----------------------------------------------------

    def log_in(self, user, password, *answers):
        """By the pages, as far as there are answers."""
        self.go("/login")
        self.submit(user=user, password=password)
        for answer in answers:
            self.submit(answer=answer)
        return self.page

    def log_in_first(self, user, temporary, password):
        return self.log_in(user, temporary, password, password)
