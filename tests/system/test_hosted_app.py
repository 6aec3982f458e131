# SPDX-License-Identifier: GPL-3.0-or-later
"""The example application behind nginx, as people use it: in Chromium."""

import contextlib
import re

import pytest

import abuse
import app_site
import browser
import cloxxs_world as world
from abuse import OTHER, WRONG
from app_site import (HOME, administrator, all_is_up, grant,  # noqa: F401
                      site, user_add, user_with_password)
from cloxxs_world import STRONG
from hosted_app import Visitor

pytestmark = [app_site.needed, pytest.mark.skipif(
    browser.missing() is not None, reason=f"{browser.missing()} is missing")]

ROOT = "https://localhost"
# Who connects to an address of this host comes from there.
FROM_HOME = f"--host-resolver-rules=MAP localhost {HOME}"


@contextlib.contextmanager
def notice(text):
    path = world.CONF / "cloxxsd.conf.d/70-notice.conf"
    path.write_text(text)
    world.cloxxsd.restart()
    try:
        yield
    finally:
        path.unlink()
        world.cloxxsd.restart()


@pytest.fixture
def chromium():
    with browser.Browser(ROOT, flags=[FROM_HOME]) as made:
        yield made
        assert made.complaints() == []


def log_in(page, user, password=STRONG):
    page.go("/login")
    page.fill(user=user, password=password)
    page.press("Log in")


# What every page must have to be read aloud, used without a mouse, and zoomed.
FAULTS = """
const faults = [];
const all = css => [...document.querySelectorAll(css)];
if (!document.documentElement.lang) faults.push("no language");
if (!document.title.trim()) faults.push("no title");
if (all("h1").length != 1) faults.push("not one h1");
if (all("main").length != 1) faults.push("not one main");
if (all("script").length) faults.push("a script");
for (const one of all("input:not([type=hidden]):not([aria-hidden]), select"))
  if (!one.labels.length) faults.push("no label: " + one.name);
for (const one of all("button, a"))
  if (!(one.getAttribute("aria-label") || one.textContent).trim())
    faults.push("no words: " + one.outerHTML);
if (all("img:not([alt])").length) faults.push("no alt");
const ids = all("[id]").map(one => one.id);
if (new Set(ids).size != ids.length) faults.push("an id twice");
if (document.documentElement.scrollWidth > window.innerWidth)
  faults.push("wider than the window");
function light(colour) {
  const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).slice(0, 3).map(c => {
    c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; });
  return .2126 * r + .7152 * g + .0722 * b;
}
function ground(one) {
  for (; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$/.test(colour) && colour != "transparent") return colour;
  }
  return "rgb(255, 255, 255)";
}
for (const one of all("h1, h2, p, td, th, a, button, label, span, dd, li")) {
  if (!one.textContent.trim() || one.closest(".skip")) continue;
  const [a, b] = [light(getComputedStyle(one).color), light(ground(one))];
  const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (contrast < 4.5)
    faults.push("contrast " + contrast.toFixed(2) + ": " + one.outerHTML);
}
return faults;
"""


def look(page, name):
    """Keeps a picture, and finds nothing that shuts anybody out."""
    page.shot(name)
    assert page.driver.execute_script(FAULTS) == [], page.path


def test_first_login(chromium, user):
    first = user_add(user, "--role", "administrator")
    grant(user, "budget-2027", "write")
    chromium.go("/")
    assert chromium.path == "/login"
    look(chromium, "login")
    chromium.fill(user=user, password=first)
    chromium.press("Log in")
    assert chromium.title == "Choose a new password"
    look(chromium, "new-password")
    chromium.fill(answer="kort")
    chromium.press("Continue")
    assert "shorter than" in chromium.text
    look(chromium, "new-password-refused")
    for _ in range(2):
        chromium.fill(answer=STRONG)
        chromium.press("Continue")
    assert chromium.path == "/projects" and "budget-2027" in chromium.text
    assert "Confidentiality" in chromium.text  # the notice, once
    look(chromium, "projects-first")
    chromium.go("/projects")
    assert "Confidentiality" not in chromium.text
    chromium.press("Log out", "header")
    assert chromium.path == "/login"
    chromium.go("/projects")
    assert chromium.path == "/login"


def test_refused(chromium, user):
    """A wrong password and a user who is not there look the same."""
    user_with_password(user)
    seen = []
    for name in user, "nobody-here":
        log_in(chromium, name, WRONG)
        assert chromium.path == "/login"
        seen.append(re.sub("[A-Z0-9]{4}-[A-Z0-9]{4}", "CODE", chromium.text))
    assert seen[0] == seen[1] and "CODE" in seen[0]
    look(chromium, "login-refused")


def test_promise_S03_another_password(chromium, user):
    user_with_password(user)
    log_in(chromium, user)
    chromium.press("Change password", "header")
    look(chromium, "change-password")
    chromium.fill(password=STRONG)
    chromium.press("Continue")
    for _ in range(2):
        chromium.fill(answer=OTHER)
        chromium.press("Continue")
    assert "Your password is changed." in chromium.text
    look(chromium, "change-password-done")
    assert Visitor().log_in(user, STRONG).status == 403
    assert Visitor().log_in(user, OTHER).status == 200


def test_promise_S10_a_code(chromium, user):
    user_with_password(user)
    seed = abuse.admin("MakeTotp", name=user)["seed"]
    abuse.admin("ConfirmTotp", name=user, code=abuse.totp(seed, -1))
    with notice("[service hosted-app]\ncode = always\n"):
        log_in(chromium, user)
        assert chromium.title == "Code" and "of your app" in chromium.text
        look(chromium, "code")
        chromium.fill(answer="000000")
        chromium.press("Continue")
        assert "not right" in chromium.text
        look(chromium, "code-wrong")
        chromium.fill(answer=abuse.totp(seed))
        chromium.press("Continue")
        assert chromium.path == "/projects"
    assert world.find_key(world.cloxxsctl_json("user", "show", user),
                          "failures") == 0


def test_promise_S09_the_notice(chromium, user):
    user_with_password(user)
    with notice("[notice]\nrequire = yes\n"):
        log_in(chromium, user)
        assert "Confidentiality" in chromium.text
        look(chromium, "notice")
        chromium.press("I do not accept")
        assert chromium.path != "/projects"
        log_in(chromium, user)
        chromium.press("I accept")
        assert chromium.path == "/projects"
        chief = Visitor()
        chief.log_in("chief", STRONG, "yes") if not world.cloxxsctl(
            "user", "show", "chief", check=False).returncode else \
            chief.log_in("chief", user_add("chief", "--role", "administrator"),
                         STRONG, STRONG, "yes")
        page = chief.go("/admin/notice")
        accepted, waiting = page.text.split("Who has not yet accepted")
        assert user in accepted and user not in waiting, page.text


def test_promise_S13_a_budget(chromium, user):
    user_with_password(user)
    grant(user, "budget-2027", "write")
    grant(user, "building", "read")
    log_in(chromium, user)
    assert [row[:2] for row in chromium.table()] == [
        ["budget-2027", "read and write"], ["building", "read"]]
    look(chromium, "projects")
    chromium.press("budget-2027")
    chromium.press("Add a line")
    look(chromium, "line-new")
    chromium.fill(title=f"Travel of {user}", amount="12,5")
    chromium.press("Save")
    assert "an amount such as" in chromium.text
    look(chromium, "line-wrong")
    chromium.fill(amount="1250.50")
    chromium.press("Save")
    assert "Saved, and recorded." in chromium.text
    row = [row for row in chromium.table() if user in row[1]][0]
    assert row[2] == "1,250.50"
    chromium.press(f"Change line {row[0]}")
    look(chromium, "line")
    chromium.fill(amount="99")
    chromium.press("Save")
    assert "99.00" in chromium.text
    look(chromium, "project")
    chromium.go("/projects/building")
    assert "not change it" in chromium.text
    assert not chromium.has("main a[href$='/new']")
    look(chromium, "project-read-only")
    for path, status in (("/projects/building/lines/new", "You may not"),
                         ("/projects/hidden", "There is no such page."),
                         ("/admin/users", "You may not do this.")):
        chromium.go(path)
        assert status in chromium.text
        look(chromium, "wrong" + path.replace("/", "-"))


def test_promise_S12_the_administrator(chromium, user):
    administrator()
    user_with_password(user)
    for _ in range(3):
        refused = Visitor().log_in(user, WRONG)
    code = re.search("[A-Z0-9]{4}-[A-Z0-9]{4}", refused.text).group()
    log_in(chromium, "chief")
    chromium.press("Administration", "header")
    look(chromium, "admin-users")
    chromium.press(user)
    assert "locked" in chromium.text
    look(chromium, "admin-user-locked")
    chromium.fill(reason="called back, it was he")
    chromium.press("Lift the lock")
    assert "The lock is lifted." in chromium.text
    chromium.press("Make a temporary password")
    temporary = chromium.find("#temporary").text
    assert temporary not in chromium.driver.current_url
    look(chromium, "admin-temporary")
    chromium.press("Continue")
    assert temporary not in chromium.text
    assert Visitor().log_in(user, STRONG).status == 403
    anna = Visitor()
    assert anna.log_in(user, temporary, OTHER, OTHER).path == "/projects"
    chromium.press("Grants", ".tabs")
    look(chromium, "admin-grants")
    chromium.fill(holder=user)
    chromium.choose("project", "building")
    chromium.choose("right", "write")
    chromium.press("Give a right")
    assert "The grant is made." in chromium.text
    assert anna.go("/projects/building").status == 200
    chromium.fill(holder="nobody-here")
    chromium.press("Give a right")
    assert "nobody-here" in chromium.find("[role=alert]").text
    look(chromium, "admin-grant-wrong")
    chromium.press(f"Remove the right of {user} in building")
    assert "The grant is removed." in chromium.text
    assert anna.go("/projects/building").status == 404
    chromium.press("Notice", ".tabs")
    look(chromium, "admin-notice")
    chromium.press("Refusals", ".tabs")
    look(chromium, "admin-refusals")
    # Also when the lock is lifted: the code that the user was told.
    assert code in chromium.text
    chromium.fill(code=code)
    chromium.press("Explain")
    assert user in chromium.text and "password" in chromium.text
    look(chromium, "admin-explained")
    chromium.go(f"/admin/users/{user}")
    look(chromium, "admin-user")
    while chromium.has("[aria-label='End session 1']"):
        chromium.press("End session 1")
        assert "The session is ended." in chromium.text
    page = anna.go("/projects")
    assert page.path.startswith("/login") and "has ended" in page.text


def test_in_dutch_on_a_small_screen_in_the_dark(user):
    administrator()
    user_with_password(user, "--language", "nl")
    grant(user, "budget-2027", "write")
    with browser.Browser(ROOT, "nl", (390, 844), [FROM_HOME]) as made:
        made.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        made.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 390, "height": 844, "deviceScaleFactor": 1,
            "mobile": True})
        made.go("/login")
        assert made.title == "Aanmelden"
        look(made, "small-login")
        made.fill(user=user, password=WRONG)
        made.press("Aanmelden")
        look(made, "small-refused")
        made.fill(user=user, password=STRONG)
        made.press("Aanmelden")
        assert made.title == "Projecten"
        look(made, "small-projects")
        made.press("budget-2027")
        look(made, "small-project")
        made.press("English", "footer")
        assert made.path == "/projects/budget-2027"
        assert made.title == "Budget of budget-2027"
        made.press("Log out", "header")
        log_in(made, "chief")
        for page in "users", "grants", "notice", "refusals", f"users/{user}":
            made.go(f"/admin/{page}")
            look(made, "small-admin-" + page.replace("/", "-").replace(
                user, "user"))
