# SPDX-License-Identifier: GPL-3.0-or-later
"""The country database: how one comes in, and what never replaces one."""

import os
import pathlib
import shutil
import subprocess
import threading
import time

import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import cloxxsctl, cloxxsctl_json, run

FILES = pathlib.Path("/run/geoip")
OWN = pathlib.Path("/var/lib/cloxxs/private/country.mmdb")
MAKE = "/src/tests/world/country_database"
DAY = 86400

pytestmark = pytest.mark.skipif(
    subprocess.run(["perl", "-MMaxMind::DB::Writer::Tree", "-e", "1"],
                   capture_output=True, check=False).returncode != 0,
    reason="libmaxmind-db-writer-perl is missing")


@pytest.fixture(autouse=True)
def place():
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir(mode=0o700)
    if not abuse.CONFIG.exists():
        abuse.configure()
    yield
    OWN.unlink(missing_ok=True)
    world.cloxxsd.restart()


def make(name, *rows):
    path = FILES / name
    run(MAKE, *[row for row in rows if row.startswith("--")], path,
        *[row for row in rows if not row.startswith("--")])
    return str(path)


def take(name, *rows):
    return cloxxsctl("geoip", "import", make(name, *rows))


def country(address):
    return cloxxsctl_json("geoip", "lookup", address)["country"]


def refused(path, words):
    done = cloxxsctl("geoip", "import", path, check=False)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr and "nothing was changed" in done.stderr
    return done


def test_both_schemas_abuse_60():
    assert "no country database" in cloxxsctl("geoip", "status").stdout
    assert "no country database" in cloxxsctl("status").stdout
    since = world.cursor()
    done = take("a.mmdb", "145.97.0.0/16=NL", "2001:610::/32=NL",
                "198.51.100.0/24=DE", "25.0.0.0/8=GB", "62.0.0.0/16=EU",
                "62.1.0.0/16=A1", "fd00::/8=NL", "10.0.0.0/8=NL")
    assert "Test-Country" in done.stdout and "country.iso_code" in done.stdout
    assert [country(address) for address in (
        "145.97.20.1", "::ffff:145.97.20.1", "0:0:0:0:0:ffff:9161:1401",
        "64:ff9b::145.97.20.1", "2001:610::1", "198.51.100.9", "25.0.0.1",
    )] == ["NL"] * 5 + ["DE", "GB"]
    # No record, a code that is no country, no address of the Internet.
    assert [country(address) for address in (
        "203.0.113.5", "2a00::1", "62.0.0.1", "62.1.0.1", "fd00::1",
        "10.0.0.1", "64:ff9b::10.0.0.1", "2002:9161:1401::1", "127.0.0.1",
        "fe80::1%eth0")] == [None] * 10
    assert "no address of the Internet" in cloxxsctl(
        "geoip", "lookup", "10.0.0.1").stdout
    [record] = abuse.events(since, event="geo-database-imported")
    assert record["CLOXXS_ACTOR"] == "root"
    take("b.mmdb", "--flat", "--ipv4", "145.97.0.0/16=BE")
    assert country("145.97.20.1") == "BE"
    # IPv4 alone: of an IPv6 address nothing is known, and nothing fails.
    assert country("2001:610::1") is None
    take("c.mmdb", "145.97.0.0/16=NL")
    for address in "203.0.113.005", "3405803781", "0x7f.1", "10.1", "host":
        done = cloxxsctl("geoip", "lookup", address, check=False)
        assert done.returncode == 2 and "numeric address" in done.stderr


def test_only_registered_is_no_country_abuse_60():
    path = make("r.mmdb", "--registered", "145.97.0.0/16=NL")
    refused(path, "holds no countries")


def test_what_is_no_database_abuse_43():
    take("a.mmdb", "145.97.0.0/16=NL")
    kept = OWN.read_bytes()
    since = world.cursor()
    sound = pathlib.Path(make("b.mmdb", "145.97.0.0/16=DE")).read_bytes()
    for name, data, words in (
            ("garbage", os.urandom(100000), "is no country database"),
            ("cut", sound[:len(sound) // 2], "is no country database"),
            ("zip", b"PK\x03\x04" + sound, "ZIP archive"),
            ("gzip", b"\x1f\x8b\x08" + sound, "gunzip"),
            ("page", b"<!DOCTYPE html>\n<html>", "web page")):
        (FILES / name).write_bytes(data)
        refused(str(FILES / name), words)
    assert len(abuse.events(
        since, event="geo-database-refused")) == 5
    with open(FILES / "huge", "wb") as file:
        file.truncate(200 << 20)
    refused(str(FILES / "huge"), "128 MiB")
    (FILES / "empty").touch()
    os.mkfifo(FILES / "fifo")
    for name in "empty", "fifo":
        done = cloxxsctl("geoip", "import", str(FILES / name), check=False)
        assert done.returncode == 2 and "not a file" in done.stderr
    done = cloxxsctl("geoip", "import", "/nowhere", check=False)
    assert done.returncode == 3
    assert cloxxsctl("geoip", "import", str(FILES), check=False).returncode
    assert OWN.read_bytes() == kept and country("145.97.20.1") == "NL"
    assert not OWN.with_suffix(".mmdb.new").exists()


def test_old_and_future_abuse_43():
    take("a.mmdb", "145.97.0.0/16=NL")
    now = int(time.time())
    refused(make("old.mmdb", f"--built={now - 46 * DAY}", "145.97.0.0/16=DE"),
            "was built 46 days ago")
    refused(make("new.mmdb", f"--built={now + 2 * DAY}", "145.97.0.0/16=DE"),
            "in the future")
    assert country("145.97.20.1") == "NL"


def test_it_stays_and_ages_abuse_43():
    """Old at the start, damaged, missing: it starts, and says so."""
    now = int(time.time())
    take("a.mmdb", f"--built={now - 44 * DAY}", "145.97.0.0/16=NL")
    world.cloxxsd.restart()
    assert country("145.97.20.1") == "NL"
    status = OWN.stat()
    assert status.st_mode & 0o7777 == 0o600
    since = world.cursor()
    with abuse.clock_ahead(2 * DAY):
        assert cloxxsctl_json("geoip", "status")["geoip"]["state"] == "old"
        lookup = cloxxsctl_json("geoip", "lookup", "145.97.20.1")
        assert (lookup["state"], lookup["country"]) == ("old", None)
        assert "too old" in cloxxsctl("status").stdout
    assert abuse.events(since, event="geo-database-old")
    assert country("145.97.20.1") == "NL"
    # The daemon has its own in memory: who cuts the file changes nothing yet.
    os.truncate(OWN, 100)
    assert country("145.97.20.1") == "NL"
    since = world.cursor()
    world.cloxxsd.restart()
    geoip = cloxxsctl_json("geoip", "status")["geoip"]
    assert geoip["state"] == "missing" and "no country" in geoip["fault"]
    assert abuse.events(since, event="geo-database-refused")
    take("b.mmdb", "145.97.0.0/16=NL")
    assert country("145.97.20.1") == "NL"


def test_exchanged_under_logins_abuse_43(user):
    """Databases come and go while 1000 logins run: each gets its answer."""
    paths = [make("a.mmdb", "145.97.0.0/16=NL", "198.51.100.0/24=NL"),
             make("b.mmdb", "--flat", "145.97.0.0/16=NL",
                  "198.51.100.0/24=DE")]
    abuse.make_user(user)
    cloxxsctl("geoip", "import", paths[0])
    ended = threading.Event()
    seen, verdicts = set(), []

    def exchange():
        i = 0
        while not ended.is_set():
            i += 1
            cloxxsctl("geoip", "import", paths[i % 2])
            seen.add(country("198.51.100.1"))

    def logins():
        for _ in range(250):
            verdicts.append(abuse.verdict(user, abuse.STRONG,
                                          address="145.97.20.1"))

    exchanger = threading.Thread(target=exchange)
    exchanger.start()
    threads = [threading.Thread(target=logins) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended.set()
    exchanger.join()
    assert len(verdicts) == 1000 and None not in verdicts
    assert set(verdicts) == {"allow"}
    assert seen == {"NL", "DE"}
    abuse.integrity()


def test_an_import_that_breaks_off_leaves_nothing():
    take("a.mmdb", "145.97.0.0/16=NL")
    with abuse.Wire() as wire:
        wire.call("nl.cloxxs.Admin.GeoipBegin", {"bytes": 5000})
        wire.call("nl.cloxxs.Admin.GeoipPut", {"data": "AAAA"})
        assert OWN.with_suffix(".mmdb.new").stat().st_size == 3
    world.wait_until(
        lambda: not OWN.with_suffix(".mmdb.new").exists(),
        what="the half-written file goes")
    assert country("145.97.20.1") == "NL"
