# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the audit in the journal share: many records, what of them
is where, and journald's rate limit."""

import contextlib
import itertools
import json
import os
import pathlib
import pwd

import abuse
import cloxxs_world as world

AUDIT = "nl.cloxxs.Audit."
SERVICES = "[service accounts]\naccount = www-data\n"
USER = "anna"
PORTION = 256
ROW = {"service": "accounts", "user": USER, "action": "open", "result": "done"}
CONF = pathlib.Path("/etc/systemd/journald.conf.d/world.conf")
counter = itertools.count(1)


def configure():
    abuse.configure(abuse.CHEAP + SERVICES)
    abuse.temporary_user(USER, services=["accounts"])


def uid():
    return pwd.getpwnam(world.DAEMON_USER).pw_uid


def audit(method, **parameters):
    with abuse.Wire(timeout=60) as wire:
        return wire.call(AUDIT + method, parameters)


def rows(n, tag=""):
    return [{**ROW, "object": f"{tag}{next(counter)}"} for _ in range(n)]


def record(n):
    """n records; their numbers, first and last."""
    firsts, last = [], 0
    with abuse.Wire(timeout=60) as wire:
        for at in range(0, n, PORTION):
            reply = wire.call(AUDIT + "RecordMany", {
                "records": rows(min(PORTION, n - at))})
            firsts.append(reply["first"])
            last = reply["last"]
    return firsts[0], last


def handed_over(timeout=30):
    """Until journald took all there is, and the ledger knows that."""
    world.wait_until(lambda: abuse.admin("Status")["unpublished"] == 0,
                     timeout, "the records to be handed over")


def in_journal(*arguments):
    """Numbers of the records of cloxxsd that the journal has, one for each
    time."""
    world.run("journalctl", "--sync", check=False)
    out = world.run("journalctl", "-q", "--no-pager", "-o", "json",
                    "--output-fields=CLOXXS_SEQ", f"_UID={uid()}", *arguments,
                    check=False).stdout
    entries = (json.loads(line) for line in out.splitlines() if line)
    return [int(one["CLOXXS_SEQ"]) for one in entries if "CLOXXS_SEQ" in one]


def unseen():
    """From which number to which; None where the journal has all of them."""
    answer = audit("Unseen")
    return (answer["first"], answer["last"]) if answer["first"] else None


def confirm():
    """Looks once; how many records were lost."""
    handed_over()
    said = world.audit_confirm().stderr
    for word in said.split():
        if word.isdigit():
            return int(word)
    assert not said, said
    return 0


def confirm_all(rounds, pause=lambda: None):
    """Looks until all is seen; how many were lost on the way."""
    lost = 0
    for _ in range(rounds):
        now = confirm()
        lost += now
        # What is to be sent again waits for nobody to see it yet.
        if not now and not unseen():
            return lost
        pause()
    raise AssertionError(f"not seen after {rounds} times: {unseen()}")


def verify():
    """The last reply of a proof of the ledger."""
    return audit_stream("Verify")


def audit_stream(method, **parameters):
    with abuse.Wire(timeout=300) as wire:
        return wire.call(AUDIT + method, parameters, more=True)


def configure_journald(*lines):
    CONF.write_text("\n".join(["[Journal]", "Storage=volatile", "ReadKMsg=no",
                               "Audit=no", *lines, ""]))
    world.journald.restart()


class Unit:
    """cloxxsd in a control group as systemd has it, by which journald knows the
    unit, and counts how much it writes."""

    NAME = "cloxxsd.service"
    ROOT = pathlib.Path("/run/cgroup")
    EXPORTED = pathlib.Path("/run/systemd/units")

    def __init__(self):
        self.made = []

    def enter(self):
        """None, or why that cannot be."""
        self.ROOT.mkdir(exist_ok=True)
        if not os.path.ismount(self.ROOT) and world.run(
                "mount", "-t", "cgroup2", "cgroup2", str(self.ROOT),
                check=False).returncode != 0:
            return "no cgroup2 can be mounted here"
        group = self.ROOT
        try:
            for part in "system.slice", self.NAME:
                group = group / part
                if not group.exists():
                    group.mkdir()
                    self.made.append(group)
            (group / "cgroup.procs").write_text(str(world.cloxxsd.pid()))
        except OSError as error:
            return f"no control group can be made here: {error}"
        return None

    def export(self):
        """What systemd tells journald of the unit: no number that is 0."""
        self.EXPORTED.mkdir(exist_ok=True)
        for option, name, unit in (
                ("LogRateLimitIntervalSec", "interval", 1000000),
                ("LogRateLimitBurst", "burst", 1)):
            value = self.option(option)
            link = self.EXPORTED / f"log-rate-limit-{name}:{self.NAME}"
            link.unlink(missing_ok=True)
            if value:
                os.symlink(str(value * unit), link)

    def option(self, name):
        lines = pathlib.Path(
            f"/usr/lib/systemd/system/{self.NAME}").read_text().splitlines()
        values = [line.partition("=")[2] for line in lines
                  if line.startswith(name + "=")]
        return int(values[-1].removesuffix("s")) if values else 0

    def leave(self):
        world.cloxxsd.restart()
        for link in self.EXPORTED.glob("log-rate-limit-*"):
            link.unlink()
        for group in reversed(self.made):
            with contextlib.suppress(OSError):
                group.rmdir()
