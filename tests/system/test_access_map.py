# SPDX-License-Identifier: GPL-3.0-or-later
"""Where access maps stand, and that none outlives the start of the host."""

import pathlib
import stat

import cloxxs_world as world

ACCESS = world.STATE / "access"
TMPFILES = "/usr/lib/tmpfiles.d/cloxxs.conf"


def test_directory_can_be_passed_and_not_listed():
    world.run("systemd-tmpfiles", "--create", TMPFILES)
    status = ACCESS.stat()
    assert stat.S_IMODE(status.st_mode) == 0o711
    assert status.st_uid == world.STATE.stat().st_uid != 0


def test_maps_of_before_a_crash_are_removed():
    world.run("systemd-tmpfiles", "--create", TMPFILES)
    left = [ACCESS / name for name in ("of-before.map", "of-before.map.new",
                                       "of-before.map.grow")]
    for path in left:
        path.write_bytes(b"what was revoked since")
    kept = pathlib.Path(ACCESS / "of-before.txt")
    kept.write_bytes(b"")
    # Not while the host runs: the packages do this when they are installed.
    world.run("systemd-tmpfiles", "--remove", TMPFILES)
    assert all(path.exists() for path in left)
    world.run("systemd-tmpfiles", "--remove", "--boot", TMPFILES)
    assert not any(path.exists() for path in left)
    kept.unlink()
