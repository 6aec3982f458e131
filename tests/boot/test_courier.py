# SPDX-License-Identifier: GPL-3.0-or-later
"""The courier's package, and its units as systemd runs them: sandbox, socket,
credentials."""

import base64
import json
import pathlib
import subprocess

import pytest

from machine import wait_until

SEND = """#!/bin/sh
# Taken, where the sandbox is as the unit says it is.
read -r number && read -r text || exit 1
[ "$number" = +31612345678 ] || exit 2
[ "$(id -un)" = _cloxxs-courier ] || exit 3
[ "$(cd /var && echo * lib/*)" = "lib tmp lib/cloxxs-courier" ] || exit 4
! ls /run/cloxxs 2>/dev/null || exit 5
! touch /etc/courier-was-here 2>/dev/null || exit 6
! ls /home/* /root/* 2>/dev/null || exit 7
[ "$(ls -d /proc/[0-9]* | wc -l)" -lt 8 ] || exit 8
exit 0
"""
PROGRAM = """[gateway]
location = this host
program = /usr/local/libexec/send
"""
LOST = """[gateway]
location = nowhere
url = https://gateway.invalid/
body = {"t":"{text}"}
"""
NEAR = """[gateway]
location = this host
url = http://127.0.0.1:8080/send
header_1 = X-Key: {secret:near-key}
body = {"t":"{text}"}
"""
SERVER = """
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        good = self.headers["X-Key"] == "s3cret"
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if good else 403)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", 8080), Handler).serve_forever()
"""
COUNTRIES = """[countries]
source = url
location = this host
url = http://127.0.0.1:8081/countries.mmdb
"""
MAKE = pathlib.Path(__file__).parents[1] / "world/country_database"
DROPIN = """[Service]
LoadCredential=near-key:/etc/cloxxs/credentials/near-key
"""


def sent_by(machine, *words):
    done = machine.run("cloxxsctl", "courier", "test", "--to", "+31612345678",
                       "--json", *words, check=False)
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout)
    return answer["result"], answer["route"], answer["detail"]


def test_install(machine):
    machine.use_repository(1)
    said = machine.apt("install", "--no-install-recommends", "cloxxsd",
                       "cloxxs-courier").stdout
    assert "sends nothing yet" in said
    done = machine.run("cloxxsctl", "courier", "status", check=False)
    assert done.returncode == 5
    assert "cloxxs-courier.socket" in done.stderr
    assert machine.run("systemctl", "is-enabled", "cloxxs-courier.socket",
                       check=False).stdout.strip() == "disabled"


def test_switch_on(machine):
    machine.write("/usr/local/libexec/send", SEND, "0755")
    machine.write("/etc/cloxxs/sms.d/program.conf", PROGRAM)
    machine.run("systemctl", "enable", "--now", "cloxxs-courier.socket")
    assert sent_by(machine) == ("accepted", "program", "exit status 0")
    assert machine.run("systemctl", "is-active",
                       "cloxxs-courier.service").stdout.strip() == "active"


def test_names_and_credentials(machine):
    machine.write("/root/server.py", SERVER)
    machine.run("systemd-run", "--unit=near", "/usr/bin/python3",
                "/root/server.py")
    machine.write("/etc/cloxxs/credentials/near-key", "s3cret\n", "0600")
    machine.write("/etc/systemd/system/cloxxs-courier.service.d/near.conf",
                  DROPIN)
    machine.write("/etc/cloxxs/sms.d/lost.conf", LOST)
    machine.write("/etc/cloxxs/sms.d/near.conf", NEAR)
    machine.shell("systemctl daemon-reload; "
                  "systemctl restart cloxxs-courier")
    result, _, detail = sent_by(machine, "--route", "lost")
    assert (result, detail) == ("unreachable", "its name cannot be found")
    wait_until(lambda: sent_by(machine) == ("accepted", "near", "HTTP 200"),
               30, "the gateway")


def test_reload(machine):
    machine.write("/etc/cloxxs/sms.d/bad.conf", "[gateway]\nurl = a\n")
    machine.run("systemctl", "reload", "cloxxs-courier")
    wait_until(lambda: "/etc/cloxxs/sms.d/bad.conf:2: url: begins with "
               "https://" in machine.run("journalctl", "-u",
                                         "cloxxs-courier").stdout,
               30, "the courier to tell")
    assert sent_by(machine, "--route", "near")[0] == "accepted"
    machine.run("rm", "/etc/cloxxs/sms.d/bad.conf")


def test_killed(machine):
    """The next message is taken by the next one."""
    machine.run("systemctl", "kill", "-s", "KILL", "cloxxs-courier.service")
    assert sent_by(machine, "--route", "near")[0] == "accepted"


def test_countries(machine, tmp_path):
    """As the timer has it fetched, through three sandboxes into the daemon."""
    file = tmp_path / "countries.mmdb"
    if subprocess.run([MAKE, file, "145.97.0.0/16=NL"], check=False,
                      capture_output=True).returncode != 0:
        pytest.skip("libmaxmind-db-writer-perl is missing")
    machine.run("cloxxsctl", "key", "create", "/etc/cloxxs/cloxxs.key")
    machine.run("systemctl", "enable", "--now", "cloxxsd.socket",
                "cloxxsd.service")
    unit = "cloxxs-countries.service"

    def told():
        return machine.run("journalctl", "-o", "cat", "-u", unit).stdout

    assert machine.run("systemctl", "is-enabled", "cloxxs-countries.timer",
                       check=False).stdout == "disabled\n"
    # Who has it run, and says not from where, is told.
    assert machine.run("systemctl", "start", unit,
                       check=False).returncode != 0
    wait_until(lambda: "no source is configured" in told(), 30, "the verb")
    machine.run("sh", "-ec", "mkdir /root/served; "
                "base64 -d >/root/served/countries.mmdb",
                stdin=base64.b64encode(file.read_bytes()).decode())
    machine.run("systemd-run", "--unit=served", "/usr/bin/python3", "-m",
                "http.server", "--bind", "127.0.0.1", "--directory",
                "/root/served", "8081")
    machine.write("/etc/cloxxs/cloxxs-courier.conf.d/countries.conf",
                  COUNTRIES)
    machine.run("systemctl", "reload", "cloxxs-courier")
    machine.run("systemctl", "enable", "--now", "cloxxs-countries.timer")
    wait_until(lambda: machine.run("systemctl", "start", unit,
                                   check=False).returncode == 0,
               30, "the database")
    assert "in force:" in told()
    geoip = json.loads(machine.run("cloxxsctl", "geoip", "status",
                                   "--json").stdout)["geoip"]
    assert (geoip["state"], geoip["database"]["countries"]) == ("ok", 1)
    machine.run("systemctl", "start", unit)
    wait_until(lambda: "in force already:" in told(), 30, "the second")
    assert machine.shell("stat -c '%U %a' /var/lib/cloxxs-courier").stdout == \
        "_cloxxs-courier 711\n"


def test_purge(machine):
    machine.apt("purge", "cloxxs-courier")
    left = machine.shell("find /etc/cloxxs /etc/systemd /usr /run /var/lib "
                         "-name '*courier*' -o -name sms.d").stdout.split()
    # The drop-in and what stands in cloxxsd's package are not its own.
    assert [path for path in left if "varlink" not in path and
            "cloxxs-courier.service.d" not in path and
            "systemd/deb-systemd" not in path] == []
    assert machine.run("cloxxsctl", "version").returncode == 0
