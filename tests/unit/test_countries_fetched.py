#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The courier fetches the country database from providers that are played by
the forms that they document, and from such as no provider should be.
"""

import base64
import contextlib
import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import socket
import sys
import tarfile
import threading
import time
import zlib

SOURCE = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", ".")).absolute()
sys.path[:0] = [str(SOURCE / "tests" / "unit")]
sys.dont_write_bytecode = True

try:
    import pytest
except ImportError:
    print("SKIP: python3-pytest is missing")
    sys.exit(77)

from courier_rig import (  # noqa: E402
    BUILD, Courier, Gateway, make_certificates)

KEY = "s3cret-l1cence"
MARK = b"\xab\xcd\xefMaxMind.com"
MIB = 1 << 20


def database(n=100000, seed=1):
    """What has the looks of one, and no more; cloxxsd is not asked here."""
    return b"\0\0\1" + random.Random(seed).randbytes(n) + MARK + b"\xe0"


def archive(*members, form=tarfile.USTAR_FORMAT):
    """A tar archive as MaxMind makes them, of names and what is in them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        directory = tarfile.TarInfo("GeoLite2-Country_20261124")
        directory.type = tarfile.DIRTYPE
        tar.addfile(directory)
        for name, data in members:
            member = tarfile.TarInfo("GeoLite2-Country_20261124/" + name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def maxmind(data):
    return gzip.compress(archive(("COPYRIGHT.txt", b"(c)"),
                                 ("GeoLite2-Country.mmdb", data),
                                 ("LICENSE.txt", b"x" * 5000)))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module", name="certificates")
def certificates_fixture(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is missing")
    directory = tmp_path_factory.mktemp("certificates")
    make_certificates(directory)
    for path in directory.iterdir():
        if path.is_file():
            path.chmod(0o644)
    directory.chmod(0o755)
    return directory


@contextlib.contextmanager
def provider(certificates, answer, name="good"):
    server = Gateway(answer, (certificates / f"{name}.crt",
                              certificates / f"{name}.key"))
    server.url = f"https://localhost:{server.port}"
    try:
        yield server
    finally:
        server.close()


def section(certificates, source, *keys):
    return "\n".join(["[countries]", f"source = {source}",
                      "location = here, in a test",
                      f"ca = {certificates}/ca.crt", *keys, ""])


def of_url(certificates, server, *keys, path="/countries.mmdb"):
    return section(certificates, "url", f"url = {server.url}{path}", *keys)


def of_maxmind(certificates, server, *keys):
    return section(certificates, "maxmind", f"url = {server.url}/download",
                   "account = 123456", "key = credential:key", *keys)


def courier(config, **environment):
    return Courier(config, secrets={"key": KEY + "\n"}).start(**environment)


def left(one):
    return sorted(path.name for path in one.state.iterdir())


def fetched(one, data):
    """It is there, and is told of."""
    reply = one.fetch_countries()
    assert reply["result"] == "fetched", reply
    assert (reply["sha256"], reply["bytes"]) == (sha256(data), len(data))
    path = pathlib.Path(reply["path"])
    assert path == one.state / "countries.mmdb"
    assert path.read_bytes() == data
    assert path.stat().st_mode & 0o7777 == 0o644
    assert left(one) == ["countries.mmdb", "countries.state"]
    assert (one.state / "countries.state").stat().st_mode & 0o7777 == 0o600
    assert abs(reply["fetched_at"] - time.time()) < 60
    return reply


def failed(one, words):
    """Nothing changed, nothing is left, and no secret is told."""
    before = {path.name: path.read_bytes() for path in one.state.iterdir()}
    reply = one.fetch_countries()
    assert reply["result"] == "failed", reply
    assert words in reply["detail"], reply
    assert reply.get("path") is None and reply.get("sha256") is None
    after = {path.name: path.read_bytes() for path in one.state.iterdir()}
    assert after == before
    told = json.dumps(reply)
    assert KEY not in told and "http" not in told and "?" not in told
    return reply


def stays_small(one):
    """20 MiB at its most, where no sanitizer needs more."""
    if "#define SANITIZED 1" not in (BUILD / "config.h").read_text():
        assert int(one.status("VmHWM")) < 20 * 1024


def months():
    today = datetime.datetime.now(datetime.timezone.utc).date()
    former = today.replace(day=1) - datetime.timedelta(days=1)
    return f"{today:%Y-%m}", f"{former:%Y-%m}"


# ---- each provider by its documented form ------------------------------------


def test_dbip(certificates):
    data = database()
    with provider(certificates, (200, gzip.compress(data))) as server:
        config = section(
            certificates, "dbip",
            f"url = {server.url}/dbip-country-lite-{{month}}.mmdb.gz")
        with courier(config) as one:
            reply = fetched(one, data)
        assert reply["source"] == "dbip"
        assert reply["location"] == "here, in a test"
        assert reply["detail"] is None
        [request] = server.requests
        assert request.path == f"/dbip-country-lite-{months()[0]}.mmdb.gz"
        assert "Authorization" not in request.headers


def test_dbip_of_the_former_month(certificates):
    data = database()

    def answer(_handler, request):
        return (200, gzip.compress(data)) if months()[1] in request.path \
            else (404, "not yet")

    with provider(certificates, answer) as server:
        config = section(certificates, "dbip",
                         f"url = {server.url}/{{month}}.gz")
        with courier(config) as one:
            fetched(one, data)
        assert [request.path for request in server.requests] == \
            [f"/{month}.gz" for month in months()]
        server.answer = (404, "never")
        with courier(config) as one:
            failed(one, "HTTP 404")
        assert len(server.requests) == 4


def test_maxmind(certificates):
    data = database()
    packed = maxmind(data)

    def answer(_handler, request):
        if request.path == "/download?suffix=tar.gz.sha256":
            return 200, f"{sha256(packed)}  GeoLite2-Country.tar.gz\n"
        return 200, packed

    with provider(certificates, answer) as server:
        with courier(of_maxmind(certificates, server)) as one:
            fetched(one, data)
            assert [request.path for request in server.requests] == [
                "/download?suffix=tar.gz.sha256", "/download?suffix=tar.gz"]
            expected = base64.b64encode(f"123456:{KEY}".encode()).decode()
            for request in server.requests:
                assert request.headers["Authorization"] == f"Basic {expected}"
                assert KEY not in request.path
            # The same checksum again: it is not fetched.
            reply = one.fetch_countries()
            assert reply["result"] == "unchanged"
            assert reply["sha256"] == sha256(data)
            assert len(server.requests) == 3


def test_ipinfo(certificates):
    data = database()
    with provider(certificates, (200, data)) as server:
        config = section(certificates, "ipinfo",
                         f"url = {server.url}/ipinfo_lite.mmdb",
                         "key = credential:key")
        with courier(config) as one:
            fetched(one, data)
        [request] = server.requests
        assert request.path == "/ipinfo_lite.mmdb"
        assert request.headers["Authorization"] == \
            "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()


@pytest.mark.parametrize("pack", [
    bytes, gzip.compress, lambda data: archive(("a.mmdb", data)), maxmind,
    lambda data: gzip.compress(archive(("a.mmdb", data),
                                       form=tarfile.PAX_FORMAT)),
    lambda data: archive(("n" * 150, b"x"), ("a.mmdb", data),
                         form=tarfile.GNU_FORMAT)])
def test_forms(certificates, pack):
    data = database(123457)
    with provider(certificates, (200, pack(data))) as server:
        with courier(of_url(certificates, server)) as one:
            fetched(one, data)


def test_checksum_of_ones_own(certificates):
    data = database()
    packed = gzip.compress(data)

    def answer(_handler, request):
        return (200, sha256(packed).upper() + "\n") if "sum" in request.path \
            else (200, packed)

    with provider(certificates, answer) as server:
        with courier(of_url(certificates, server,
                            f"checksum_url = {server.url}/sum?a=b")) as one:
            fetched(one, data)


# ---- what is there already ---------------------------------------------------


@pytest.mark.parametrize("told, asked, value", [
    ("ETag", "If-None-Match", '"abc-1"'),
    ("Last-Modified", "If-Modified-Since", "Tue, 24 Nov 2026 10:00:00 GMT")])
def test_unchanged(certificates, told, asked, value):
    data = database()

    def answer(_handler, request):
        return (304, "") if request.headers.get(asked) == value \
            else (200, data, (told, value))

    with provider(certificates, answer) as server:
        with courier(of_url(certificates, server)) as one:
            first = fetched(one, data)
            second = one.fetch_countries()
            assert second == {**first, "result": "unchanged"}
            # What is not as it was left is fetched again.
            os.truncate(one.state / "countries.mmdb", 100)
            fetched(one, data)
            (one.state / "countries.mmdb").unlink()
            fetched(one, data)
            (one.state / "countries.state").write_bytes(b"{\"etag\": 3}")
            fetched(one, data)
            # So is what lies elsewhere.
            one.write(one.config,
                      of_url(certificates, server, path="/other"))
            one.reload()
            fetched(one, data)
    assert [asked in request.headers for request in server.requests] == \
        [False, True, False, False, False, False]


@pytest.mark.parametrize("etag", ["\xff\xfe", '"' + "x" * 300 + '"'])
def test_etag_that_cannot_be_kept(certificates, etag):
    data = database()
    with provider(certificates, (200, data, ("ETag", etag))) as server:
        with courier(of_url(certificates, server)) as one:
            fetched(one, data)
            fetched(one, data)
    assert all("If-None-Match" not in request.headers
               for request in server.requests)


def test_304_that_nobody_asked_for(certificates):
    with provider(certificates, (304, "")) as server:
        with courier(of_url(certificates, server)) as one:
            failed(one, "HTTP 304")


def test_another_one(certificates):
    first, second = database(seed=1), database(seed=2)
    with provider(certificates, (200, first, ("ETag", '"1"'))) as server:
        with courier(of_url(certificates, server)) as one:
            fetched(one, first)
            server.answer = (200, gzip.compress(second), ("ETag", '"2"'))
            fetched(one, second)


# ---- what is no database -----------------------------------------------------


def lying(n):
    """An archive whose file says that it has n bytes."""
    packed = bytearray(archive(("a.mmdb", database(1000))))
    header = packed[512:1024]
    header[124:136] = b"%011o\0" % n
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    packed[512:1024] = header
    return bytes(packed)


def with_link():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        link = tarfile.TarInfo("a.mmdb")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/shadow"
        tar.addfile(link)
    return out.getvalue()


WHOLE = gzip.compress(database())
NOT_ONES = [
    (b"", "is empty"),
    (b"\x1f", "is cut"),
    (b"<!DOCTYPE html>\n<html>sign in</html>", "no country database"),
    (gzip.compress(b"<html>"), "no country database"),
    (database()[:50000], "no country database"),
    (WHOLE[:-4], "is cut"),
    (WHOLE[:len(WHOLE) // 2], "is cut"),
    (WHOLE[:-8] + b"\0" * 8, "cannot be unpacked"),
    (WHOLE + b"x", "behind the end"),
    (WHOLE + WHOLE, "behind the end"),
    (b"\x1f\x8b" + os.urandom(1000), "cannot be unpacked"),
    (archive(("a.txt", b"x")), "without a file *.mmdb"),
    (archive(("a.mmdb", database()), ("b.mmdb", database())),
     "more than one file *.mmdb"),
    (archive(("a.mmdb", database()))[:-20000], "is cut"),
    (lying(1 << 32), "damaged archive"),
    (lying(1 << 20), "is cut"),
    (lying(3), "damaged archive"),
    (with_link(), "links or devices"),
]


@pytest.mark.parametrize("data, words", NOT_ONES,
                         ids=[str(i) for i in range(len(NOT_ONES))])
def test_abuse_43_what_is_no_database(certificates, data, words):
    good = database(seed=7)
    with provider(certificates, (200, good)) as server:
        with courier(of_url(certificates, server)) as one:
            fetched(one, good)
            server.answer = (200, data)
            failed(one, words)


def bomb(n):
    """gzip that unpacks to n bytes of nothing, in few."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(MIB)
    return b"".join(pack.compress(zeros) for _ in range(n // MIB)) + \
        pack.flush()


def test_bomb(certificates):
    """It ends at its limit, on the disk and in memory."""
    with provider(certificates, (200, bomb(1 << 30))) as server:
        with courier(of_url(certificates, server)) as one:
            failed(one, "unpacks to more than is taken")
            stays_small(one)


def test_too_large(certificates):
    def endless(handler, _request):
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(bytes(MIB))

    def boastful(handler, _request):
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()

    with provider(certificates, endless) as server:
        with courier(of_url(certificates, server)) as one:
            failed(one, "is larger than is taken")
            server.answer = boastful
            failed(one, "larger than is taken")
            stays_small(one)


def test_memory_of_a_large_one(certificates):
    data = database(40 * MIB)
    with provider(certificates, (200, maxmind(data))) as server:
        with courier(of_url(certificates, server)) as one:
            fetched(one, data)
            stays_small(one)


@pytest.mark.parametrize("checksum, words", [
    (sha256(b"another") + "  x\n", "not what its checksum says"),
    ("d41d8cd98f00b204e9800998ecf8427e\n", "is no SHA-256"),
    ("<html>", "is no SHA-256"),
    ("", "is no SHA-256"),
    (sha256(b"") + "0", "is no SHA-256"),
    ("x" * 100000, "is no SHA-256")])
def test_wrong_checksum(certificates, checksum, words):
    def answer(_handler, request):
        return (200, checksum) if "sha256" in request.path \
            else (200, maxmind(database()))

    with provider(certificates, answer) as server:
        with courier(of_maxmind(certificates, server)) as one:
            failed(one, words)


def test_no_checksum(certificates):
    """Where there should be one, nothing is taken without."""
    def answer(_handler, request):
        return (404, "") if "sha256" in request.path \
            else (200, maxmind(database()))

    with provider(certificates, answer) as server:
        with courier(of_maxmind(certificates, server)) as one:
            failed(one, "its checksum: HTTP 404")
        assert len(server.requests) == 1


# ---- servers as none should be -----------------------------------------------


@pytest.mark.parametrize("status, words", [
    (401, "HTTP 401: it does not take our key"),
    (403, "HTTP 403: it does not take our key"),
    (404, "HTTP 404"), (429, "HTTP 429"), (500, "HTTP 500"),
    (206, "HTTP 206"), (204, "HTTP 204")])
def test_statuses(certificates, status, words):
    echo = lambda _handler, request: (  # noqa: E731
        status, request.headers["Authorization"] + KEY)
    with provider(certificates, echo) as server:
        with courier(of_maxmind(certificates, server)) as one:
            failed(one, words)


def test_secret_stays_with_its_host(certificates):
    """Sent on to another server, by its port: without the key."""
    data = database()
    packed = maxmind(data)

    def store(_handler, request):
        return (200, sha256(packed)) if "sum" in request.path \
            else (200, packed)

    with provider(certificates, store) as other:
        there = f"{other.url}/signed?token=x&"

        def answer(_handler, request):
            what = "sum" if "sha256" in request.path else "file"
            return 302, "", ("Location", there + what)

        with provider(certificates, answer) as server:
            with courier(of_maxmind(certificates, server)) as one:
                fetched(one, data)
            assert len(server.requests) == len(other.requests) == 2
            for request in server.requests:
                assert "Authorization" in request.headers
            for request in other.requests:
                assert "Authorization" not in request.headers
                assert KEY not in str(request.headers)


@pytest.mark.parametrize("there, words", [
    ("http://localhost:1/", "HTTPS is not spoken"),
    ("file:///etc/passwd", "HTTPS is not spoken"),
    ("https://localhost:{port}/again", "elsewhere too often")])
def test_sent_elsewhere(certificates, there, words):
    with provider(certificates, None) as server:
        server.answer = lambda _handler, _request: (
            302, "", ("Location", there.format(port=server.port)))
        with courier(of_maxmind(certificates, server)) as one:
            failed(one, words)
        assert len(server.requests) == (4 if "port" in there else 1)


def test_others_do_not_send_us_on(certificates):
    with provider(certificates, (200, database())) as other:
        answer = (302, "", ("Location", other.url + "/"))
        with provider(certificates, answer) as server:
            with courier(of_url(certificates, server)) as one:
                failed(one, "HTTP 302, a redirect, which is not followed")
        assert other.requests == []


@pytest.mark.parametrize("name", ["wrong-name", "expired"])
def test_certificates(certificates, name):
    with provider(certificates, (200, database()), name) as server:
        with courier(of_maxmind(certificates, server)) as one:
            failed(one, "certificate is not right")
        assert server.requests == []


def test_authority(certificates):
    with provider(certificates, (200, database())) as server:
        config = of_url(certificates, server).replace("ca.crt",
                                                      "other-ca.crt")
        with courier(config) as one:
            failed(one, "certificate is not right")
        assert server.requests == []


def test_one_deadline(certificates):
    """Over all of it, however slowly something comes; and messages go on."""
    def drip(handler, _request):
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.05)

    def slowly(handler, request):
        if "sha256" not in request.path:
            return drip(handler, request)
        time.sleep(0.5)
        return 200, sha256(b"")

    with provider(certificates, slowly) as server:
        with courier(of_maxmind(certificates, server,
                                "timeout = 1s")) as one:
            begun = time.monotonic()
            failed(one, "no answer in its time")
            assert time.monotonic() - begun < 3


def test_cut_on_the_way(certificates):
    def cut(handler, _request):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(database()[:5000])
        handler.close_connection = True

    with provider(certificates, cut) as server:
        with courier(of_url(certificates, server)) as one:
            failed(one, "broke off before its end")


def test_slow_within_its_time(certificates):
    data = database(20000)

    def slowly(handler, _request):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        for at in range(0, len(data), 4000):
            handler.wfile.write(data[at:at + 4000])
            handler.wfile.flush()
            time.sleep(0.05)

    with provider(certificates, slowly) as server:
        with courier(of_url(certificates, server)) as one:
            fetched(one, data)


def test_nobody_there(certificates):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config = section(certificates, "url",
                     f"url = https://localhost:{port}/")
    with courier(config) as one:
        failed(one, "cannot be connected to")
    config = section(certificates, "url", "url = https://nobody.invalid/")
    with courier(config) as one:
        failed(one, "its name cannot be found")


# ---- several callers, none, and where nothing can be kept ---------------------


def test_one_at_a_time(certificates):
    data = database()
    asked, go = threading.Event(), threading.Event()

    def wait(_handler, _request):
        asked.set()
        go.wait(20)
        return 200, data

    with provider(certificates, wait) as server:
        with courier(of_url(certificates, server)) as one:
            with one.connect() as connection:
                one.ask(connection, "nl.cloxxs.Courier.FetchCountries", {})
                asked.wait(20)
                reply = one.fetch_countries()
                assert (reply["result"], reply["detail"]) == (
                    "failed", "it is being fetched already")
                go.set()
                [reply] = one.read(connection)
            assert reply["parameters"]["result"] == "fetched"
            # Who leaves does not end it.
            with one.connect() as connection:
                one.ask(connection, "nl.cloxxs.Courier.FetchCountries", {})
            for _ in range(100):
                reply = one.fetch_countries()
                if reply["result"] != "failed":
                    break
                time.sleep(0.05)
            assert reply["result"] == "fetched"


def test_ended_while_it_fetches(certificates):
    asked, go = threading.Event(), threading.Event()

    def wait(handler, _request):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(database())
        handler.wfile.flush()
        asked.set()
        go.wait(20)

    with provider(certificates, wait) as server:
        with courier(of_url(certificates, server)) as one:
            with one.connect() as connection:
                one.ask(connection, "nl.cloxxs.Courier.FetchCountries", {})
                asked.wait(20)
                one.process.terminate()
                assert one.process.wait(20) == 0
                assert left(one) == []
        go.set()


def test_unset():
    with Courier().start() as one:
        assert one.fetch_countries() == {"result": "unset"}
        assert left(one) == []


def test_where_nothing_can_be_kept(certificates):
    with provider(certificates, (200, database())) as server:
        with courier(of_url(certificates, server)) as one:
            (one.state / "countries.mmdb").mkdir()
            assert one.fetch_countries()["result"] == "failed"
            assert left(one) == ["countries.mmdb"]
            (one.state / "countries.mmdb").rmdir()
            # What a courier that was killed left behind.
            (one.state / "countries.mmdb.new").write_bytes(b"half")
            fetched(one, database())
        with courier(of_url(certificates, server),
                     STATE_DIRECTORY="/nowhere") as one:
            failed(one, "the file cannot be written")


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:],
                          __file__]))
