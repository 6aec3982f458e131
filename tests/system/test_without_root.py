# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/hosted-app/run-dev, as a developer starts it who is not root."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

import cloxxs_world as world
import hosted_app
from cloxxs_world import STRONG
from hosted_app import Visitor

USER, PORT = "developer", 8123
RUN_DEV = hosted_app.EXAMPLE / "run-dev"

pytestmark = [
    pytest.mark.skipif(hosted_app.missing() is not None,
                       reason=f"{hosted_app.missing()} is missing"),
    pytest.mark.skipif(not shutil.which("newuidmap"),
                       reason="uidmap is missing")]


@pytest.fixture(scope="module", autouse=True)
def developer():
    world.run("useradd", "--create-home", USER, check=False)
    for path in "/etc/subuid", "/etc/subgid":
        pathlib.Path(path).write_text(f"{USER}:100000:65536\n")
    hosted_app.give_addresses(hosted_app.HOME)


def start(*arguments):
    return subprocess.Popen(
        ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups",
         str(RUN_DEV), "--port", str(PORT), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={"PATH": os.environ["PATH"], "HOME": f"/home/{USER}",
             "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"})


@contextlib.contextmanager
def running(*arguments):
    """What it printed until the application answers."""
    child = start(*arguments)
    try:
        text = ""
        for line in child.stdout:
            text += line
            if line.startswith("Its cloxxsd:"):
                break
        assert child.poll() is None or "http://" in text, text
        world.wait_until(lambda: hosted_app.reaches(PORT), 60, text)
        yield text
    finally:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=60)
    assert child.returncode == 0


def test_a_developer_needs_no_root():
    before = set(os.listdir("/tmp"))
    with running() as text:
        passwords = dict(re.findall(r"^    (\S+) +(\S+)$", text, re.M))
        assert set(passwords) == {"anna", "ben", "marit"}, text
        anna = Visitor(port=PORT)
        page = anna.log_in("anna", passwords["anna"], STRONG, STRONG)
        assert page.path == "/projects", page.text
        assert "budget-2027" in page.text and "events" not in page.text
        assert "41" in anna.go("/projects/budget-2027").text
        anna.go("/projects/budget-2027/lines/new")
        assert anna.submit(title="Travel", amount="1").status == 200
        anna.go("/projects/building/lines/new")
        assert anna.page.status == 403
        marit = Visitor(port=PORT)
        marit.log_in("marit", passwords["marit"], STRONG, STRONG)
        page = marit.go("/admin/grants")
        assert page.status == 200 and "anna" in page.text
        command = text.partition("Its cloxxsd:")[2].splitlines()[0].split()
        listed = world.run(*command, user=USER).stdout
        assert "anna" in listed and "marit" in listed, listed
        # The installed one, which runs too, knows nothing of them.
        assert world.cloxxsctl("user", "show", "anna",
                               check=False).returncode != 0
    assert set(os.listdir("/tmp")) == before


def test_what_is_kept_is_there_the_next_time(tmp_path):
    directory = f"/home/{USER}/kept"
    os.chmod(f"/home/{USER}", 0o755)
    with running("--directory", directory) as text:
        passwords = dict(re.findall(r"^    (\S+) +(\S+)$", text, re.M))
        ben = Visitor(port=PORT)
        assert ben.log_in("ben", passwords["ben"], STRONG,
                          STRONG).path == "/projects"
    with running("--directory", directory) as text:
        assert "Temporary passwords" not in text
        assert ben.go("/projects").path == "/projects"
        assert Visitor(port=PORT).log_in("ben", STRONG).path == "/projects"


def test_what_is_missing_is_named():
    pathlib.Path("/etc/subuid").write_text("")
    try:
        child = start()
        text, _ = child.communicate(timeout=60)
        assert child.returncode == 77 and "--add-subuids" in text, text
    finally:
        pathlib.Path("/etc/subuid").write_text(f"{USER}:100000:65536\n")
