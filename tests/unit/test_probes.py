#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The courier looks at addresses: such as an application should have, and such
as none should.
"""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

SOURCE = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", ".")).absolute()
sys.path[:0] = [str(SOURCE / "tests" / "unit")]
sys.dont_write_bytecode = True

try:
    import pytest
except ImportError:
    print("SKIP: python3-pytest is missing")
    sys.exit(77)

from courier_rig import BUILD, Courier, Gateway  # noqa: E402

EXTENDED = "2.23.140.1.1"
DAY_S = 86400
EVERYBODY = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_3
MODERN = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

# name: subject, host, days, object identifiers of policies
CERTIFICATES = {
    "extended": ("/C=NL/O=Example N.V./serialNumber=12345678"
                 "/CN=www.example.nl", "localhost", 90,
                 f"{EXTENDED}, 2.23.140.1.2.2"),
    "plain": ("/CN=www.example.nl", "localhost", 90, "2.23.140.1.2.1"),
    "nobody": ("/CN=www.example.nl", "localhost", 90, EXTENDED),
    "none": ("/C=NL/O=Gemeente S\u00fadwest/CN=x", "localhost", 90, ""),
    # What a terminal would heed: CSI, and a turn of the direction.
    "csi": ("/O=Example\u009b31m N.V./CN=x", "localhost", 90, EXTENDED),
    "turned": ("/O=Example N.V./CN=www.\u202eln.elpmaxe", "localhost", 90,
               EXTENDED),
    "unseen": ("/O=Exam\u200bple\u2066 N.V./CN=x", "localhost", 90, EXTENDED),
    "marks": ("/O=\u03a9\u03bc\u03ad\u03b3\u03b1 \u2116 5 \u20ac/CN=e\u0301",
              "localhost", 90, EXTENDED),
    "ending": ("/O=Example N.V./CN=x", "localhost", 3, EXTENDED),
    "expired": ("/O=Example N.V./CN=x", "localhost", -1, EXTENDED),
    "elsewhere": ("/O=Example N.V./CN=x", "example.nl", 90, EXTENDED),
}


@pytest.fixture(scope="module", name="certificates")
def make_certificates(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is missing")
    directory = tmp_path_factory.mktemp("certificates")

    def run(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True,
                       capture_output=True, timeout=30)

    def key(name):
        run("ecparam", "-name", "prime256v1", "-genkey", "-noout",
            "-out", f"{name}.key")

    for name in ("ca", "self-signed"):
        key(name)
        run("req", "-x509", "-new", "-key", f"{name}.key", "-days", "2",
            "-subj", f"/O=Tests/CN={name}", "-addext",
            "subjectAltName=DNS:localhost", "-out", f"{name}.crt")
    for name, (subject, host, days, policies) in CERTIFICATES.items():
        key(name)
        run("req", "-new", "-utf8", "-key", f"{name}.key", "-subj", subject,
            "-out", f"{name}.csr")
        (directory / "extensions").write_text(
            f"subjectAltName = DNS:{host}\n" +
            (f"certificatePolicies = {policies}\n" if policies else ""))
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey",
            "ca.key", "-CAcreateserial", "-days", str(days), "-extfile",
            "extensions", "-out", f"{name}.crt")
    for path in directory.iterdir():
        path.chmod(0o644)
    directory.chmod(0o755)
    return directory


def attacked(request):
    return any(word in request.path for word in ("%3Cscript", "..%2F",
                                                 "%27%20OR"))


def page(_handler, _request):
    return 200, "welcome", ("Strict-Transport-Security",
                            "max-age=31536000; includeSubDomains")


def guarded(handler, request):
    return (403, "no") if attacked(request) else page(handler, request)


@contextlib.contextmanager
def site(certificates, name="extended", answer=page, versions=MODERN):
    """An application's address; what it gives is the server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.crt",
                            certificates / f"{name}.key")
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.options &= ~(ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1)
    context.minimum_version, context.maximum_version = versions
    server = Gateway(answer, context)
    try:
        yield server
    finally:
        server.close()


def section(certificates, port, *keys, name="app", path="/"):
    return "\n".join([f"[probe {name}]", f"url = https://localhost:{port}{path}",
                      f"ca = {certificates}/ca.crt", *keys, ""])


def look(certificates, server, *keys, **environment):
    """What the courier tells of it, and how long that took."""
    with Courier(section(certificates, server.port, *keys)).start(
            **environment) as courier:
        begun = time.monotonic()
        [reply] = courier.probe("app")
        return reply, time.monotonic() - begun


# ---- what is good ------------------------------------------------------------


def test_good(certificates):
    with site(certificates, answer=guarded) as server:
        reply, _ = look(certificates, server,
                        "web_application_firewall = yes")
        now = time.time()
        assert abs(reply.pop("probed_at") - now) < 60
        assert abs(reply.pop("ends") - now - 90 * DAY_S) < 3600
        assert abs(reply.pop("begins") - now) < 3600
        assert reply == {
            "probe": "app", "url": f"https://localhost:{server.port}/",
            "result": "good", "detail": None, "status": 200,
            "subject": "www.example.nl", "organization": "Example N.V.",
            "issuer": "ca", "policies": f"{EXTENDED}, 2.23.140.1.2.2",
            "extended_validation": True, "tls_1_0": "refused",
            "tls_1_1": "refused", "tls_1_2": "taken", "tls_1_3": "taken",
            "hsts_max_age": 31536000, "web_application_firewall": "stopped",
            "firewall_detail": "HTTP 403, HTTP 403, HTTP 403"}
        # Over old versions nothing is asked; and nothing is sent but this.
        assert [request.path for request in server.requests] == [
            "/?q=cloxxs",
            "/?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
            "/?file=..%2F..%2F..%2F..%2Fetc%2Fpasswd",
            "/?id=1%27%20OR%20%271%27%3D%271%27%20--%20",
            "/?q=cloxxs"]
        assert {request.method for request in server.requests} == {"GET"}


def test_no_attack_unless_asked_for(certificates):
    with site(certificates) as server:
        reply, _ = look(certificates, server)
        assert reply["result"] == "good"
        assert reply["web_application_firewall"] == "untried"
        assert [request.path for request in server.requests] == ["/"]


# ---- certificates ------------------------------------------------------------


@pytest.mark.parametrize("name, keys, result, detail, members", [
    ("plain", [], "bad", "the certificate has no extended validation",
     {"extended_validation": False, "organization": None,
      "policies": "2.23.140.1.2.1"}),
    ("plain", ["extended_validation = no"], "good", None,
     {"extended_validation": False}),
    # Extended validation of nobody is none.
    ("nobody", [], "bad", "the certificate has no extended validation",
     {"policies": EXTENDED, "extended_validation": False}),
    ("none", [], "bad", "the certificate has no extended validation",
     {"policies": None, "organization": "Gemeente S\u00fadwest"}),
    ("csi", [], "good", None, {"organization": "Example\\xc2\\x9b31m N.V."}),
    ("turned", [], "good", None,
     {"subject": "www.\\xe2\\x80\\xaeln.elpmaxe"}),
    ("unseen", [], "good", None,
     {"organization": "Exam\\xe2\\x80\\x8bple\\xe2\\x81\\xa6 N.V."}),
    ("marks", [], "good", None,
     {"organization": "\u03a9\u03bc\u03ad\u03b3\u03b1 \u2116 5 \u20ac",
      "subject": "e\u0301"}),
    # In 3 days, or as soon as a second went by, 2 whole ones.
    ("ending", [], "bad", "the certificate ends in ", {}),
    ("ending", ["days_min = 2"], "good", None, {}),
    ("expired", [], "bad", "certificate has expired", {"ends": None}),
    ("self-signed", [], "bad", "self-signed certificate", {"ends": None}),
    ("elsewhere", [], "bad", "'localhost'", {"ends": None}),
])
def test_certificates(certificates, name, keys, result, detail, members):
    with site(certificates, name) as server:
        reply, _ = look(certificates, server, *keys)
    assert reply["result"] == result
    assert (reply["detail"] is None) if detail is None \
        else detail in reply["detail"]
    assert {key: reply[key] for key in members} == members
    # What is not believed is asked nothing.
    assert len(server.requests) == (0 if reply["ends"] is None else 1)


# ---- versions of TLS ---------------------------------------------------------


def test_old_versions_are_told(certificates):
    with site(certificates, versions=EVERYBODY) as server:
        reply, _ = look(certificates, server)
    assert reply["result"] == "bad"
    assert reply["detail"] == "TLS 1.0 is taken; TLS 1.1 is taken"
    assert [reply[f"tls_1_{n}"] for n in range(4)] == ["taken"] * 4
    assert len(server.requests) == 1


def test_old_version_alone(certificates):
    with site(certificates, versions=(ssl.TLSVersion.TLSv1,) * 2) as server:
        reply, _ = look(certificates, server)
    assert reply["result"] == "bad" and reply["detail"]
    assert server.requests == []


def test_one_version(certificates):
    with site(certificates, versions=(ssl.TLSVersion.TLSv1_2,) * 2) as server:
        reply, _ = look(certificates, server)
    assert reply["result"] == "good"
    assert (reply["tls_1_2"], reply["tls_1_3"]) == ("taken", "refused")


HOST_WITHOUT = """openssl_conf = init
[init]
ssl_conf = modules
[modules]
system_default = settings
[settings]
{}
"""


@pytest.mark.parametrize("settings", [
    "Protocol = ALL, -TLSv1, -TLSv1.1",
    "MinProtocol = TLSv1.2",
    "CipherString = DEFAULT:@SECLEVEL=3",
    "Protocol = ALL, -TLSv1, -TLSv1.1\nMinProtocol = TLSv1.2\n"
    "CipherString = DEFAULT:@SECLEVEL=2",
])
def test_old_versions_are_told_by_a_host_without(certificates, tmp_path,
                                                 settings):
    """What this host does not speak by itself is no refusal of the server's."""
    path = tmp_path / "openssl.cnf"
    path.write_text(HOST_WITHOUT.format(settings))
    for versions, told in (EVERYBODY, ["taken"] * 4), \
            (MODERN, ["refused"] * 2 + ["taken"] * 2):
        with site(certificates, versions=versions) as server:
            reply, _ = look(certificates, server, OPENSSL_CONF=str(path))
        assert [reply[f"tls_1_{n}"] for n in range(4)] == told


# ---- the web application firewall --------------------------------------------


def hang_up(handler, request):
    return None if attacked(request) else page(handler, request)


def one_passes(handler, request):
    return (403, "") if attacked(request) and "script" not in request.path \
        else page(handler, request)


def after(n, then):
    """Whoever asked n times gets this, whatever he asks for."""
    def limited(handler, request):
        handler.server.n = getattr(handler.server, "n", 0) + 1
        return page(handler, request) if handler.server.n <= n else then
    return limited


def guarded_until(n):
    """A firewall that then keeps the address off."""
    def limited(handler, request):
        handler.server.n = getattr(handler.server, "n", 0) + 1
        return guarded(handler, request) if handler.server.n <= n else None
    return limited


def refuses_all(_handler, _request):
    return 403, ""


def points_away(_handler, request):
    return (302, "", ("Location", "/block")) if attacked(request) \
        else (302, "", ("Location", "/login"))


def own_status(handler, request):
    return (418, "") if attacked(request) else page(handler, request)


def silent(handler, request):
    if attacked(request):
        time.sleep(3)
    return page(handler, request)


@pytest.mark.parametrize("answer, keys, result, firewall, detail", [
    (page, [], "bad", "passed", "HTTP 200, HTTP 200, HTTP 200"),
    (hang_up, [], "good", "stopped", "closed, closed, closed"),
    (one_passes, [], "bad", "passed", "HTTP 200, HTTP 403, HTTP 403"),
    # A refusal of everything proves nothing.
    (refuses_all, [], "bad", "unknown", "HTTP 403, HTTP 403, HTTP 403"),
    (points_away, [], "bad", "passed", "HTTP 302, HTTP 302, HTTP 302"),
    # What refuses whoever asks for much is no firewall.
    (after(1, (403, "")), [], "bad", "unknown",
     "HTTP 403, HTTP 403, HTTP 403, then to the plain one HTTP 403"),
    (after(1, (429, "")), ["stopped_status = 400-499"], "bad", "unknown",
     "HTTP 429, HTTP 429, HTTP 429, then to the plain one HTTP 429"),
    (after(1, None), [], "bad", "unknown",
     "closed, closed, closed, then to the plain one closed"),
    (after(3, (403, "")), [], "bad", "passed",
     "HTTP 200, HTTP 200, HTTP 403, then to the plain one HTTP 403"),
    (guarded_until(4), [], "bad", "unknown",
     "HTTP 403, HTTP 403, HTTP 403, then to the plain one closed"),
    (own_status, [], "bad", "passed", "HTTP 418, HTTP 418, HTTP 418"),
    (own_status, ["stopped_status = 400-499"], "good", "stopped",
     "HTTP 418, HTTP 418, HTTP 418"),
    # Silence may be a loss.
    (silent, ["timeout = 1s"], "bad", "unknown",
     "Timeout was reached, Timeout was reached, Timeout was reached, "
     "then to the plain one Timeout was reached"),
])
def test_firewall(certificates, answer, keys, result, firewall, detail):
    with site(certificates, answer=answer) as server:
        reply, _ = look(certificates, server,
                        "web_application_firewall = yes", *keys)
    assert (reply["result"], reply["web_application_firewall"],
            reply["firewall_detail"]) == (result, firewall, detail)


# ---- servers as none should be -----------------------------------------------


def test_status_of_a_fault(certificates):
    with site(certificates, answer=lambda *_: (500, "")) as server:
        reply, _ = look(certificates, server)
    assert (reply["result"], reply["detail"]) == ("bad",
                                                  "it answers HTTP 500")


def test_redirect_is_not_followed(certificates):
    with site(certificates) as other:
        there = f"https://localhost:{other.port}/"
        with site(certificates,
                  answer=lambda *_: (301, "", ("Location", there))) as server:
            reply, _ = look(certificates, server)
    assert (reply["result"], reply["status"]) == ("good", 301)
    assert other.requests == []


def test_endless_page(certificates):
    """What is long is not read to its end."""
    def drip(handler, _request):
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"x" * 65536)

    with site(certificates, answer=drip) as server:
        reply, took = look(certificates, server)
    assert (reply["result"], reply["status"]) == ("good", 200)
    assert took < 5


def test_nobody_there(certificates):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Courier(section(certificates, port)).start() as courier:
        [reply] = courier.probe("app")
    assert reply["result"] == "unreachable" and "connect" in reply["detail"]
    assert reply["tls_1_0"] == "unknown"
    assert reply["web_application_firewall"] == "untried"


def test_silence_ends(certificates):
    with socket.create_server(("127.0.0.1", 0)) as silent_one:
        text = section(certificates, silent_one.getsockname()[1],
                       "timeout = 500ms")
        with Courier(text).start() as courier:
            begun = time.monotonic()
            [reply] = courier.probe("app")
            assert time.monotonic() - begun < 5
    assert reply["result"] == "unreachable"


def test_no_name(certificates):
    text = section(certificates, 443).replace("localhost:443",
                                              "nobody.invalid")
    with Courier(text).start() as courier:
        [reply] = courier.probe()
    assert reply["result"] == "unreachable"


def test_plain_http(certificates):
    server = Gateway((200, "ok"))
    with Courier(section(certificates, server.port)).start() as courier:
        [reply] = courier.probe("app")
    server.close()
    assert reply["result"] == "bad"


def test_caller_who_leaves(certificates):
    """The others are not looked at for nobody, and nothing is left behind."""
    with site(certificates) as server:
        text = "".join(section(certificates, server.port, name=f"app-{i}")
                       for i in range(8))
        with Courier(text).start() as courier:
            for _ in range(3):
                with courier.connect() as connection:
                    courier.ask(connection, "nl.cloxxs.Courier.Probe",
                                {"name": None}, more=True)
            [reply] = courier.probe("app-3")
            assert reply["result"] == "good"


def test_many_at_once(certificates):
    """More callers than are served get an error, and those an answer."""
    answers = []
    with socket.create_server(("127.0.0.1", 0)) as silent_one:
        text = section(certificates, silent_one.getsockname()[1],
                       "timeout = 1s")
        with Courier(text).start() as courier:
            def ask():
                try:
                    answers.append(courier.probe()[0]["result"])
                except (AssertionError, TypeError):
                    answers.append("error")

            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
    assert sorted(answers) == ["error"] * 4 + ["unreachable"] * 4


def test_ended_while_it_looks(certificates):
    with socket.create_server(("127.0.0.1", 0)) as silent_one:
        with Courier(section(certificates, silent_one.getsockname()[1])) \
                .start() as courier:
            with courier.connect() as connection:
                courier.ask(connection, "nl.cloxxs.Courier.Probe",
                            {"name": None}, more=True)
                silent_one.accept()


# ---- several, none, and the configuration ------------------------------------


def test_several_in_order(certificates):
    with site(certificates) as good, site(certificates, "plain") as plain:
        with Courier(section(certificates, plain.port, name="b") +
                     section(certificates, good.port, name="a")) \
                .start() as courier:
            assert [(reply["probe"], reply["result"])
                    for reply in courier.probe()] == [("b", "bad"),
                                                      ("a", "good")]
            assert [reply["probe"] for reply in courier.probe("a")] == ["a"]
            assert courier.probe("c") == \
                "org.varlink.service.InvalidParameter"


def test_none():
    with Courier().start() as courier:
        assert courier.probe() == [{}]


@pytest.mark.parametrize("text, finding", [
    ("[probe]\n", ":1: a probe is named by letters"),
    ("[probe a/b]\n", ":1: a probe is named by letters"),
    ("[probe a]\n", ":1: [probe] needs url = ..."),
    ("[probe a]\nurl = http://x\n", ":2: url: begins with https://"),
    ("[probe a]\nurl = https://\n", ":2: url: has no host in it"),
    ("[probe a]\nurl = https://u:p@x/\n", ":2: url: has a user in it"),
    ("[probe a]\nurl = https://x/?a=b\n", ":2: url: has a query"),
    ("[probe a]\nurl = https://x/#a\n", ":2: url: has a query or a fragment"),
    ("[probe a]\nurl = https://x/ y\n", ":2: url: has a character"),
    ("[probe a]\nurl = https://x\nextended_validation = maybe\n",
     ":3: extended_validation"),
    ("[probe a]\nurl = https://x\nurl = https://y\n",
     ":3: url stands in line 2 already"),
    ("[probe a]\nurl = https://x\ntoken = credential:x\n",
     ":3: unknown key 'token' in [probe]"),
    ("".join(f"[probe a{i}]\nurl = https://x\n" for i in range(17)),
     ":33: a probe is named by letters, digits, '.', '_' and '-', and there "
     "are 16"),
])
def test_findings(text, finding):
    with Courier(text) as courier:
        done = courier.check()
    assert done.returncode == 1
    assert f"{courier.config}{finding}" in done.stderr


def test_dropin_and_reload(certificates):
    with site(certificates, "plain") as server:
        with Courier(section(certificates, server.port)).start() as courier:
            assert courier.probe()[0]["result"] == "bad"
            dropins = courier.directory / "cloxxs-courier.conf.d"
            dropins.mkdir(mode=0o755)
            courier.write(dropins / "a.conf",
                          "[probe app]\nextended_validation = no\n")
            courier.reload()
            assert courier.probe()[0]["result"] == "good"


# ---- cloxxsctl courier probe -------------------------------------------------


def ctl(courier, *words):
    done = subprocess.run(
        [BUILD / "cloxxsctl" / "cloxxsctl", "courier", "probe", *words,
         "--socket", courier.socket], capture_output=True, text=True,
        timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def test_cloxxsctl(certificates):
    with site(certificates, answer=guarded) as good, \
            site(certificates, "plain") as plain:
        with Courier(
                section(certificates, good.port,
                        "web_application_firewall = yes", name="a") +
                section(certificates, plain.port, name="b")) \
                .start() as courier:
            status, said, _ = ctl(courier)
            rows = [" ".join(line.split()) for line in said.splitlines()]
            assert status == 1
            day = time.strftime("%Y-%m-%d",
                                time.gmtime(time.time() + 90 * DAY_S))
            assert rows[0] == "PROBE RESULT CERTIFICATE ENDS VALIDATION " \
                "TLS ATTACKS WHAT IS NOT RIGHT"
            assert rows[1].startswith("a good ") and day in rows[1]
            assert rows[1].endswith("extended 1.2 1.3 stopped -")
            assert rows[2].endswith("plain 1.2 1.3 untried the certificate "
                                    "has no extended validation")
            status, said, _ = ctl(courier, "a", "--json")
            [entry] = json.loads(said)
            assert (status, entry["probe"], entry["extended_validation"]) == \
                (0, "a", True)
            assert "tls" not in entry
            status, _, said = ctl(courier, "c")
            assert status == 1 and "there is no probe of this name" in said


def test_cloxxsctl_without():
    with Courier().start() as courier:
        status, said, _ = ctl(courier)
        assert status == 0 and said.startswith("No address is probed:")
    with Courier() as courier:
        status, _, said = ctl(courier)
        assert status == 5 and "package cloxxs-courier" in said


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__,
                          *sys.argv[1:]]))
