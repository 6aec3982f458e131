# SPDX-License-Identifier: GPL-3.0-or-later
"""systemctl for a world without systemd: what setup and the doctor ask of it.

The units are the world's own services; what is enabled stands in a directory.
"""

import pathlib
import signal
import sys

sys.path.insert(0, "/src/tests/world")
import cloxxs_world as world  # noqa: E402

ENABLED = pathlib.Path("/run/world-enabled")
HARDENING = {
    "NoNewPrivileges": "yes", "PrivateNetwork": "yes",
    "ProtectSystem": "strict", "ProtectHome": "yes",
    "MemoryDenyWriteExecute": "yes", "RestrictSUIDSGID": "yes",
    "CapabilityBoundingSet": "", "LimitCORE": "0", "User": "_cloxxs",
    "WatchdogUSec": "30s"}


class Timer:
    """No more of one than whether it runs."""

    def __init__(self, name):
        self.mark = pathlib.Path(f"/run/world-{name}.pid")

    def pid(self):
        return int(self.mark.read_text()) if self.mark.exists() else None

    def start(self):
        self.mark.write_text("1\n")

    def stop(self):
        self.mark.unlink(missing_ok=True)


SERVICES = {"cloxxs-backup.timer": Timer("cloxxs-backup"),
            "cloxxs-audit-confirm.timer": Timer("cloxxs-audit-confirm"),
            "cloxxsd.service": world.cloxxsd, "cloxxsd.socket": world.cloxxsd,
            "ssh.service": world.sshd}


def active(unit):
    return "active" if SERVICES[unit].pid() else "inactive"


def enabled(unit):
    return "enabled" if (ENABLED / unit).exists() else "disabled"


def main(arguments):
    ENABLED.mkdir(exist_ok=True)
    verb, *words = arguments
    units = [word for word in words if word in SERVICES]
    for unit in units:
        if verb == "enable":
            (ENABLED / unit).touch()
        if verb == "disable":
            (ENABLED / unit).unlink(missing_ok=True)
        if verb == "start" or "--now" in words:
            SERVICES[unit].start()
        if verb == "stop":
            SERVICES[unit].stop()
        if verb == "reload":
            SERVICES[unit].send(signal.SIGHUP)
        if verb == "show":
            print("LoadState=loaded", f"ActiveState={active(unit)}",
                  f"UnitFileState={enabled(unit)}", "Result=success",
                  "NeedDaemonReload=no", "DropInPaths=", sep="\n")
            if unit == "cloxxsd.service":
                print(*(f"{key}={value}" for key, value in HARDENING.items()),
                      sep="\n")
    return 0


sys.exit(main(sys.argv[1:]))
