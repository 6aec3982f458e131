#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written from the catalogue of events, as others read it: journalctl's
catalogue by journalctl itself, the schema by records that fit and do not."""
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

AUDIT = pathlib.Path(os.environ.get("CLOXXS_BUILDDIR", "."), "cloxxsd", "audit")
SOURCE = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", "."), "cloxxsd", "audit")
IDS = dict(re.findall(r'\{\s*"([a-z-]+)",\s*"([0-9a-f]{32})"',
                      (SOURCE / "event.c").read_text()))


@pytest.fixture(scope="module", name="catalog")
def make_catalog(tmp_path_factory):
    """Compiled into a root of its own, as the package's trigger does it."""
    if not shutil.which("journalctl"):
        pytest.skip("journalctl is missing")
    root = tmp_path_factory.mktemp("root")
    for part in ("usr/lib/systemd/catalog", "var/lib/systemd/catalog"):
        (root / part).mkdir(parents=True)
    shutil.copy(AUDIT / "cloxxs.catalog", root / "usr/lib/systemd/catalog")

    def run(*argv):
        done = subprocess.run(["journalctl", f"--root={root}", *argv],
                              env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                              capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 0, done.stderr
        return done
    done = run("--update-catalog")
    assert done.stderr == ""
    return run


def test_the_journal_takes_the_catalogue(catalog):
    listed = catalog("--list-catalog").stdout.splitlines()
    assert {line.split()[0] for line in listed} == set(IDS.values())


def test_an_event_is_explained(catalog):
    told = catalog("--dump-catalog", IDS["user-locked"]).stdout
    assert "Subject: A user was locked" in told
    assert "until an administrator unlocks it" in told.replace("\n", " ")
    assert "user-locked (logins): result @CLOXXS_RESULT@" in told


# ---- the schema --------------------------------------------------------------

TYPES = {"string": str, "integer": int, "boolean": bool, "null": type(None),
         "object": dict}


def fits(schema, value):
    """As much of JSON Schema as ours uses."""
    known = {"$schema", "title", "description", "type", "properties", "required",
             "additionalProperties", "oneOf", "enum", "const", "pattern",
             "minimum", "x-class", "x-severity", "x-message-id"}
    assert set(schema) <= known
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(isinstance(value, TYPES[one]) and
                          (one == "boolean") == isinstance(value, bool)
                          for one in wanted):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return False
    if isinstance(value, int) and value < schema.get("minimum", value):
        return False
    if isinstance(value, dict):
        of = schema.get("properties", {})
        if not set(schema.get("required", [])) <= set(value):
            return False
        if schema.get("additionalProperties") is False and set(value) - set(of):
            return False
        if not all(fits(of[key], value[key]) for key in value if key in of):
            return False
    branches = schema.get("oneOf")
    return not branches or sum(fits(one, value) for one in branches) == 1


@pytest.fixture(scope="module", name="schema")
def read_schema():
    return json.loads((AUDIT / "audit-record.schema.json").read_text())


RECORD = {"sequence": 7, "at": 1795892400000000, "event": "login-denied",
          "result": "denied", "reason": "wrong-password", "user": "anna",
          "actor": "anna", "service": "sshd", "address": "192.0.2.7",
          "terminal": "ssh", "reference": "K7QF-2M9X",
          "rules": "user-known=pass", "details": None, "project": None,
          "chain": "0" * 64, "replaced": False}


def test_each_event_has_one_branch(schema):
    assert schema["$schema"].endswith("draft/2020-12/schema")
    assert [one["properties"]["event"]["const"] for one in schema["oneOf"]] \
        == list(IDS)
    for one in schema["oneOf"]:
        assert one["x-message-id"] == IDS[one["properties"]["event"]["const"]]
        assert one["x-class"] in ("logins", "administration", "application")


@pytest.mark.parametrize("change", [
    {}, {"terminal": None}, {"event": "action", "rules": None,
                             "terminal": None, "reference": None,
                             "project": "budget", "action": "approve",
                             "object": "invoice 7"}])
def test_a_record_fits(schema, change):
    assert fits(schema, RECORD | change)


@pytest.mark.parametrize("change", [
    {"event": "no-such-event"}, {"sequence": 0}, {"sequence": "7"},
    {"at": True}, {"result": "maybe"}, {"reason": "no-such-reason"},
    {"project": "budget"}, {"chain": "0" * 63}, {"user": "an\nna"},
    {"event": "daemon-started"}, {"other": 1}])
def test_another_does_not(schema, change):
    assert not fits(schema, RECORD | change)


def test_what_every_record_has_is_required(schema):
    for key in ("sequence", "at", "event", "result", "reason"):
        assert not fits(schema, {name: RECORD[name] for name in RECORD
                                 if name != key})


def test_others_read_the_schema_alike(schema):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(RECORD)
    assert not validator.is_valid(RECORD | {"project": "budget"})


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
