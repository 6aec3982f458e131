#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What [countries] of the courier's configuration takes, and what it does not."""

import os
import pathlib
import sys

SOURCE = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", ".")).absolute()
sys.path[:0] = [str(SOURCE / "tests" / "unit")]
sys.dont_write_bytecode = True

try:
    import pytest
except ImportError:
    print("SKIP: python3-pytest is missing")
    sys.exit(77)

from courier_rig import Courier  # noqa: E402

KEY = "s3cret-l1cence"
HEAD = "[countries]\nsource = %s\nlocation = here\n"


@pytest.mark.parametrize("text, finding", [
    ("[countries x]\n", ":1: [countries] takes no name"),
    ("[countries]\nsource = geo\n", ":2: source:"),
    ("[countries]\nsource = dbip\n", ":1: location: must be set"),
    (HEAD % "url", ":2: source: url needs url = ..."),
    (HEAD % "maxmind" + "account = 1\n", "key: this source needs one"),
    (HEAD % "maxmind" + "key = credential:key\n",
     "account: account and key stand together"),
    (HEAD % "ipinfo", "key: this source needs one"),
    (HEAD % "ipinfo" + "key = credential:key\naccount = 1\n",
     ":5: account: this source takes none"),
    (HEAD % "ipinfo" + "key = s3cret\n", ":4: key:"),
    (HEAD % "ipinfo" + "key = credential:missing\n", ":4: key:"),
    (HEAD % "dbip" + "key = credential:key\n",
     ":4: key: this source takes none"),
    (HEAD % "dbip" + "checksum_url = https://x/\n",
     ":4: checksum_url: is for source = url"),
    (HEAD % "url" + "url = http://example.nl/x\n",
     ":4: url: http:// goes to"),
    (HEAD % "url" + "url = ftp://example.nl/x\n", ":4: url: begins with"),
    (HEAD % "url" + "url = https://u:p@example.nl/x\n",
     ":4: url: has a user in it"),
    (HEAD % "url" + "url = https:///x\n", ":4: url: has no host in it"),
    (HEAD % "url" + "url = https://{month}.nl/x\n", ":4: url: its host"),
    (HEAD % "url" + "url = https://example.nl/x y\n",
     ":4: url: has a character"),
    (HEAD % "dbip" + "url = https://example.nl/x?token=1\n",
     ":4: url: has a query"),
    (HEAD % "url" + "url = https://example.nl/x#1\n", ":4: url: has a query"),
    (HEAD % "url" + "url = https://x/\naccount = a:b\n"
     "key = credential:key\n", ":5: account: has a colon"),
    (HEAD % "dbip" + "timeout = 11m\n", ":4: timeout:"),
])
def test_findings(text, finding):
    with Courier(text, secrets={"key": KEY}) as one:
        done = one.check(CREDENTIALS_DIRECTORY=str(one.credentials))
    assert done.returncode == 1 and finding in done.stderr, done.stderr


@pytest.mark.parametrize("source, more", [
    ("dbip", ""), ("maxmind", "account = 1\nkey = credential:key\n"),
    ("ipinfo", "key = credential:key\n"),
    ("url", "url = http://127.0.0.1:8/{month}?a=b\n")])
def test_checked(source, more):
    with Courier(HEAD % source + more) as one:
        done = one.check()
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"countries {source} (here)\n"


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:],
                          __file__]))
