#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The courier as a whole, against gateways that are played by the forms that
their providers document, and against such as no provider should be.
"""

import base64
import contextlib
import datetime
import email
import email.policy
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

SOURCE = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", ".")).absolute()
sys.path[:0] = [str(SOURCE / "tests" / "unit")]
sys.dont_write_bytecode = True

try:
    import pytest
except ImportError:
    print("SKIP: python3-pytest is missing")
    sys.exit(77)

from courier_rig import (  # noqa: E402
    BUILD, Courier, Gateway, MailServer, gateway, make_certificates, message,
    shipped)

TEXT = "Code \"0482\\13\"\n<&'%s> €{}"
NUMBER = "+31612345678"


# ---- each provider by its documented form ------------------------------------


def check_cm(request):
    assert request.path == "/v1.0/message"
    assert request.headers["X-CM-PRODUCTTOKEN"] == "s3cret"
    assert request.json() == {"messages": {"msg": [{
        "from": "Cloxxs", "to": [{"number": "0031612345678"}],
        "body": {"type": "auto", "content": TEXT}, "reference": "r-1",
        "allowedChannels": ["SMS"]}]}}


def check_messagebird(request):
    assert request.path == "/messages"
    assert request.headers["Authorization"] == "AccessKey s3cret"
    assert request.json() == {
        "originator": "Cloxxs", "body": TEXT, "recipients": [31612345678],
        "reference": "r-1", "validity": 600}


def check_bird(request):
    assert request.path == "/workspaces/WORKSPACE/channels/CHANNEL/messages"
    assert request.headers["Authorization"] == "AccessKey s3cret"
    assert request.json() == {
        "receiver": {"contacts": [{"identifierValue": NUMBER}]},
        "body": {"type": "text", "text": {"text": TEXT}}}


def check_spryng(request):
    assert request.path == "/v1/messages"
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.json() == {
        "body": TEXT, "encoding": "auto", "originator": "Cloxxs",
        "recipients": ["31612345678"], "route": "business"}


def check_spryng_v2(request):
    assert request.path == "/v2/messages"
    assert request.headers["X-Api-Key"] == "s3cret"
    body = request.json()
    # More than a minute from now, as a time.
    validity = datetime.datetime.strptime(body.pop("validity") + "+0000",
                                          "%Y-%m-%dT%H:%M:%SZ%z")
    assert 500 < validity.timestamp() - time.time() <= 601
    assert body == {
        "accountReference": "ACCOUNT", "channel": "SMS",
        "characterSet": "Auto", "from": "Cloxxs", "body": {"text": TEXT},
        "recipients": [{"msisdn": NUMBER}],
        "messageType": "AuthenticationAndSecurity"}


def check_basic(request, user):
    word, value = request.headers["Authorization"].split(" ")
    assert word == "Basic"
    assert base64.b64decode(value).decode() == f"{user}:s3cret"
    assert request.headers["Content-Type"] == \
        "application/x-www-form-urlencoded"
    return urllib.parse.parse_qs(request.body, strict_parsing=True)


def check_twilio(request):
    assert request.path == "/2010-04-01/Accounts/ACCOUNT/Messages.json"
    assert check_basic(request, "ACCOUNT") == {
        "To": [NUMBER], "From": ["Cloxxs"], "Body": [TEXT]}


def check_vonage(request):
    assert request.path == "/sms/json"
    assert check_basic(request, "KEY") == {
        "from": ["Cloxxs"], "to": ["31612345678"], "text": [TEXT]}


def check_kannel(request):
    assert request.path == "/cgi-bin/sendsms"
    assert request.headers["X-Kannel-Username"] == "cloxxs"
    assert request.headers["X-Kannel-Password"] == "s3cret"
    assert request.headers["X-Kannel-From"] == "Cloxxs"
    assert request.headers["X-Kannel-To"] == NUMBER
    assert request.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert request.body == TEXT


# name: the check of the request, the credential, what accepts, and what else is
# answered: with which result, and which detail
PROVIDERS = {
    "cm": (check_cm, "cm-producttoken",
           (200, '{"details":"Created 1 message(s)","errorCode":0,"messages":'
                 '[{"status":"Accepted","messageErrorCode":0}]}'), [
               (200, '{"details":"","errorCode":101,"messages":[]}',
                "refused", "HTTP 200: 101"),
               (200, '{"errorCode":0,"messages":[{"messageErrorCode":303}]}',
                "refused", "HTTP 200: 0"),
               (200, '{"errorCode":0,"messages":[]}', "uncertain",
                "HTTP 200: 0"),
               (401, "", "refused", "HTTP 401"),
           ]),
    "messagebird": (check_messagebird, "messagebird-key",
                    (201, '{"id":"e8","recipients":{"totalSentCount":1}}'), [
                        (201, '{"id":"e8","recipients":{"totalSentCount":0}}',
                         "refused", "HTTP 201"),
                        (422, '{"errors":[{"code":9,"description":"no (correct)'
                              ' recipients found 31612345678"}]}', "refused",
                         "HTTP 422: 9"),
                    ]),
    "bird": (check_bird, "bird-key", (202, '{"id":"x","status":"accepted"}'), [
        (422, '{"code":"InvalidPayload"}', "refused",
         "HTTP 422: InvalidPayload"),
        (429, "", "unreachable", "HTTP 429"),
    ]),
    "spryng": (check_spryng, "spryng-token", (200, '{"id":"x"}'), [
        (422, '{"message":"The given data was invalid."}', "refused",
         "HTTP 422: The given data was invalid."),
        (429, "", "unreachable", "HTTP 429"),
    ]),
    "spryng-v2": (check_spryng_v2, "spryng-key",
                  (202, '{"data":{"requestId":"x"}}'), [
                      (400, '{"errors":[{"errorCode":"InvalidRecipient"}]}',
                       "refused", "HTTP 400: InvalidRecipient"),
                      (202, '{"data":{}}', "uncertain", "HTTP 202"),
                  ]),
    "twilio": (check_twilio, "twilio-token",
               (201, '{"sid":"SM1","status":"queued","error_code":null}'), [
                   (400, '{"code":21211,"message":"The \'To\' number '
                         '+31612345678 is not a valid phone number."}',
                    "refused", "HTTP 400: 21211"),
                   (201, '{"sid":"SM1","error_code":30001}', "refused",
                    "HTTP 201"),
                   (201, "<html>", "uncertain", "HTTP 201"),
               ]),
    "vonage": (check_vonage, "vonage-secret",
               (200, '{"message-count":"1","messages":[{"status":"0"}]}'), [
                   (200, '{"messages":[{"status":"4","error-text":"Bad '
                         'Credentials"}]}', "refused", "HTTP 200: 4"),
               ]),
    "kannel": (check_kannel, "kannel-password",
               (202, "0: Accepted for delivery"), [
                   (202, "3: Queued for later delivery", "accepted",
                    "HTTP 202"),
                   (403, "Authorization failed for sendsms", "refused",
                    "HTTP 403"),
                   (503, "Temporal failure, try again later.", "unreachable",
                    "HTTP 503"),
               ]),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_provider(name):
    check, secret, accepted, others = PROVIDERS[name]
    server = Gateway(accepted)
    url = f"http://127.0.0.1:{server.port}"
    with Courier(gateways={name: shipped(name, url)},
                 secrets={secret: "s3cret\n"}).start() as courier:
        assert courier.deliver(text=TEXT, reference="r-1") == {
            "result": "accepted", "route": name,
            "detail": f"HTTP {accepted[0]}"}
        check(server.requests[0])
        assert server.requests[0].method == "POST"
        assert "0482" not in server.requests[0].path
        assert NUMBER[1:] not in server.requests[0].path
        for status, body, result, detail in others:
            server.answer = (status, body)
            assert courier.deliver(text=TEXT) == {
                "result": result, "route": name, "detail": detail}
    server.close()


def test_shipped_files_are_right():
    """As they stand, with the hosts of their providers."""
    names = [path.stem for path in
             (SOURCE / "system" / "sms.d").glob("*.conf")]
    assert sorted(names) == sorted([*PROVIDERS, "program"])
    with Courier(gateways={name: shipped(name, program="/bin/true")
                           for name in names}) as courier:
        checked = courier.check()
    assert checked.stderr == ""
    assert {line.split()[1] for line in checked.stdout.splitlines()} == \
        set(names)


# ---- the language of the configuration: pairs in tests/courier/ --------------


GOLDEN = SOURCE / "tests" / "courier"


@pytest.mark.parametrize("name", sorted(
    path.stem for path in GOLDEN.glob("*.in")))
def test_golden(name):
    """A gateway's file, or cloxxs-courier.conf: its routes, or what is wrong."""
    text = (GOLDEN / f"{name}.in").read_text(encoding="utf-8")
    is_gateway = "gateway_" in name and "conf_" not in name
    with Courier("" if is_gateway else text,
                 {"test": text} if is_gateway else {}) as courier:
        checked = courier.check()
        said = checked.stderr.replace(f"{courier.directory}/", "")
    good = GOLDEN / f"{name}.ok"
    if good.exists():
        assert (checked.returncode, checked.stdout, said) == \
            (0, good.read_text(encoding="utf-8"), "")
    else:
        assert (checked.returncode, checked.stdout, said) == \
            (1, "", (GOLDEN / f"{name}.err").read_text(encoding="utf-8"))


def test_body_file():
    server = Gateway((200, "ok"))
    text = gateway(url_of(server)).replace(
        'body = {"to":"{phone_e164}","text":"{text}"}', "body_file = a.json")
    with Courier(gateways={"a": text}) as courier:
        courier.write(courier.gateways / "a.json",
                      '{\n  "text": "{text}",\n  "to": "{phone_national}"\n}\n')
        assert "country_code: is needed" in courier.check().stderr
        courier.write(courier.gateways / "a.conf", text + "country_code = 31\n")
        assert courier.check().stderr == ""
        courier.start()
        assert courier.deliver(text="a\"b")["result"] == "accepted"
        assert server.requests[0].json() == {"text": 'a"b',
                                             "to": "0612345678"}
        # A number that has no such form.
        assert courier.deliver(to="+4915112345678") == {
            "result": "refused", "route": "a",
            "detail": "this message cannot be said to this route"}
        (courier.gateways / "a.json").chmod(0o666)
        assert "can be written" in courier.check().stderr
    server.close()


def test_secrets_are_looked_at():
    text = gateway("https://a.nl", "header_1 = X-Key: {secret:key}")
    for secret, said in ((None, "credential key No such file"),
                         ("", "credential key is empty"),
                         ("\n", "credential key is empty"),
                         ("x" * 1025, "credential key is longer"),
                         ("x" * 1024 + "\n", "")):
        with Courier(gateways={"a": text}, secrets={
                "key": secret} if secret is not None else {}) as courier:
            checked = courier.check(
                CREDENTIALS_DIRECTORY=str(courier.credentials))
            assert said in checked.stderr
            assert checked.returncode == bool(said)


# ---- abuse-50: gateways that are down, slow, lying, elsewhere ----------------


def nobody():
    """The port of a gateway that is down."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Deaf:
    """Takes connections and requests, and never answers."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(64)
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


def url_of(server):
    return f"http://127.0.0.1:{server if isinstance(server, int) else server.port}"


@contextlib.contextmanager
def two(first, *more, answer=(200, "ok"), timeout="10s", **options):
    """A courier with the gateway first at a port, and a good one behind it."""
    good = Gateway(answer)
    files = {"a": gateway(url_of(first), f"timeout = {timeout}", *more),
             "b": gateway(url_of(good))}
    with Courier(gateways=files, **options).start() as courier:
        yield courier, good
    good.close()


def test_abuse_50_down():
    with two(nobody()) as (courier, good):
        assert courier.deliver()["route"] == "b"
        assert len(good.requests) == 1
        reply = courier.deliver(route="a")
        assert reply["result"] == "unreachable"
        assert reply["detail"] == "cannot be connected to"
        assert len(good.requests) == 1


def test_abuse_50_slow():
    """What was sent and not answered goes to nobody else."""
    deaf = Deaf()
    with two(deaf, timeout="200ms") as (courier, good):
        assert courier.deliver() == {
            "result": "uncertain", "route": "a",
            "detail": "no answer in its time"}
        assert good.requests == []
        # The deadline of the call is over all.
        began = time.monotonic()
    deaf.close()
    deaf = Deaf()
    with two(deaf) as (courier, good):
        began = time.monotonic()
        assert courier.deliver(timeout_ms=150)["result"] == "uncertain"
        assert time.monotonic() - began < 5
        assert good.requests == []
    deaf.close()


@pytest.mark.parametrize("answer,result", [
    ((500, "broken"), "uncertain"),
    ((502, ""), "uncertain"),
    ((503, "busy"), "unreachable"),
    ((429, ""), "unreachable"),
    ((404, ""), "refused"),
    (None, "uncertain"),  # closed without a word
    ((200, '{"error":"no credit"}'), "refused"),
    ((200, "<html>welcome to the hotel</html>"), "uncertain"),
    ((200, b"\x00\xff\xfe" * 100), "uncertain"),
    ((200, '{"error":' + "[" * 5000), "uncertain"),
    ((200, '{"error":null}' + " " * 200000), "uncertain"),
    ((307, "", ("Location", "/elsewhere")), "refused"),
    ((200, '{"error":null}'), "accepted"),
])
def test_abuse_50_answers(answer, result):
    bad = Gateway(answer)
    with two(bad, "accepted_json = /error == null") as (courier, good):
        reply = courier.deliver()
        assert len(bad.requests) == 1
        if result in ("refused", "unreachable"):
            assert (reply["route"], len(good.requests)) == ("b", 1)
            reply = courier.deliver(route="a")
        assert (reply["result"], reply["route"]) == (result, "a")
        if result in ("accepted", "uncertain"):
            assert good.requests == []
    bad.close()


def test_abuse_50_redirect_to_another_host():
    other = Gateway((200, "ok"))
    sly = Gateway((302, "", ("Location", url_of(other) + "/steal")))
    with Courier(gateways={"a": gateway(url_of(sly))}).start() as courier:
        assert courier.deliver() == {
            "result": "refused", "route": "a",
            "detail": "HTTP 302, a redirect, which is not followed"}
    assert other.requests == []
    sly.close()
    other.close()


def test_abuse_50_kept_connection_that_is_closed():
    """No request is sent twice, though libcurl would."""
    def answer(handler, request):
        if len(server.requests) == 1:
            return (200, "ok")
        handler.wfile.flush()
        return None

    server = Gateway(answer)
    with Courier(gateways={"a": gateway(url_of(server))}).start() as courier:
        assert courier.deliver()["result"] == "accepted"
        assert courier.deliver()["result"] == "uncertain"
        assert len(server.requests) == 2
    server.close()


def test_abuse_50_bad_certificate(certificates):
    for name, trusted, result in (("good", "ca", "accepted"),
                                  ("good", "other-ca", "unreachable"),
                                  ("wrong-name", "ca", "unreachable"),
                                  ("expired", "ca", "unreachable")):
        server = Gateway((200, "ok"), certificate=(
            certificates / f"{name}.crt", certificates / f"{name}.key"))
        file = gateway(f"https://localhost:{server.port}",
                       f"ca = {certificates}/{trusted}.crt")
        with Courier(gateways={"a": file}).start() as courier:
            reply = courier.deliver()
        assert reply["result"] == result, (name, reply)
        assert len(server.requests) == (result == "accepted")
        server.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is missing")
    directory = tmp_path_factory.mktemp("certificates")
    make_certificates(directory)
    return directory


# ---- abuse-51, abuse-99: what no log holds -----------------------------------


def test_abuse_51_nothing_is_told():
    """A provider quotes all that it was sent; nobody hears of it."""
    def quote(handler, request):
        process = pathlib.Path(f"/proc/{courier.process.pid}")
        seen.append((process / "cmdline").read_bytes())
        # Nobody but root may read it: it keeps itself from being looked into.
        with contextlib.suppress(PermissionError):
            seen.append((process / "environ").read_bytes())
        return (400, json.dumps({"message": " ".join(
            [request.headers["X-Key"], request.json()["text"],
             request.json()["to"]])}))

    def number(handler, request):
        return (400, json.dumps({"message": "to 31612345678, 06-12345678, "
                                            "048213 and 999"}))

    seen = []
    server = Gateway(quote)
    with Courier(gateways={"a": gateway(
            url_of(server), "header_1 = X-Key: {secret:key}",
            "detail_json = /message")},
            secrets={"key": "s3cret-of-provider"}).start() as courier:
        reply = courier.deliver()
        assert reply["detail"] == \
            "HTTP 400: (not told: it quotes what was sent)"
        server.answer = number
        reply = courier.deliver()
        assert reply["detail"] == "HTTP 400: to ###, ###, ### and 999"
        told = json.dumps(courier.routes()).encode() + b"".join(seen)
        for one in (b"s3cret", b"048213", b"12345678"):
            assert one not in told
    server.close()


# ---- abuse-55: what would be another message ---------------------------------


@pytest.mark.parametrize("parameters,fault", [
    ({"to": "+31612345678\n+31687654321"}, "to"),
    ({"to": "+31612345678,+31687654321"}, "to"),
    ({"to": "0612345678"}, "to"),
    ({"to": "+0612345678"}, "to"),
    ({"to": "+3161234567890123"}, "to"),
    ({"to": ""}, "to"),
    ({"to": "+31612345678 "}, "to"),
    ({"kind": "mail", "to": "a@b.nl\r\nBcc: c@d.nl"}, "to"),
    ({"kind": "mail", "to": "a@b.nl,c@d.nl"}, "to"),
    ({"kind": "mail", "to": "a@b.nl c@d.nl"}, "to"),
    ({"kind": "mail", "to": '"a b"@b.nl'}, "to"),
    ({"kind": "mail", "to": "<a@b.nl>"}, "to"),
    ({"kind": "mail", "to": "-a@b.nl"}, "to"),
    ({"kind": "mail", "to": "a@b@c.nl"}, "to"),
    ({"kind": "mail", "to": "a@b.nl", "subject": "x\r\nBcc: c@d.nl"},
     "subject"),
    ({"kind": "webhook", "to": "../a"}, "to"),
    ({"kind": "post"}, "kind"),
    ({"text": ""}, "text"),
    ({"text": "a\rb"}, "text"),
    ({"text": "a\x1b[2J"}, "text"),
    ({"text": "a" * 1601}, "text"),
    ({"reference": "a b"}, "reference"),
    ({"reference": ""}, "reference"),
    ({"timeout_ms": 0}, "timeout_ms"),
    ({"timeout_ms": 60001}, "timeout_ms"),
])
def test_abuse_55_refused(parameters, fault, empty):
    assert empty.deliver(**parameters) == fault


@pytest.fixture(scope="module")
def empty():
    with Courier().start() as courier:
        yield courier


# ---- mail --------------------------------------------------------------------


MAIL = """[mail]
location = here
host = localhost
port = {port}
ca = {ca}
user = codes
password = credential:mail-password
from = codes@example.nl
from_name = Cloxxs "één"
timeout = 5s
"""


@contextlib.contextmanager
def mailing(certificates, server, *changes, ca="ca", **options):
    text = MAIL.format(port=server.port, ca=certificates / f"{ca}.crt")
    for old, new in changes:
        text = text.replace(old, new)
    with Courier(text, secrets={"mail-password": "p@ss\n"},
                 **options).start() as courier:
        yield courier
    server.close()


def good_pair(certificates):
    return certificates / "good.crt", certificates / "good.key"


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail(certificates, tls):
    server = MailServer(good_pair(certificates), tls_first=tls == "tls")
    text = ".\n.hidden\nRCPT TO:<x@y.nl>\n%s \"quoted\" café\n..\n"
    with mailing(certificates, server,
                 ("timeout", f"tls = {tls}\ntimeout")) as courier:
        assert courier.deliver(
            kind="mail", to="Jan.de-Boer+x@example.nl", text=text,
            subject="Uw code — één keer") == {
                "result": "accepted", "route": "mail",
                "detail": "SMTP 250 2.0.0"}
        assert courier.deliver(kind="mail", to="a@b.nl", subject="Code",
                               text=".\nplain\n..x")["result"] == "accepted"
    one, two = server.mails
    assert one["tls"] and one["auth"] == "\0codes\0p@ss"
    assert one["from"] == "codes@example.nl"
    assert one["recipients"] == ["Jan.de-Boer+x@example.nl"]
    mail = email.message_from_bytes(one["data"], policy=email.policy.default)
    assert mail.defects == []
    assert mail["To"] == "Jan.de-Boer+x@example.nl"
    assert mail["From"].addresses[0].display_name == 'Cloxxs "één"'
    assert mail["Subject"] == "Uw code — één keer"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.nl>")
    assert abs(mail["Date"].datetime.timestamp() - time.time()) < 600
    assert mail.get_content().replace("\r\n", "\n") == text
    mail = email.message_from_bytes(two["data"], policy=email.policy.default)
    assert mail.get_content().replace("\r\n", "\n") == ".\nplain\n..x\n"


@pytest.mark.parametrize("replies,result,detail", [
    ({"RCPT": "550 5.1.1 <a@b.nl>: unknown"}, "refused", "SMTP 550 5.1.1"),
    ({"RCPT": "450 4.2.1 greylisted"}, "unreachable", "SMTP 450 4.2.1"),
    ({"MAIL": "553 5.7.1 not yours"}, "refused", "SMTP 553 5.7.1"),
    ({".": "554 5.6.0 spam"}, "refused", "SMTP 554 5.6.0"),
    ({".": "451 4.3.0 later"}, "unreachable", "SMTP 451 4.3.0"),
    ({".": None}, "uncertain", None),
    ({"RCPT": None}, "unreachable", None),
    ({"AUTH": "535 5.7.8 wrong"}, "refused", None),
    ({"STARTTLS": "454 4.7.0 not now"}, "unreachable", None),
])
def test_abuse_50_mail(certificates, replies, result, detail):
    server = MailServer(good_pair(certificates), replies=replies)
    with mailing(certificates, server) as courier:
        reply = courier.deliver(kind="mail", to="a@b.nl", subject="Code")
        assert reply["result"] == result, reply
        assert detail in (None, reply["detail"])
        assert server.mails == []


def test_abuse_50_mail_certificate(certificates):
    server = MailServer(good_pair(certificates))
    with mailing(certificates, server, ca="other-ca") as courier:
        reply = courier.deliver(kind="mail", to="a@b.nl", subject="Code")
        assert reply["result"] == "unreachable", reply
        assert server.mails == [] and server.auths == []


def test_abuse_50_mail_in_the_clear(certificates):
    """A server without STARTTLS, or somebody who takes it away."""
    server = MailServer(None)
    with mailing(certificates, server) as courier:
        reply = courier.deliver(kind="mail", to="a@b.nl", subject="Code")
        assert reply["result"] == "unreachable", reply
        assert server.mails == [] and server.auths == []


def test_goodbye_is_not_waited_for(certificates):
    """A mail server that answers no QUIT holds nobody up."""
    sms = Gateway((200, "ok"))
    for replies in ({"QUIT": "hang"},
                    {"QUIT": "hang", "RCPT": "550 5.1.1 no"}):
        server = MailServer(good_pair(certificates), replies=replies)
        with mailing(certificates, server,
                     gateways={"a": gateway(url_of(sms))}) as courier:
            began = time.monotonic()
            courier.deliver(kind="mail", to="a@b.nl", subject="Code")
            assert courier.deliver()["result"] == "accepted"
            assert time.monotonic() - began < 0.8
    sms.close()


# ---- what holds besides ------------------------------------------------------


def test_reference_is_delivered_once():
    release = threading.Event()

    def answer(handler, request):
        release.wait(30)
        return (200, "ok")

    server = Gateway(answer)
    with Courier(gateways={"a": gateway(url_of(server))}).start() as courier:
        callers = [courier.connect() for _ in range(4)]
        for caller in callers:
            courier.ask(caller, "nl.cloxxs.Courier.Deliver",
                        message(reference="once"))
        # The last one is waited for by a call behind it.
        courier.routes()
        release.set()
        replies = [courier.read(caller)[0] for caller in callers]
        assert all(reply["parameters"]["result"] == "accepted"
                   for reply in replies)
        assert courier.deliver(reference="once")["result"] == "accepted"
        assert len(server.requests) == 1
        for caller in callers:
            caller.close()
    server.close()


def test_no_route():
    with Courier().start() as courier:
        assert courier.routes() == [{}]
        for kind, to in (("sms", "+31612345678"), ("mail", "a@b.nl"),
                         ("webhook", "ops")):
            assert courier.deliver(kind=kind, to=to) == {
                "result": "unreachable", "route": None,
                "detail": "there is no such route"}


def test_caps():
    server = Gateway((200, "ok"))
    with Courier("[sms]\nper_minute = 2\n",
                 {"a": gateway(url_of(server))}).start() as courier:
        results = [courier.deliver()["result"] for _ in range(3)]
        # A minute may have ended in between.
        assert results[:2] == ["accepted"] * 2
        assert courier.deliver()["result"] == "unreachable" or \
            len(server.requests) <= 4
    server.close()


def test_order_and_routes():
    servers = [Gateway((500 if i < 1 else 404, "")) for i in range(3)]
    files = {name: gateway(url_of(server))
             for name, server in zip("abc", servers)}
    with Courier("[sms]\ngateways = c, a\n", files).start() as courier:
        assert courier.deliver() == {
            "result": "uncertain", "route": "a", "detail": "HTTP 500",
            "passed": ["c"]}
        rows = courier.routes()
        assert [(row["route"], row["refused"], row["uncertain"])
                for row in rows] == [("c", 1, 0), ("a", 0, 1)]
        assert rows[0]["failed_detail"] == "HTTP 404"
        assert rows[0]["location"] == "here"
        assert servers[1].requests == []
    for server in servers:
        server.close()


def test_reload_keeps_what_is_right():
    server = Gateway((200, "ok"))
    with Courier(gateways={"a": gateway(url_of(server))}).start() as courier:
        courier.write(courier.gateways / "b.conf", "[gateway]\nurl = ftp://a\n")
        courier.reload()
        assert [row["route"] for row in courier.routes()] == ["a"]
        assert courier.deliver()["result"] == "accepted"
        courier.write(courier.gateways / "b.conf", gateway(url_of(server)))
        courier.reload()
        rows = courier.routes()
        assert [(row["route"], row["accepted"]) for row in rows] == \
            [("a", 1), ("b", 0)]
    server.close()


def test_environment_is_not_heeded(tmp_path):
    proxy, server = Gateway((200, "ok")), Gateway((200, "ok"))
    (tmp_path / ".netrc").write_text(
        "machine 127.0.0.1 login a password b\n")
    with Courier(gateways={"a": gateway(url_of(server))}).start(
            http_proxy=url_of(proxy), all_proxy=url_of(proxy),
            HOME=str(tmp_path)) as courier:
        assert courier.deliver()["result"] == "accepted"
    assert proxy.requests == []
    assert "Authorization" not in server.requests[0].headers
    proxy.close()
    server.close()


def test_webhook():
    server = Gateway((204, ""))
    config = f"""[webhook ops]
location = here
url = credential:ops-url
[webhook chat]
location = there
url = {url_of(server)}/chat
body_form = xml
body = <a t="{{subject}}">{{text}}</a>
header_1 = X-Ref: {{reference}}
"""
    with Courier(config, secrets={
            "ops-url": url_of(server) + "/secret-path\n"}).start() as courier:
        assert courier.deliver(kind="webhook", to="ops", subject='"Alarm"',
                               text="two\nlines", reference="r-9") == {
            "result": "accepted", "route": "ops", "detail": "HTTP 204"}
        assert server.requests[0].path == "/secret-path"
        assert server.requests[0].json() == {
            "title": '"Alarm"', "text": "two\nlines", "reference": "r-9"}
        assert courier.deliver(kind="webhook", to="chat", subject='"<&\'',
                               text="a\nb")["route"] == "chat"
        assert server.requests[1].body == \
            '<a t="&quot;&lt;&amp;&apos;">a&#10;b</a>'
        assert courier.deliver(kind="webhook", to="none")["route"] is None
    server.close()


PROGRAM = """#!/bin/sh
env >{0}/env; echo "$@" >{0}/arguments; cat >{0}/input
read status <{0}/status
[ "$status" != hang ] || exec sleep 1000
exit "$status"
"""


@pytest.mark.parametrize("status,result", [
    ("0", "accepted"), ("75", "unreachable"), ("1", "refused"),
    ("130", "uncertain"), ("hang", "uncertain")])
def test_program(tmp_path, status, result):
    program = tmp_path / "send"
    program.write_text(PROGRAM.format(tmp_path))
    program.chmod(0o755)
    (tmp_path / "status").write_text(status + "\n")
    file = f"""[gateway]
location = here
program = {program}
arguments = --one two
number = 00
timeout = 500ms
"""
    with Courier(gateways={"a": file}).start(SECRET="x") as courier:
        reply = courier.deliver(text="$(id)\n`id` %s", timeout_ms=5000)
        assert reply["result"] == result, reply
        # It was collected by the time that the next call is answered.
        courier.routes()
        children = pathlib.Path(f"/proc/{courier.process.pid}/task/"
                                f"{courier.process.pid}/children")
        assert children.read_text() == ""
    if status == "0":
        assert (tmp_path / "input").read_text() == \
            "0031612345678\n$(id)\n`id` %s\n"
        assert (tmp_path / "arguments").read_text() == "--one two\n"
        assert "SECRET" not in (tmp_path / "env").read_text()
        assert "CREDENTIALS" not in (tmp_path / "env").read_text()


# ---- cloxxsctl courier -------------------------------------------------------


def ctl(courier, *words):
    """Its exit status, and what it said."""
    done = subprocess.run(
        [BUILD / "cloxxsctl" / "cloxxsctl", "courier", *words, "--socket",
         courier.socket], capture_output=True, text=True, timeout=30,
        check=False)
    return done.returncode, done.stdout + done.stderr


def test_cloxxsctl():
    refusing, good = Gateway((403, "")), Gateway((200, "ok"))
    with Courier(gateways={"a": gateway(url_of(refusing)),
                           "b": gateway(url_of(good))}).start() as courier:
        assert ctl(courier, "test", "--to", "+31612345678") == \
            (0, "accepted by b: HTTP 200\n")
        assert ctl(courier, "test", "--to", "+31612345678", "--route", "a") \
            == (1, "refused by a: HTTP 403\n")
        assert ctl(courier, "test", "--to", "a@b.nl") == \
            (1, "unreachable by nobody: there is no such route\n")
        status, said = ctl(courier, "test", "--to", "no name")
        assert status == 2 and "--to takes a number" in said
        status, said = ctl(courier, "test", "--to", "ops", "--json")
        assert (status, json.loads(said)["result"]) == (1, "unreachable")
        status, said = ctl(courier, "status")
        assert status == 0
        rows = [line.split() for line in said.splitlines()[1:]]
        assert [row[:4] for row in rows] == [["a", "sms", "0", "2"],
                                             ["b", "sms", "1", "0"]]
        assert rows[0][-2:] == ["HTTP", "403"]
        status, said = ctl(courier, "status", "--json")
        assert [row["location"] for row in json.loads(said)] == ["here"] * 2
    assert json.loads(good.requests[0].body)["text"].startswith(
        "This is a test")
    refusing.close()
    good.close()


def test_cloxxsctl_without_a_courier():
    with Courier() as courier:
        for words in (["status"], ["test", "--to", "ops"]):
            status, said = ctl(courier, *words)
            assert status == 5
            assert "package cloxxs-courier" in said


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__,
                          *sys.argv[1:]]))
