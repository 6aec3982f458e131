# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms by a real courier and a mail server of the test's; metrics as those
read them who collect them; refused logins as fail2ban reads them."""

import email
import email.policy
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

import pytest

import abuse
import cloxxs_world as world
import senders
from cloxxs_world import KBD, STRONG

METRICS = world.STATE / "metrics/cloxxs.prom"
PORT = 2525
COURIER = f"""[mail]
location = this host
host = 127.0.0.1
port = {PORT}
tls = none
from = cloxxs@example.org
hello = gate
"""
ALARMS = """[lockout]
alarm_locks = 3
[alarms]
mail = alarms@example.org
group = 1s
administrator_acts = no
[metrics]
file = /var/lib/cloxxs/metrics/cloxxs.prom
interval = 10s
"""

class MailServer:
    """Takes every message, and keeps it."""

    def __init__(self):
        self.messages = []
        self.listener = socket.create_server(("127.0.0.1", PORT))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as stream:
                self.talk(stream)

    def talk(self, stream):
        def say(line):
            stream.write(line + b"\r\n")
            stream.flush()

        say(b"220 mail.example.org")
        for line in stream:
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                say(b"354 go on")
                body = b""
                for part in stream:
                    if part == b".\r\n":
                        break
                    body += part.removeprefix(b".")
                self.messages.append(email.message_from_bytes(
                    body, policy=email.policy.default))
                say(b"250 taken")
            elif word == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(b"250 mail.example.org")

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture(name="mails", autouse=True)
def mail_server():
    senders.courier.configure(COURIER)
    server = MailServer()
    senders.courier.start()
    abuse.configure(abuse.CHEAP + ALARMS)
    yield server
    senders.stop()
    server.close()
    senders.courier.configure()
    for user in world.cloxxsctl_json("user", "list"):
        if user.get("locked"):
            world.cloxxsctl("user", "unlock", user["name"], "--reason", "end")
    abuse.configure()


def lock(prefix, n):
    """So many users, each by three wrong answers from this host."""
    for i in range(n):
        name = f"{prefix}{i}"
        world.user_with_password(name)
        for _ in range(3):
            abuse.login(name, "not this one", address="127.0.0.1")
    return prefix


def wait_for_mail(server, words, seconds=30):
    found = []

    def there():
        found[:] = [one for one in server.messages if words in one["Subject"]]
        return bool(found)

    world.wait_until(there, seconds, f"a mail about {words}")
    return found


def alarm(rule):
    rules = world.cloxxsctl_json("alarm", "list")["rules"]
    return next(one for one in rules if one["rule"] == rule)


def recorded(since, event, rule):
    return [row for row in abuse.events(since, event=event)
            if f"rule={rule}" in row.get("CLOXXS_DETAILS", "")]


def test_promise_S01_abuse_76_a_spike_of_locks_is_told(user, mails):
    since = world.cursor()
    lock(user, 3)
    mail = wait_for_mail(mails, "many-locks")[0]
    assert mail["To"] == "alarms@example.org"
    assert mail["Subject"] == "[cloxxs cloxxs-world] many-locks"
    text = mail.get_content()
    assert "3 users within 10 min" in text and "127.0.0.1" in text
    assert "cloxxsctl" in text and STRONG not in text
    assert alarm("many-locks")["raised"]
    assert len(recorded(since, "alarm-raised", "many-locks")) == 1
    assert "many-locks" in world.cloxxsctl("doctor", check=False).stdout
    # A restart neither tells it again nor forgets it.
    world.cloxxsd.restart()
    assert alarm("many-locks")["raised"]
    for i in range(3):
        world.cloxxsctl("user", "unlock", f"{user}{i}", "--reason", "rang")
    over = wait_for_mail(mails, "over: many-locks")
    assert len(over) == 1 and "Until:" in over[0].get_content()
    assert len(wait_for_mail(mails, "] many-locks")) == 1
    assert not alarm("many-locks")["raised"]
    assert len(recorded(since, "alarm-raised", "many-locks")) == 1
    assert len(recorded(since, "alarm-over", "many-locks")) == 1


class Hook(http.server.BaseHTTPRequestHandler):
    """Takes what is posted."""

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        self.server.bodies.append(self.rfile.read(size).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_promise_S01_a_web_hook_is_told_too(user, mails):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        server.bodies = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        senders.courier.configure(
            COURIER + "[webhook ops]\nlocation = this host\n"
            f"url = http://127.0.0.1:{server.server_port}/\n"
            'body_form = json\nbody = {"text": "{subject}: {text}"}\n')
        abuse.configure(abuse.CHEAP + ALARMS.replace(
            "administrator_acts = no", "webhook = ops"))
        world.user_add(user)
        world.cloxxsctl("user", "lock", user, "--reason", "laptop lost")
        world.cloxxsctl("user", "unlock", user, "--reason", "\"found\"")
        world.wait_until(lambda: any("administrator-act" in one
                                     for one in server.bodies), 20,
                         "the web hook")
        server.shutdown()
    told = [json.loads(one)["text"] for one in server.bodies]
    assert any(f"user-unlocked: user {user}" in one for one in told), told
    assert f"user {user}" in wait_for_mail(
        mails, "administrator-act")[-1].get_content()


def test_abuse_120_what_weakens_is_told(mails):
    abuse.configure(abuse.CHEAP + ALARMS + "[temporary_password]\n"
                    "lifetime = 29d\n")
    mail = wait_for_mail(mails, "configuration-weakened")[0]
    assert "configuration-weakened" in mail.get_content()


def test_abuse_134_no_courier_holds_nobody_up(user, mails):
    senders.courier.kill()
    since = world.cursor()
    lock(user, 3)
    # Of whichever was the first that nobody took.
    world.wait_until(lambda: recorded(since, "alarm-undelivered", ""), 30,
                     "the failure")
    world.user_with_password(user + "x")
    begun = time.monotonic()
    assert abuse.verdict(user + "x", STRONG, address="127.0.0.1") == "allow"
    assert time.monotonic() - begun < 2
    listed = world.cloxxsctl_json("alarm", "list")
    assert listed["undelivered"] and "does not run" in listed["why"]
    assert len(recorded(since, "alarm-undelivered", "")) == 1
    # It waits for its next try; a daemon that starts tries at once.
    senders.courier.start()
    world.cloxxsd.restart()
    assert len(wait_for_mail(mails, "] many-locks")) == 1
    assert not world.cloxxsctl_json("alarm", "list")["undelivered"]


def test_metrics_are_read_by_who_collects_them(user):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser",
                                 reason="python3-prometheus-client is missing")
    older = pytest.importorskip("prometheus_client.parser")
    world.user_with_password(user)
    assert world.ssh(user, [STRONG], "id -un", mode=KBD).status == 0
    abuse.login(user, "not this one", address="127.0.0.1")
    text = world.cloxxsctl("metrics").stdout
    assert user not in text and "127.0.0.1" not in text
    families = {one.name: one
                for one in parser.text_string_to_metric_families(text)}
    logins = {(s.labels["service"], s.labels["result"], s.labels["reason"])
              for s in families["cloxxs_logins"].samples}
    assert ("sshd", "allowed", "password-verified") in logins
    assert ("sshd", "denied", "wrong-password") in logins
    assert families["cloxxs_hash_duration_seconds"].type == "histogram"
    assert families["cloxxs_start_time_seconds"].unit == "seconds"
    # The file: whole, for everybody, and written again.
    world.wait_until(METRICS.exists, 20, "the file of metrics")
    assert METRICS.stat().st_mode & 0o777 == 0o644
    first = METRICS.stat().st_mtime_ns
    world.wait_until(lambda: METRICS.stat().st_mtime_ns > first, 20,
                     "it to be written again")
    file = world.run("cat", str(METRICS), user=user).stdout
    names = {one.name
             for one in older.text_string_to_metric_families(file)}
    assert "cloxxs_logins" in names or "cloxxs_logins_total" in names
    assert [path.name for path in METRICS.parent.iterdir()] == [METRICS.name]
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=file,
                              capture_output=True, text=True, timeout=60,
                              check=False)
        assert "error" not in done.stderr.lower(), done.stderr


def test_only_administrators_see_metrics(user):
    world.user_with_password(user)
    done = world.run("cloxxsctl", "metrics", user=user, check=False)
    assert done.returncode != 0 and not done.stdout


def test_promise_S19_fail2ban_finds_who_guesses(user, tmp_path):
    if not shutil.which("fail2ban-regex"):
        pytest.skip("fail2ban is missing")
    world.user_with_password(user)
    since = world.cursor()
    assert world.ssh(user, ["wrong"] * 3, "id -un", mode=KBD).status != 0
    world.wait_until(world.journal_has_all, 20, "the journal")
    lines = world.run("journalctl", "-o", "short", "--no-pager",
                      *since, "-t", "cloxxsd").stdout
    assert "login-denied: " in lines
    (tmp_path / "log").write_text(lines)
    shutil.copy("/usr/share/cloxxs/monitoring/fail2ban-filter.conf",
                tmp_path / "cloxxs.conf")
    (tmp_path / "common.conf").write_text(
        "[DEFAULT]\n_daemon = \\S*\n__prefix_line = "
        r"\s*\S+ %(_daemon)s\[\d+\]:\s+" "\n")
    done = subprocess.run(
        ["fail2ban-regex", tmp_path / "log", tmp_path / "cloxxs.conf"],
        capture_output=True, text=True, timeout=60, check=False)
    matched = lines.count("reason=wrong-password")
    assert matched > 0 and f" {matched} matched" in done.stdout, done.stdout


def as_of_the_unit(records, directory):
    """These in a journal of their own, cloxxsd's as if systemd had started it:
    the world starts it by itself, so that journald knows no unit of it."""
    remote = next((path for path in ("/usr/lib/systemd/systemd-journal-remote",
                                     "/lib/systemd/systemd-journal-remote")
                   if os.path.exists(path)), None)
    if not remote:
        pytest.skip("systemd-journal-remote is missing")
    exported = ""
    for record in records:
        fields = {name: value for name, value in record.items()
                  if isinstance(value, str) and "\n" not in value and
                  name not in ("__CURSOR", "_SYSTEMD_UNIT")}
        if record.get("_COMM") == "cloxxsd":
            fields["_SYSTEMD_UNIT"] = "cloxxsd.service"
        exported += "".join(f"{name}={value}\n"
                            for name, value in fields.items()) + "\n"
    path = directory / "unit.journal"
    subprocess.run([remote, "-o", path, "-"], input=exported, text=True,
                   capture_output=True, check=True, timeout=60)
    return path


def test_promise_S19_no_account_bans_an_address(user, tmp_path):
    world.user_with_password(user)
    since = world.cursor()
    assert world.ssh(user, ["wrong"] * 3, "id -un", mode=KBD).status != 0
    forged = (f"login-denied: user={user} service=sshd address=192.0.2.9 "
              "result=denied reason=wrong-password reference=ABCD-1234")
    world.run("logger", "-t", "cloxxsd", forged, user=user)
    world.run("systemd-cat", "-t", "cloxxsd", "echo", forged, user=user)
    world.wait_until(world.journal_has_all, 20, "the journal")
    records = world.journal(*since, "SYSLOG_IDENTIFIER=cloxxsd")
    assert sum(one["MESSAGE"] == forged for one in records) == 2
    text = pathlib.Path("/usr/share/cloxxs/monitoring/fail2ban-filter.conf"
                        ).read_text()
    matches = next(line for line in text.splitlines()
                   if line.startswith("journalmatch = ")).split()[2:]
    assert not [one for one in world.journal(*since, *matches)
                if one["MESSAGE"] == forged]
    lines = world.run("journalctl", "--file",
                      str(as_of_the_unit(records, tmp_path)), "-o", "cat",
                      "--no-pager", *matches).stdout
    assert lines.count("reason=wrong-password") == sum(
        "reason=wrong-password" in one["MESSAGE"] and one["MESSAGE"] != forged
        for one in records) > 0
    assert "192.0.2.9" not in lines


def test_statement_keeps_S01_and_S19():
    rows = {row["id"]: row for row in json.loads(
        world.cloxxsctl("statement", "--json").stdout)["promises"]}
    for promise in "S01", "S19":
        row = rows[promise]
        assert row["outcome"] in ("kept", "not-kept"), row
