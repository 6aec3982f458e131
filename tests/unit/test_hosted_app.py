#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example application, as far as it goes without cloxxsd: its texts, its
store, the logins that it keeps. With cloxxsd: tests/system/test_hosted_app.py.
"""

import ast
import os
import pathlib
import re
import sys
import threading

SOURCE = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", ".")).absolute()
EXAMPLE = SOURCE / "examples" / "hosted-app"
sys.path[:0] = [str(EXAMPLE), str(SOURCE / "examples" / "python")]
sys.dont_write_bytecode = True

try:
    import flask  # noqa: F401
    import pytest
except ImportError as error:
    print(f"SKIP: python3-{error.name} is missing")
    sys.exit(77)

import hosted_app  # noqa: E402
from hosted_app import language, logins, projects, settings, store  # noqa: E402

SAY = re.compile(r'''say\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')''')


# ---- texts ------------------------------------------------------------------


def python_texts(path):
    """What say() is called with, and the tables that it is given from."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and \
                getattr(node.func, "id", "") == "say" and \
                isinstance(node.args[0], ast.Constant):
            yield node.args[0].value
        if isinstance(node, ast.Assign) and \
                getattr(node.targets[0], "id", "") == "TITLES":
            yield from (one.value for one in node.value.values)


def shown():
    for path in (EXAMPLE / "hosted_app").glob("*.py"):
        yield from python_texts(path)
    for path in (EXAMPLE / "hosted_app" / "templates").glob("*.html"):
        for first, second in SAY.findall(path.read_text(encoding="utf-8")):
            yield first or second
    # Of tables of templates, and words that cloxxsd says.
    yield from ("Users", "Grants", "Notice", "Refusals", "user",
                "administrator", "none", "temporary", "chosen", "read",
                "write", "write-only", "deny")


def test_each_text_is_dutch_too():
    there = set(shown())
    assert len(there) > 80
    assert there - set(language.DUTCH) == set(), "have no Dutch"
    assert set(language.DUTCH) - there == set(), "are shown nowhere"


def test_dutch_takes_the_same_values():
    for english, dutch in language.DUTCH.items():
        assert english.count("{}") == dutch.count("{}"), english


# ---- amounts, settings ------------------------------------------------------


@pytest.mark.parametrize("text, cents", [
    ("0", 0), ("12", 1200), ("1250.50", 125050), ("1250,50", 125050),
    ("-3,05", -305), ("999999999999.99", 99999999999999),
    ("", None), ("12,5", None), ("1.250,50", None), ("1e3", None),
    ("+1", None), ("1 000", None), ("٣", None), ("1000000000000", None)])
def test_amounts(text, cents):
    app = flask.Flask("test")
    with app.test_request_context(method="POST", data={
            "title": "Travel", "amount": text}):
        assert projects._typed() == (cents if cents is None
                                     else ("Travel", cents))


@pytest.mark.parametrize("title", ["", " ", "x" * 81, "a\x00b", "a\x1b[2Jb",
                                   "a\u202eb"])
def test_titles(title):
    app = flask.Flask("test")
    with app.test_request_context(method="POST", data={
            "title": title, "amount": "1"}):
        assert projects._typed() is None


def test_settings(tmp_path):
    path = tmp_path / "conf"
    path.write_text("[hosted-app]\ndatabase = /x\nsecure = no\n"
                    "idle_minutes = 5\n")
    assert settings.read(path) == settings.Settings(
        database="/x", secure=False, idle_minutes=5)
    assert settings.read(EXAMPLE / "hosted-app.conf").secure
    for text in ("[hosted-app]\n", "[other]\n", "[hosted-app]\ndatabase=/x\n"
                 "secure=perhaps\n", "[hosted-app]\ndatabase=/x\ncolour=red\n",
                 "[hosted-app]\ndatabase=/x\nidle_minutes=x\n"):
        path.write_text(text)
        with pytest.raises(settings.Wrong):
            settings.read(path)


# ---- the store --------------------------------------------------------------


class NotRecorded(Exception):
    pass


def refuse(number):
    raise NotRecorded


def test_what_is_not_recorded_does_not_happen(tmp_path):
    kept = store.Store(tmp_path / "db")
    recorded = []
    number = kept.add_line("p", "one", 100, recorded.append)
    assert recorded == [number]
    with pytest.raises(NotRecorded):
        kept.add_line("p", "two", 200, refuse)
    line = kept.line("p", number)
    with pytest.raises(NotRecorded):
        kept.change_line(line, "three", 300, refuse)
    assert [tuple(one)[1:] for one in kept.lines("p")] == [
        ("p", "one", 100, 1)]
    assert kept.line("other", number) is None


def test_who_is_late_changes_nothing(tmp_path):
    kept = store.Store(tmp_path / "db")
    number = kept.add_line("p", "one", 100, lambda _: None)
    line = kept.line("p", number)
    kept.change_line(line, "mine", 1, lambda _: None)
    recorded = []
    with pytest.raises(store.Changed):
        kept.change_line(line, "yours", 2, recorded.append)
    assert kept.line("p", number)["title"] == "mine" and not recorded


def test_sessions(tmp_path):
    kept = store.Store(tmp_path / "db", idle_seconds=1800)
    assert (tmp_path / "db").stat().st_mode & 0o077 == 0
    kept.add_session("cookie", "id", "anna", False, "hello")
    session = kept.session("cookie")
    assert session["user"] == "anna" and kept.session("other") is None
    assert b"cookie" not in (tmp_path / "db").read_bytes().replace(
        b"cookie BLOB", b"").replace(b"(cookie", b"")
    assert not kept.is_old(session) and not kept.old_sessions()
    assert kept.greet(session) == "hello"
    assert kept.greet(kept.session("cookie")) == ""
    kept.idle_seconds = -1
    assert kept.is_old(session) and len(kept.old_sessions()) == 1
    kept.remove_session(session)
    assert kept.session("cookie") is None


# ---- logins that wait -------------------------------------------------------


class Waiting:
    def __init__(self):
        self.closed = threading.Event()

    def close(self):
        self.closed.set()


def test_logins_are_kept_for_their_browser():
    kept, one = logins.Logins(), Waiting()
    kept.keep("me", one)
    assert kept.peek("me") is one and kept.peek("you") is None
    with kept.taken("me") as taken:
        assert taken is one and kept.peek("me") is None
        kept.keep("me", taken)
    assert not one.closed.is_set()
    with kept.taken("me"):
        pass
    assert one.closed.is_set()
    with kept.taken("me") as taken:
        assert taken is None


def test_a_new_one_takes_the_place_of_the_old_one():
    kept, one, two = logins.Logins(), Waiting(), Waiting()
    kept.keep("me", one)
    kept.keep("me", two)
    assert one.closed.is_set() and kept.peek("me") is two


def test_few_logins_wait_and_none_for_long():
    kept = logins.Logins(at_most=2, seconds=30)
    kept.keep("one", Waiting())
    kept.keep("two", Waiting())
    three = Waiting()
    with pytest.raises(logins.Full):
        kept.keep("three", three)
    assert three.closed.is_set()
    brief, late = logins.Logins(at_most=1, seconds=0.05), Waiting()
    brief.keep("me", late)
    assert late.closed.wait(30)
    assert brief.peek("me") is None
    brief.keep("you", Waiting())


# ---- a question, as a page --------------------------------------------------


class Question:
    user, purpose = "anna", "login"

    def __init__(self, step, echo, prompt):
        self.step, self.echo, self.prompt = step, echo, prompt

    def close(self):
        pass


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "conf"
    path.write_text(f"[hosted-app]\ndatabase = {tmp_path / 'db'}\n"
                    "socket = /nowhere/cloxxsd.sock\n")
    return hosted_app.create_app(path)


@pytest.mark.parametrize("step, echo, prompt, there", [
    ("code", True, "Code of the SMS: ",
     ['autocomplete="one-time-code"', 'type="text"']),
    ("new_password", False, "It is too short.\nNew password: ",
     ['autocomplete="new-password"', 'type="password"', "It is too short."]),
    ("password", False, "<Password>: ",
     ['autocomplete="current-password"', "&lt;Password&gt;: "]),
    ("notice", True, "Keep it.\n\nType yes to accept: ",
     ["Keep it.", "I accept", 'value="yes"', 'value="no"'])])
def test_each_question_has_its_page(app, step, echo, prompt, there):
    with app.test_request_context("/login/step"):
        flask.g.browser, flask.g.session = "browser", None
        app.extensions["logins"].keep("browser", Question(step, echo, prompt))
        page = app.view_functions["login.step"]()
    for one in there:
        assert one in page, page
    assert "Type yes" not in page and "/login/step" in page


def test_without_cloxxsd_there_is_no_page(app):
    answer = app.test_client().get("/login")
    assert answer.status_code == 503
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--color=no",
                          __file__, *sys.argv[1:]]))
