# SPDX-License-Identifier: GPL-3.0-or-later
"""Country databases that nobody brings: the courier fetches them from a server
of HTTPS, and cloxxsd takes those in that are like the one in force."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import threading
import time

import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import cloxxsctl, cloxxsctl_json, run

sys.path.insert(0, "/src/tests/unit")
from courier_rig import Gateway, make_certificates  # noqa: E402

CONFIG = pathlib.Path("/etc/cloxxs/cloxxs-courier.conf")
FENCE = world.CONF / "cloxxsd.conf.d/20-countries.conf"
FILES = pathlib.Path("/run/countries")
OWN = pathlib.Path("/var/lib/cloxxs/private/country.mmdb")
FETCHED = world.courier.STATE / "countries.mmdb"
MAKE = "/src/tests/world/country_database"
DUTCH, FOREIGN = "145.97.20.1", "198.51.100.9"
KEY = "s3cret-l1cence-canary"
DAY = 86400
# Like a real one in that some of its networks are large.
LARGE = ["145.0.0.0/8=NL", "2a00::/12=NL", "25.0.0.0/8=GB"]

pytestmark = pytest.mark.skipif(
    subprocess.run(["perl", "-MMaxMind::DB::Writer::Tree", "-e", "1"],
                   capture_output=True, check=False).returncode != 0,
    reason="libmaxmind-db-writer-perl is missing")


@pytest.fixture(scope="module", name="certificates")
def certificates_fixture():
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir(mode=0o755)
    make_certificates(FILES)
    (FILES / "ca.crt").chmod(0o644)
    return FILES


@pytest.fixture(autouse=True)
def place():
    if not abuse.CONFIG.exists():
        abuse.configure()
    FENCE.write_text("[geofence]\ncountries = NL\n")
    world.cloxxsd.restart()
    yield
    FENCE.unlink()
    world.courier.stop()
    CONFIG.unlink(missing_ok=True)
    shutil.rmtree(world.courier.STATE, ignore_errors=True)
    OWN.unlink(missing_ok=True)
    world.cloxxsd.restart()


def make(*rows, days=1):
    path = FILES / "made.mmdb"
    built = int(time.time()) - days * DAY
    run(MAKE, f"--built={built}", path, *rows)
    return path.read_bytes()


@contextlib.contextmanager
def provider(certificates, data, source="url", *keys):
    """One that gives data, and the courier that fetches from it."""
    server = Gateway((200, data), (certificates / "good.crt",
                                   certificates / "good.key"))
    world.courier.stop()
    world.courier.secrets = {"key": KEY + "\n"}
    CONFIG.write_text("\n".join([
        "[countries]", f"source = {source}", "location = here, in a test",
        f"url = https://localhost:{server.port}/database",
        f"ca = {certificates}/ca.crt", *keys, ""]))
    world.courier.start()
    try:
        yield server
    finally:
        server.close()
        world.courier.secrets = {}


def country(address):
    return cloxxsctl_json("geoip", "lookup", address)["country"]


def update(words):
    done = cloxxsctl("geoip", "update")
    assert words in done.stdout, done.stdout
    return done.stdout


def refused(words):
    kept, since = OWN.read_bytes(), world.cursor()
    done = cloxxsctl("geoip", "update", check=False)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert words in done.stderr and "nothing was changed" in done.stderr
    assert "cloxxsctl geoip import FILE" in done.stderr
    assert OWN.read_bytes() == kept
    [record] = abuse.events(since, event="geo-database-refused")
    assert words in record["CLOXXS_DETAILS"]
    assert "fetched=url" in record["CLOXXS_DETAILS"]
    return record


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_adopted(certificates, user):
    """From nothing to a fence, which moves with the next database."""
    data = make(*LARGE, "198.51.100.0/24=NL", days=3)
    abuse.make_user(user)
    with provider(certificates, gzip.compress(data)) as server:
        since = world.cursor()
        said = update("Fetched from url (here, in a test), and in force:")
        assert "Test-Country" in said
        [record] = abuse.events(since, event="geo-database-imported")
        assert record["CLOXXS_ACTOR"] == "root"
        assert record["CLOXXS_DETAILS"].endswith(
            f"fetched=url sha256={sha256(data)}")
        assert FETCHED.read_bytes() == OWN.read_bytes() == data
        for address in DUTCH, FOREIGN:
            assert abuse.verdict(user, abuse.STRONG,
                                 address=address) == "allow"
        # The same once more: nothing is recorded.
        since, before = world.cursor(), OWN.stat()
        update("and in force already:")
        assert abuse.events(since, event="geo-database-imported") == []
        assert OWN.stat().st_mtime_ns == before.st_mtime_ns
        # Somebody moved abroad.
        data = make(*LARGE, "198.51.100.0/24=DE", days=2)
        server.answer = (200, data)
        reply = cloxxsctl_json("geoip", "update")
        assert reply["changed"] is True
        assert reply["geoip"]["database"]["sha256"] == sha256(data)
        assert reply["fetched"]["sha256"] == sha256(data)
        assert reply["fetched"]["source"] == "url"
        assert country(FOREIGN) == "DE"
        assert abuse.verdict(user, abuse.STRONG, address=DUTCH) == "allow"
        since = world.cursor()
        assert abuse.verdict(user, abuse.STRONG, address=FOREIGN) == "deny"
        assert abuse.events(since, user=user)[-1]["CLOXXS_REASON"] == \
            "country-not-allowed"
    abuse.integrity()


def test_abuse_43_what_is_not_like_it(certificates):
    """Older, shrunken, or with others in it: refused, until a man looked."""
    many = [f"198.51.{i}.0/24=DE" for i in range(0, 200, 2)]
    with provider(certificates, make(*LARGE, *many, days=3)) as server:
        update("and in force:")
        server.answer = (200, make(*LARGE, *many, days=4))
        refused("is older than the one in force")
        server.answer = (200, make(*LARGE, days=1))
        record = refused("has lost much: it holds")
        assert f"sha256={sha256(server.answer[1])}" in \
            record["CLOXXS_DETAILS"]
        # A neighbour becomes Dutch, and the Dutch become somebody else.
        for change in (["145.0.0.0/8=NL", "25.0.0.0/8=NL", LARGE[1]],
                       ["145.0.0.0/8=GB", "25.0.0.0/8=NL", LARGE[1]],
                       ["145.0.0.0/9=NL", "145.128.0.0/9=DE", LARGE[1]]):
            server.answer = (200, make(*change, *many, days=1))
            refused("lets in others by their country: of ")
        server.answer = (200, make(LARGE[0], "2a00::/13=NL", *many, days=1))
        refused("addresses of IPv6")
        assert country("25.0.0.1") == "GB"
        # Some of it is as it goes.
        data = make("145.0.0.0/8=NL", "25.0.0.0/12=NL", LARGE[1], *many)
        server.answer = (200, data)
        update("and in force:")
        # By hand anything goes.
        data = make(*LARGE, days=5)
        server.answer = (200, data)
        refused("is older than the one in force")
        cloxxsctl("geoip", "import", str(FETCHED))
        assert OWN.read_bytes() == data
        update("and in force already:")


def test_abuse_43_what_is_no_country_database(certificates):
    good = make(*LARGE)
    with provider(certificates, good) as server:
        update("and in force:")
        kept = FETCHED.read_bytes()
        # The courier sees that it is none; or only the daemon does.
        server.answer = (200, "<html>sign in</html>")
        done = cloxxsctl("geoip", "update", check=False)
        assert done.returncode == 1
        assert "nothing was fetched: what came is no country database" in \
            done.stderr
        assert FETCHED.read_bytes() == OWN.read_bytes() == kept
        since = world.cursor()
        server.answer = (200, os.urandom(5000) + b"\xab\xcd\xefMaxMind.com")
        done = cloxxsctl("geoip", "update", check=False)
        assert done.returncode == 2 and "no country database" in done.stderr
        [record] = abuse.events(since, event="geo-database-refused")
        assert "fetched=url" in record["CLOXXS_DETAILS"]
        assert OWN.read_bytes() == kept
        server.answer = (200, make(*LARGE, days=46))
        done = cloxxsctl("geoip", "update", check=False)
        assert done.returncode == 2 and "built 46 days ago" in done.stderr


def test_maxmind_abuse_51(certificates):
    """With an account; the key stands nowhere."""
    out = io.BytesIO()
    data = make(*LARGE)
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        member = tarfile.TarInfo("GeoLite2-Country_20261124/"
                                 "GeoLite2-Country.mmdb")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    packed = out.getvalue()

    def answer(_handler, request):
        if "Basic" not in request.headers.get("Authorization", ""):
            return 401, KEY
        return (200, sha256(packed)) if "sha256" in request.path \
            else (200, packed)

    with provider(certificates, b"", "maxmind", "account = 1",
                  "key = credential:key") as server:
        server.answer = answer
        update("Fetched from maxmind")
        told = b"".join(
            pathlib.Path(f"/proc/{world.courier.pid()}/{name}").read_bytes()
            for name in ("cmdline", "environ"))
        server.answer = (401, KEY)
        done = cloxxsctl("geoip", "update", check=False)
        assert "it does not take our key" in done.stderr

    def journal():
        return world.run("journalctl", "--output=export", "--no-pager",
                         "--all").stdout

    world.wait_until(lambda: "country database: of maxmind: failed: its "
                     "checksum: HTTP 401" in journal(), 30, "the journal")
    entries = journal()
    assert f"country database: of maxmind: fetched, sha256 {sha256(data)}" \
        in entries
    log = pathlib.Path("/run/world.log").read_text(errors="replace")
    kept = b"".join(path.read_bytes()
                    for path in world.courier.STATE.iterdir())
    for text in entries, log, done.stderr:
        assert KEY not in text and "suffix=" not in text
    assert KEY.encode() not in told + kept


def test_without_capabilities(certificates):
    """As its unit runs it: root by the uid, and nothing more of it."""
    with provider(certificates, make(*LARGE)):
        done = run("setpriv", "--bounding-set=-all", "--inh-caps=-all",
                   "--no-new-privs", "cloxxsctl", "geoip", "update")
        assert "and in force:" in done.stdout


def test_only_root(certificates, user):
    abuse.make_user(user)
    with provider(certificates, make(*LARGE)) as server:
        done = run("setpriv", "--reuid", "nobody", "--regid", "nogroup",
                   "--clear-groups", "cloxxsctl", "geoip", "update",
                   check=False)
        assert done.returncode != 0 and "permission denied" in done.stderr
        # Whom the socket lets through is not root yet: cloxxsd itself.
        done = run("setpriv", "--reuid", world.DAEMON_USER, "--regid",
                   world.DAEMON_USER, "--clear-groups", "cloxxsctl", "geoip",
                   "update", check=False)
        assert done.returncode != 0 and "permission denied" in done.stderr
        assert server.requests == []


def serve(answer):
    """A courier that was taken over: it says what it likes, once."""
    world.courier.stop()
    listener = world.courier.listen()

    def speak():
        connection = listener.accept()[0]
        with connection:
            connection.recv(65536)
            connection.sendall(json.dumps(
                {"parameters": answer}).encode() + b"\0")
            connection.recv(1)

    thread = threading.Thread(target=speak, daemon=True)
    thread.start()
    return listener, thread


def test_courier_taken_over(certificates):
    """It names no other file to root than its own, and no file of others."""
    data = make(*LARGE)
    with provider(certificates, data):
        update("and in force:")
    hard = pathlib.Path("/var/lib/of-root")
    hard.write_bytes(make(*LARGE, days=0))
    world.courier.prepare()
    for path, prepare in (
            ("/etc/shadow", lambda: None),
            (f"{FETCHED}/../../of-root", lambda: None),
            (str(FETCHED), lambda: FETCHED.symlink_to(hard)),
            (str(FETCHED), lambda: os.link(hard, FETCHED)),
            (str(FETCHED), lambda: os.mkfifo(FETCHED)),
            (str(FETCHED), FETCHED.mkdir)):
        if FETCHED.is_dir():
            FETCHED.rmdir()
        FETCHED.unlink(missing_ok=True)
        prepare()
        listener, thread = serve({"result": "fetched", "source": "url",
                                  "location": "here", "path": path})
        done = cloxxsctl("geoip", "update", check=False)
        assert done.returncode not in (0, 2), done.stdout
        thread.join(20)
        listener.close()
        assert OWN.read_bytes() == data
    FETCHED.rmdir()
    hard.unlink()


def test_none_configured():
    CONFIG.write_text("")
    world.courier.start()
    done = cloxxsctl("geoip", "update", check=False)
    assert done.returncode == 1
    assert "no source is configured: see [countries]" in done.stderr
    world.courier.stop()
    done = cloxxsctl("geoip", "update", check=False)
    assert done.returncode == 5 and "cloxxs-courier" in done.stderr
