# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own work: his projects, and the lines of their budgets.

Each request asks cloxxsd for the right anew, and writes down what is done
before it is done: what cannot be recorded does not happen. Records name the
line by its number: what people typed is their own and stays here.
"""

import re
import sqlite3

import flask

from . import door, store
from .language import say

pages = flask.Blueprint("projects", __name__)

# What cannot be a project's name is not asked about, nor written down as one.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
TITLE_MAX = 80
AMOUNT = re.compile(r"(-?)([0-9]{1,12})(?:[.,]([0-9]{2}))?")


def _record(action, result="done", **more):
    return door.service().record(flask.g.session["user"], flask.g.address,
                                 action, result, **more)


def _demand(project, right, action):
    """Ends the request where he has no such right, and records that."""
    user, service = flask.g.session["user"], door.service()
    if not NAME.fullmatch(project):
        _record(action, "denied")
        flask.abort(404)
    if not service.may(user, project, right):
        _record(action, "denied", project=project)
        # Whether there is such a project is not his to know.
        flask.abort(403 if right == "write" and service.may(
            user, project, "read") else 404)


@pages.get("/projects")
@door.logged_in
def all_projects():
    user = flask.g.session["user"]
    rows = [(name, writes,
             sum(line["cents"] for line in door.store().lines(name))
             if reads else None)
            for name, reads, writes in door.service().projects(user)]
    _record("project-list")
    return flask.render_template("projects.html", projects=rows,
                                 greeting=door.store().greet(flask.g.session))


@pages.get("/projects/<name>")
@door.logged_in
def one(name):
    _demand(name, "read", "project-read")
    _record("project-read", project=name)
    lines = door.store().lines(name)
    return flask.render_template(
        "project.html", name=name, lines=lines,
        writes=door.service().may(flask.g.session["user"], name, "write"),
        total=sum(line["cents"] for line in lines),
        saved="saved" in flask.request.args)


def _typed():
    """(title, cents), or None where the form cannot be so."""
    title = " ".join(flask.request.form.get("title", "").split())
    amount = AMOUNT.fullmatch(flask.request.form.get("amount", "").strip())
    if not amount or not 1 <= len(title) <= TITLE_MAX or \
            not title.isprintable():
        return None
    sign, whole, part = amount.groups()
    return title, int(f"{sign}{whole}{part or '00'}")


@pages.route("/projects/<name>/lines/<int:number>", methods=["GET", "POST"])
@door.logged_in
def line(name, number):
    _demand(name, "write", "line-change")
    found = door.store().line(name, number)
    if not found:
        flask.abort(404)
    if flask.request.method == "GET":
        return _edit(name, found)
    if flask.request.form.get("version") != str(found["version"]):
        flask.abort(409)
    typed = _typed()
    if not typed:
        return _edit(name, {**found, **flask.request.form.to_dict()}, 400)
    try:
        _write("line-change", name, lambda record: door.store().change_line(
            found, *typed, record))
    except store.Changed:
        flask.abort(409)
    return _saved(name)


@pages.route("/projects/<name>/lines/new", methods=["GET", "POST"])
@door.logged_in
def new_line(name):
    _demand(name, "write", "line-add")
    if flask.request.method == "GET":
        return _edit(name, {})
    typed = _typed()
    if not typed:
        return _edit(name, flask.request.form.to_dict(), 400)
    _write("line-add", name, lambda record: door.store().add_line(
        name, *typed, record))
    return _saved(name)


def _write(action, project, change):
    """change(record) calls record(number) when it has all but committed."""
    try:
        change(lambda number: _record(action, project=project,
                                      object=f"line {number}"))
    except sqlite3.Error:
        # It was recorded, and did not happen.
        _record(action, "failed", project=project)
        raise


def _saved(name):
    return flask.redirect(flask.url_for("projects.one", name=name, saved=1),
                          303)


def _edit(name, found, status=200):
    fault = "" if status == 200 else say(
        "Give a title of at most {} characters, and an amount such as "
        "1250.00.", TITLE_MAX)
    return flask.render_template("line.html", name=name, line=found,
                                 fault=fault, title_max=TITLE_MAX), status
