#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shipped for those who watch: rules, dashboard and filters name what
there is, and the programs that they are for take them."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

try:
    import pytest
except ImportError:
    print("SKIP: python3-pytest is missing")
    sys.exit(77)

SRC = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", ".")).resolve()
FILES = SRC / "system" / "monitoring"
ROWS = re.findall(
    r'\[METRIC_\w+\] = \{\s*"(\w+)",\s*METRIC_(\w+),\s*"\w*",\s*\{([^}]*)\}',
    (SRC / "cloxxsd/metrics/metric.c").read_text())
SUFFIXES = {"GAUGE": [""], "COUNTER": ["_total"],
            "HISTOGRAM": ["_bucket", "_sum", "_count"]}
LABELS = {name + suffix: re.findall(r'"(\w+)"', labels)
          for name, kind, labels in ROWS for suffix in SUFFIXES[kind]}
EVENTS = set(re.findall(r'\{\s*"([a-z-]+)",\s*"[0-9a-f]{32}"',
                        (SRC / "cloxxsd/audit/event.c").read_text()))
REASONS = set(re.findall(r'\[REASON_\w+\] = \{ "([a-z-]+)"',
                         (SRC / "policy/reason.c").read_text()))

# The line as cloxxs-events(7) promises it, and the address that it is about.
GUESSES = [
    ("login-denied: user=piet service=sshd address=203.0.113.7 result=denied "
     'reason=wrong-password reference=ABCD-1234 details="country=NL"',
     "203.0.113.7"),
    ("login-denied: user=piet service=sshd address=2001:db8::7 result=denied "
     "reason=no-password reference=ABCD-1234", "2001:db8::7"),
    ("account-denied: user=piet actor=root service=sshd address=203.0.113.7 "
     "result=denied reason=unknown-user reference=ABCD-1234", "203.0.113.7"),
    # What is typed as a name is no address.
    ('login-denied: user="x service=sshd address=192.0.2.9 result=denied '
     'reason=wrong-password" service=sshd address=203.0.113.7 result=denied '
     "reason=unknown-user reference=ABCD-1234", "203.0.113.7"),
    ('login-denied: user="x\\" service=sshd address=192.0.2.9 result=denied '
     'reason=wrong-password" service=sshd address=203.0.113.7 result=denied '
     "reason=unknown-user reference=ABCD-1234", "203.0.113.7"),
]
OTHERS = [
    "login-allowed: user=piet service=sshd address=203.0.113.7 result=allowed "
    "reason=password-verified",
    "login-denied: user=piet service=sshd address=203.0.113.7 result=denied "
    "reason=outside-hours reference=ABCD-1234",
    "login-denied: user=piet service=login result=denied "
    "reason=wrong-password reference=ABCD-1234",
    'login-denied: user="x service=sshd address=192.0.2.9 result=denied '
    'reason=no-password details=" service=login result=denied '
    'reason=wrong-password reference=ABCD-1234 details="password=short"',
    'action: user=piet service=app action=x object="login-denied: user=y '
    'service=sshd address=192.0.2.9 result=denied reason=no-password"',
    # Whom somebody else locked out.
    "account-denied: user=piet actor=root service=sshd address=203.0.113.7 "
    "result=denied reason=locked reference=ABCD-1234",
]
# What an application says, which may name any address.
OF_APPLICATION = [
    "login-denied: user=piet service=app address=203.0.113.7 result=denied "
    "reason=wrong-password reference=ABCD-1234",
    "address-throttled: user=- actor=cloxxsd service=app address=203.0.113.7 "
    "result=done reason=throttled reference=ABCD-1234",
]
THROTTLED = ("address-throttled: user=- actor=cloxxsd service=sshd "
             "address=203.0.113.7 result=done reason=throttled "
             'reference=ABCD-1234 details="source=203.0.113.7 wait=1s"')


def names_in(text):
    return set(re.findall(r"\bcloxxs_\w+", text))


def expressions():
    dashboard = json.loads((FILES / "grafana-dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    rules = (FILES / "prometheus-rules.yml").read_text()
    yield from re.findall(r"^\s+expr: (.*)$", rules, re.M)


def test_the_table_is_read():
    assert len(ROWS) > 20 and len(EVENTS) > 60 and len(REASONS) > 40


def test_metrics_exist():
    used = set()
    for expression in expressions():
        used |= names_in(expression)
    assert used and not used - set(LABELS)
    # Each is on the dashboard or in a rule, but for what nobody watches.
    assert set(LABELS) - used <= {
        "cloxxs_hash_duration_seconds_sum", "cloxxs_hash_duration_seconds_count",
        "cloxxs_projects", "cloxxs_grants", "cloxxs_ledger_records",
        "cloxxs_courier_accepted_timestamp_seconds"}


def test_labels_exist():
    given = {"instance", "le"}
    for expression in expressions():
        for name, labels in re.findall(r"\b(cloxxs_\w+)\{([^}]*)\}",
                                       expression):
            for label in re.findall(r'(\w+)\s*[=!]~?"', labels):
                assert label in LABELS[name] or label in given, expression
        for by in re.findall(r"\bby \(([^)]*)\)", expression):
            known = {label for name in names_in(expression)
                     for label in LABELS[name]} | given
            assert set(re.split(r",\s*", by)) <= known, expression


def test_values_exist():
    text = (FILES / "prometheus-rules.yml").read_text()
    for values in re.findall(r'event=~?"([^"]+)"', text):
        assert set(values.split("|")) <= EVENTS
    for value in re.findall(r'reason="([^"]+)"', text):
        assert value in REASONS
    for name in "fail2ban-filter.conf", "crowdsec-scenario.yaml":
        text = (FILES / name).read_text()
        found = re.search(r"_guess = \(\?:([^)]*)\)", text)
        values = (found.group(1).split("|") if found else
                  re.findall(r"'([a-z-]+)'",
                             text.split("cloxxs_reason in")[1]))
        assert values and set(values) <= REASONS


def test_dashboard_is_whole():
    dashboard = json.loads((FILES / "grafana-dashboard.json").read_text())
    assert dashboard["uid"] == "cloxxs"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken
        taken |= cells


def test_promtool_takes_the_rules():
    if not shutil.which("promtool"):
        pytest.skip("prometheus is missing")
    done = subprocess.run(["promtool", "check", "rules",
                           FILES / "prometheus-rules.yml"],
                          capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def journal_line(message):
    return f"Nov 28 21:05:33 gate cloxxsd[42]: {message}"


def matched(tmp_path, lines, options=""):
    """Of these lines, which fail2ban takes for one, and their addresses."""
    log = tmp_path / "log"
    log.write_text("".join(journal_line(line) + "\n" for line in lines))
    # Beside what it includes, as it is installed.
    for path, name in ((FILES / "fail2ban-filter.conf", "cloxxs.conf"),
                       (pathlib.Path("/etc/fail2ban/filter.d/common.conf"),
                        "common.conf")):
        shutil.copy(path, tmp_path / name)
    done = subprocess.run(
        ["fail2ban-regex", "--verbosity=1", "--print-all-matched", log,
         f"{tmp_path}/cloxxs.conf{options}"],
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    total = re.search(r"Lines: (\d+) lines, \d+ ignored, (\d+) matched",
                      done.stdout)
    assert total and int(total.group(1)) == len(lines), done.stdout
    addresses = re.findall(r"^\|\s+(\S+)\s{2}\w{3} \w{3} ", done.stdout, re.M)
    return int(total.group(2)), addresses


def test_fail2ban_finds_who_guesses(tmp_path):
    if not shutil.which("fail2ban-regex"):
        pytest.skip("fail2ban is missing")
    lines = [line for line, _ in GUESSES] + [THROTTLED]
    n, addresses = matched(tmp_path, lines)
    assert n == len(lines)
    assert sorted(addresses) == sorted([address for _, address in GUESSES] +
                                       ["203.0.113.7"])
    assert matched(tmp_path, OTHERS)[0] == 0


def test_a_jail_counts_one_service(tmp_path):
    if not shutil.which("fail2ban-regex"):
        pytest.skip("fail2ban is missing")
    assert matched(tmp_path, OF_APPLICATION)[0] == 0
    jail = (FILES / "fail2ban-jail.conf").read_text()
    option = re.search(r"^#filter = cloxxs(\[.*\])$", jail, re.M).group(1)
    assert matched(tmp_path, OF_APPLICATION, option)[0] == len(OF_APPLICATION)
    assert matched(tmp_path, [line for line, _ in GUESSES], option)[0] == 0


def test_each_jail_has_its_ports():
    text = (FILES / "fail2ban-jail.conf").read_text()
    jails = re.split(r"^#?\[", text, flags=re.M)[1:]
    assert len(jails) == 2
    for jail in jails:
        assert re.search(r"^#?port = \w", jail, re.M), jail
        assert re.search(r"^#?backend = systemd$", jail, re.M), jail
    manual = (SRC / "man" / "cloxxs-metrics.7").read_text()
    assert "\n".join(line.lstrip("#") for line in
                     jails[1].rstrip().splitlines()[1:]) in manual


def journal_match():
    text = (FILES / "fail2ban-filter.conf").read_text()
    return re.search(r"^journalmatch = (.*)$", text, re.M).group(1).split()


def test_what_is_read_is_of_the_unit():
    # Each must hold: one "+" would make it either.
    assert journal_match() == ["_SYSTEMD_UNIT=cloxxsd.service",
                               "SYSLOG_IDENTIFIER=cloxxsd"]
    line = 'journalctl_filter: ["_SYSTEMD_UNIT=cloxxsd.service"]'
    for path in FILES / "crowdsec-parser.yaml", SRC / "man/cloxxs-metrics.7":
        text = path.read_text()
        assert re.findall("journalctl_filter: .*", text) == [line], path


# As journald would have them: what begins with "_" it says itself.
RECORDS = [
    {"_SYSTEMD_UNIT": "cloxxsd.service", "MESSAGE": GUESSES[0][0]},
    # logger -t cloxxsd, in a session and in a unit of a user's own.
    {"_SYSTEMD_UNIT": "session-3.scope", "MESSAGE": "forged"},
    {"_SYSTEMD_UNIT": "user@1000.service", "MESSAGE": "forged",
     "_SYSTEMD_USER_UNIT": "cloxxsd.service", "UNIT": "cloxxsd.service"},
    {"MESSAGE": "forged"},
]


def test_forged_lines_are_not_read(tmp_path):
    remote = next((path for path in ("/usr/lib/systemd/systemd-journal-remote",
                                     "/lib/systemd/systemd-journal-remote")
                   if os.path.exists(path)), None)
    if not remote:
        pytest.skip("systemd-journal-remote is missing")
    exported = "".join("\n".join(
        [f"__REALTIME_TIMESTAMP={1700000000000000 + i}",
         f"__MONOTONIC_TIMESTAMP={1000 + i}", "_BOOT_ID=" + "1" * 32,
         "SYSLOG_IDENTIFIER=cloxxsd",
         *(f"{name}={value}" for name, value in record.items())]) + "\n\n"
        for i, record in enumerate(RECORDS))
    subprocess.run([remote, "-o", tmp_path / "a.journal", "-"], input=exported,
                   text=True, capture_output=True, check=True, timeout=60)

    def read(*matches):
        return subprocess.run(
            ["journalctl", "--file", tmp_path / "a.journal", "-o", "cat",
             *matches], text=True, capture_output=True, check=True,
            timeout=60).stdout.splitlines()

    assert len(read("SYSLOG_IDENTIFIER=cloxxsd")) == len(RECORDS)
    assert read(*journal_match()) == [GUESSES[0][0]]


def test_crowdsec_finds_the_address():
    text = (FILES / "crowdsec-parser.yaml").read_text()
    pattern = re.search(r"pattern: '(.*)'$", text, re.M).group(1)
    for line, address in GUESSES:
        found = re.match(pattern, line)
        assert found and found.group("source_ip") == address, line
        assert found.group("cloxxs_reason") in REASONS
    for line in OTHERS[0], OTHERS[2], OTHERS[3], OTHERS[4]:
        assert not re.match(pattern, line), line
    for line in OF_APPLICATION[:1]:
        assert re.match(pattern, line).group("cloxxs_service") == "app"
    # It bans from the whole host.
    assert "evt.Meta.cloxxs_service == 'sshd'" in \
        (FILES / "crowdsec-scenario.yaml").read_text()


def test_yaml():
    yaml = pytest.importorskip("yaml", reason="python3-yaml is missing")
    for path in list(FILES.glob("*.yaml")) + list(FILES.glob("*.yml")):
        assert isinstance(yaml.safe_load(path.read_text()), dict)


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
