# SPDX-License-Identifier: GPL-3.0-or-later
"""The example application behind nginx, by raw requests: of those who mean
well, and of others."""

import concurrent.futures
import itertools
import pathlib
import re
import threading
import time

import pytest

import abuse
import app_site
import cloxxs_world as world
import hosted_app
from app_site import (ABROAD, FIREWALL, HOME, administrator,  # noqa: F401
                      all_is_up, grant, site, user_add, user_with_password)
from cloxxs_world import STRONG
from hosted_app import HOST, SERVICE, Visitor

pytestmark = app_site.needed

COOKIE = "__Host-browser"


# ---- where a request comes from ---------------------------------------------


def seen_address(*headers, address=HOME):
    """The address that the application tells a user who is in, or None where
    it let him in nowhere."""
    visitor = Visitor(address, headers)
    page = visitor.log_in("from", STRONG)
    found = re.search("Your address: ([0-9a-f.:]+?)\\. ", page.text + " ")
    return found and found.group(1)


def test_abuse_61_a_forged_address_changes_nothing(user):
    if world.cloxxsctl("user", "show", "from", check=False).returncode:
        user_with_password("from")
    forwarded, other = "X-Forwarded-For", "203.0.113.9"
    assert seen_address() == HOME
    for headers in (
            [(forwarded, other)], [(forwarded, f"{other}, 127.0.0.1")],
            [(forwarded, other), (forwarded, "127.0.0.1")],
            [(forwarded, "127.0.0.1")], [(forwarded, FIREWALL)],
            [(forwarded, "[2001:db8::1]")], [(forwarded, "")],
            [(forwarded, "::ffff:127.0.0.1")], [(forwarded, "unknown")],
            [("Forwarded", f"for={other}")], [("X-Real-IP", other)],
            [("X_Forwarded_For", other)], [("Client-IP", other)]):
        assert seen_address(*headers) == HOME, headers
    # What the firewall adds is believed, and nothing left of it.
    assert seen_address((forwarded, other), address=FIREWALL) == other
    assert seen_address((forwarded, f"127.0.0.1, {other}"),
                        address=FIREWALL) == other
    assert seen_address((forwarded, f"{ABROAD}, {HOME}, {FIREWALL}"),
                        address=FIREWALL) == HOME


def test_abuse_61_round_nginx(user):
    """Whoever reaches the application itself is told nothing."""
    for headers in ([], [("X-Forwarded-For", HOME)],
                    [("X-Forwarded-For", f"{HOME}, 127.0.0.1")]):
        for path in "/", "/login", "/projects", "/static/style.css", "/x":
            page = Visitor(ABROAD, headers, port=hosted_app.APP_PORT).go(path)
            assert page.status == 403 and page.path == path, page.text
    # Nor by nobody's address, which nginx always adds.
    page = Visitor(HOST, port=hosted_app.APP_PORT).go("/login")
    assert page.status == 403


# ---- who is in --------------------------------------------------------------


def test_cookies_and_headers(user):
    visitor = Visitor()
    before = visitor.go("/login")
    cookie = before.headers["Set-Cookie"]
    assert cookie.startswith(COOKIE + "=")
    for word in "Secure", "HttpOnly", "SameSite=Lax", "Path=/":
        assert word in cookie
    secret = visitor.cookies[COOKIE]
    first = user_add(user)
    page = visitor.log_in(user, first, STRONG, STRONG)
    assert page.path == "/projects"
    assert visitor.cookies[COOKIE] != secret  # nobody could have set it before
    for path in ("/login", "/projects", "/static/style.css", "/nowhere",
                 "/projects/nothing", "/admin/users"):
        page = visitor.go(path)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Strict-Transport-Security"]
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert path.startswith("/static") or \
            page.headers["Cache-Control"] == "no-store"
    # By http one only hears where to go.
    plain = Visitor(port=80)._send("GET", "/login", None)
    assert plain.status == 301
    assert plain.headers["Location"].startswith("https://")


def test_a_form_from_elsewhere_does_nothing(user):
    user_with_password(user)
    grant(user, "budget-2027", "write")
    visitor, stranger = Visitor(), Visitor()
    visitor.log_in(user, STRONG)
    path = "/projects/budget-2027/lines/new"
    form = {"title": f"forged for {user}", "amount": "1"}
    other = stranger.go("/login").forms[-1]["fields"]
    for fields in {}, {"form": ""}, {"form": "x" * 64}, other:
        page = visitor.go(path, "POST", {**form, **fields})
        assert page.status == 400, page.text
    mine = visitor.go(path).forms[-1]["fields"]
    visitor.headers = [("Sec-Fetch-Site", "cross-site")]
    assert visitor.go(path, "POST", {**form, **mine}).status == 400
    visitor.headers = []
    assert user not in "".join(
        line for line in visitor.go("/projects/budget-2027").text.splitlines()
        if "forged" in line)
    assert visitor.go("/logout").status == 405
    assert visitor.go(path, "POST", {**form, **mine}).status == 200


def test_a_session_ends_when_somebody_ends_it(user):
    """abuse-89: at the next request, not some time later."""
    user_with_password(user)

    def come_in():
        visitor = Visitor()
        assert visitor.log_in(user, STRONG).path == "/projects"
        return visitor

    visitor = come_in()
    world.cloxxsctl("user", "lock", user, "--reason", "a test")
    assert visitor.go("/projects").path == "/projects"  # a lock ends none
    world.cloxxsctl("user", "unlock", user, "--reason", "a test")
    world.cloxxsctl("user", "disable", user)
    page = visitor.go("/projects")
    assert page.path.startswith("/login") and "has ended" in page.text
    world.cloxxsctl("user", "enable", user)
    assert visitor.go("/projects").path == "/login"  # and stays ended
    visitor = come_in()
    cookies = dict(visitor.cookies)
    visitor.go("/projects")
    visitor.submit("/logout")
    visitor.cookies = cookies
    assert visitor.go("/projects").path == "/login"
    visitor = come_in()
    world.cloxxsctl("user", "delete", user, "--yes")
    assert visitor.go("/projects").path.startswith("/login")


def test_sessions_outlive_the_daemon_and_the_application(user):
    user_with_password(user)
    visitor = Visitor()
    visitor.log_in(user, STRONG)
    world.cloxxsd.restart()
    assert visitor.go("/projects").path == "/projects"
    hosted_app.app.restart()
    assert visitor.go("/projects").path == "/projects"
    with world.cloxxsd.stopped():
        page = visitor.go("/projects")
        assert page.status == 503, page.text
    assert visitor.go("/projects").path == "/projects"


def test_a_login_that_waits_is_its_browsers_alone(user):
    """A second browser, an old page, or the way back find no question."""
    first = user_add(user)
    visitor = Visitor()
    assert visitor.log_in(user, first).path == "/login/step"
    assert Visitor().go("/login/step").path == "/login"
    page = visitor.page
    visitor.submit(answer=STRONG)
    visitor.submit(answer=STRONG)
    assert visitor.page.path == "/projects"
    visitor.page = page
    assert visitor.submit(answer=STRONG).status == 400
    assert visitor.go("/projects").path == "/projects"


# ---- rights -----------------------------------------------------------------


def test_abuse_89_a_right_is_gone_at_the_next_request(user):
    user_with_password(user)
    grant(user, "budget-2027", "write")
    visitor = Visitor()
    visitor.log_in(user, STRONG)
    new = "/projects/budget-2027/lines/new"
    visitor.go(new)
    world.cloxxsctl("grant", "add", user, "budget-2027", "read")
    assert visitor.submit(title=user, amount="1").status == 403
    assert visitor.go("/projects/budget-2027").status == 200
    assert user not in visitor.page.text.replace(f"as {user}", "")
    world.cloxxsctl("grant", "remove", user, "budget-2027")
    assert visitor.go("/projects/budget-2027").status == 404
    assert "budget-2027" not in visitor.go("/projects").text
    # The end of a grant comes by itself.
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
    world.cloxxsctl("grant", "add", user, "budget-2027", "read", "--until",
                    soon)
    assert visitor.go("/projects/budget-2027").status == 200
    world.wait_until(lambda: visitor.go("/projects/budget-2027").status == 404,
                     60, "the end of the grant")


@pytest.mark.parametrize("name", [
    "Building", "building%2f", "building%2f..", "buildin", "building2",
    "building%00", "building%20", "every-project", "..", "%2e%2e", "building;",
    "b%C3%BCilding", "building'--", "x" * 300])
def test_abuse_88_a_project_by_its_whole_name_alone(user, name):
    user_with_password(user)
    grant(user, "building", "read")
    visitor = Visitor()
    visitor.log_in(user, STRONG)
    assert visitor.go("/projects/building").status == 200
    page = visitor.go(f"/projects/{name}")
    assert page.status in (400, 404), page.text
    assert visitor.go(f"/projects/{name}/lines/new").status in (400, 404)


def test_abuse_90_what_is_another_services_is_not_there(user):
    world.cloxxsctl("project", "add", "elsewhere", "--service", "sshd",
                    check=False)
    user_with_password(user)
    visitor = Visitor()
    visitor.log_in(user, STRONG)
    hidden, never = (visitor.go(f"/projects/{name}")
                     for name in ("elsewhere", "never-was"))
    assert hidden.status == never.status == 404
    assert hidden.body.replace("elsewhere", "") == \
        never.body.replace("never-was", "")


def test_two_who_change_one_line(user):
    user_with_password(user)
    grant(user, "budget-2027", "write")
    one, two = Visitor(), Visitor()
    for visitor in one, two:
        visitor.log_in(user, STRONG)
    one.go("/projects/budget-2027/lines/new")
    one.submit(title=f"both {user}", amount="1")
    path = [link for link in one.page.links if "/lines/" in link
            and "new" not in link][-1]
    for visitor in one, two:
        visitor.go(path)
    assert one.submit(title=f"both {user}", amount="2").status == 200
    assert two.submit(title=f"both {user}", amount="3").status == 409
    assert "2.00" in one.go("/projects/budget-2027").text


# ---- what is recorded, and what is not --------------------------------------


def test_promise_S20_each_action_with_user_and_address(user):
    user_with_password(user)
    grant(user, "budget-2027", "write")
    visitor = Visitor(HOME)
    visitor.log_in(user, STRONG)
    since = world.cursor()
    canary = "kwispelstaartkanarie"
    visitor.go("/projects")
    visitor.go("/projects/budget-2027")
    visitor.go("/projects/budget-2027/lines/new")
    visitor.submit(title=canary, amount="17.17")
    visitor.go("/projects/hidden")
    records = abuse.events(since, user=user, service=SERVICE)
    assert all(record["CLOXXS_ADDRESS"] == HOME for record in records)
    text = [str(record) for record in records]
    for action, result, project in (
            ("project-list", "done", ""),
            ("project-read", "done", "budget-2027"),
            ("line-add", "done", "budget-2027"),
            ("project-read", "denied", "hidden")):
        assert any(action in one and result in one and project in one
                   for one in text), (action, text)
    assert not any(canary in one for one in text)


def test_what_cannot_be_recorded_does_not_happen(user):
    user_with_password(user)
    grant(user, "budget-2027", "write")
    visitor = Visitor()
    visitor.log_in(user, STRONG)
    visitor.go("/projects/budget-2027/lines/new")
    with world.cloxxsd.stopped():
        assert visitor.submit(title=f"unseen {user}",
                              amount="1").status == 503
    assert "unseen" not in visitor.go("/projects/budget-2027").text


def test_nothing_is_lost_while_the_daemon_is_killed(user):
    """Each line that is there has its record, and what was said to be saved is
    there."""
    user_with_password(user)
    grant(user, "budget-2027", "write")
    since = world.cursor()
    ending, saved = threading.Event(), []
    new = "/projects/budget-2027/lines/new"

    def write(name):
        visitor = Visitor()
        assert visitor.log_in(user, STRONG).path == "/projects"
        ready.wait(60)
        for i in itertools.count():
            if ending.is_set():
                return
            title = f"{user} {name} {i}"
            if visitor.go(new).status != 200:
                continue
            page = visitor.submit(title=title, amount="1")
            if page.status == 200 and "saved" in page.path:
                saved.append(title)

    ready = threading.Barrier(4)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, name) for name in "abc"]
        try:
            ready.wait(60)
            for _ in range(4):
                n = len(saved)
                world.wait_until(lambda n=n: len(saved) > n + 5, 60, "lines")
                world.cloxxsd.kill()
                world.wait_until(lambda: not world.cloxxsd.pid(), 10, "death")
                world.cloxxsd.start()
        finally:
            ending.set()
        for writer in writers:
            writer.result(120)
    visitor = Visitor()
    visitor.log_in(user, STRONG)
    lines = dict(re.findall(rf"^(\d+) ({user} [abc] \d+) ",
                            visitor.go("/projects/budget-2027").text, re.M))
    assert set(lines.values()) >= set(saved) and len(saved) > 20
    recorded = {record["CLOXXS_OBJECT"] for record in abuse.events(
        since, user=user, event="action", action="line-add", result="done")}
    assert {f"line {number}" for number in lines} <= recorded


def test_abuse_86_no_password_in_a_log_or_url(user):
    """Neither the ones that were typed nor the one that was shown."""
    since = world.cursor()
    first = user_add(user)
    visitor = Visitor()
    visitor.log_in(user, first, "canary-weak", STRONG, STRONG)
    Visitor().log_in(user, "canary-wrong-password")
    chief = administrator()
    chief.go(f"/admin/users/{user}")
    page = chief.submit(f"/admin/users/{user}/password")
    shown = re.search(r"(?:[a-z0-9]{4}-){3,}[a-z0-9]{4}", page.text).group()
    assert page.headers["Cache-Control"] == "no-store"
    logs = [pathlib.Path("/run/world.log"),
            *pathlib.Path("/var/log/nginx").iterdir()]
    whole = "".join(log.read_text(errors="replace") for log in logs) \
        + str(world.journal(*since))
    assert "/login" in whole
    for secret in (first, "canary-weak", STRONG, "canary-wrong-password",
                   shown):
        assert secret not in whole
    kept = b"".join(path.read_bytes()
                    for path in hosted_app.STATE.iterdir())
    for secret in first, STRONG, shown, *visitor.cookies.values():
        assert secret.encode() not in kept


# ---- many, and much ---------------------------------------------------------


def test_many_at_once(user):
    user_with_password(user)
    grant(user, "budget-2027", "write")

    def work(_):
        visitor = Visitor()
        assert visitor.log_in(user, STRONG).path == "/projects"
        for _ in range(5):
            assert visitor.go("/projects/budget-2027").status == 200
        visitor.go("/projects/budget-2027/lines/new")
        page = visitor.submit(title=f"many {user}", amount="1")
        assert page.status == 200, page.text
        return True

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert all(pool.map(work, range(12)))
    visitor = Visitor()
    visitor.log_in(user, STRONG)
    page = visitor.go("/projects/budget-2027")
    assert page.text.count(f"many {user}") == 12


def test_too_much(user):
    visitor = Visitor()
    visitor.go("/login")
    assert visitor.submit(user="x", password="y" * 40000).status == 413
    assert visitor.go("/login").status == 200
    page = visitor.submit(user="x" * 5000, password="y" * 5000)
    assert page.status == 403
