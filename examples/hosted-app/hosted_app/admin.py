# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the administrator. All that they show and change goes through
nl.cloxxs.Admin on a connection that acts for him: cloxxsd looks at each call
whether he is an administrator, at this moment and from this address, and
records it as his. Nothing here decides who that is.
"""

import contextlib
import datetime

import flask

import cloxxs

from . import door
from .language import say

pages = flask.Blueprint("admin", __name__, url_prefix="/admin")

ADMIN = "nl.cloxxs.Admin."
ROWS = 200
RIGHTS = ("read", "write", "write-only", "deny")


class Admin:
    """nl.cloxxs.Admin, as the user of this browser."""

    def __init__(self, connection):
        self.connection = connection

    def __call__(self, method, **parameters):
        return self.connection.call(ADMIN + method, **parameters)

    def rows(self, method, member, at_most=ROWS, **parameters):
        """The first rows of a stream; the last reply may have none."""
        rows = []
        for reply in self.connection.stream(ADMIN + method, **parameters):
            if reply.get(member) is not None:
                rows.append(reply[member])
            if len(rows) == at_most:
                break
        return rows


@contextlib.contextmanager
def _acting():
    session = flask.g.session["cloxxs"]
    with door.service().acting_for(session, flask.g.address) as connection:
        yield Admin(connection)


def _typed(name):
    return flask.request.form.get(name, "").strip()[:256]


def _back(endpoint, **values):
    return flask.redirect(flask.url_for(endpoint, **values), 303)


# ---- users ------------------------------------------------------------------


@pages.get("/users")
@door.logged_in
def users():
    with _acting() as admin:
        return flask.render_template(
            "users.html", users=admin.rows("ListUsers", "user"), most=ROWS)


@pages.get("/users/<name>")
@door.logged_in
def user(name):
    return _user(name)


def _user(name, **values):
    with _acting() as admin:
        got = admin("GetUser", name=name)
        return flask.render_template(
            "user.html", user=got["user"], failed=got["failed"],
            notice=got["notice"], accepted=got.get("accepted"),
            sessions=sorted(admin.rows("ListSessions", "session", user=name),
                            key=lambda one: one["opened"], reverse=True),
            grants=admin.rows("ListGrants", "grant", holder=name,
                              service=door.given().service),
            done=flask.request.args.get("done"), **values)


@pages.post("/users/<name>/password")
@door.logged_in
def temporary_password(name):
    """Shown in this one answer, and kept nowhere."""
    with _acting() as admin:
        made = admin("ResetPassword", name=name)
    return flask.render_template(
        "temporary.html", name=name, password=made["temporary_password"],
        until=made["temporary_until"])


@pages.post("/users/<name>/unlock")
@door.logged_in
def unlock(name):
    with _acting() as admin:
        admin("UnlockUser", name=name, reason=_typed("reason"))
    return _back("admin.user", name=name, done="unlocked")


@pages.post("/users/<name>/sessions/end")
@door.logged_in
def end_session(name):
    with _acting() as admin:
        admin("EndSession", session=_typed("session"))
    return _back("admin.user", name=name, done="ended")


# ---- grants -----------------------------------------------------------------


def _grants(status=200, **values):
    service = door.given().service
    with _acting() as admin:
        return flask.render_template(
            "grants.html", rights=RIGHTS,
            grants=admin.rows("ListGrants", "grant", service=service),
            projects=admin.rows("ListProjects", "project", service=service),
            done=flask.request.args.get("done"), **values), status


@pages.get("/grants")
@door.logged_in
def grants():
    return _grants()


def _until():
    """The end of a day, in UTC; None without one."""
    day = _typed("until")
    if not day:
        return None
    end = datetime.datetime.combine(datetime.date.fromisoformat(day),
                                    datetime.time(23, 59, 59),
                                    datetime.timezone.utc)
    return int(end.timestamp())


@pages.post("/grants")
@door.logged_in
def add_grant():
    try:
        with _acting() as admin:
            admin("AddGrant", holder=_typed("holder"),
                  project=_typed("project"), right=_typed("right"),
                  service=door.given().service, until=_until())
    except cloxxs.Refused as refused:
        return _grants(400, fault=_sentence(refused), form=flask.request.form)
    except ValueError:
        return _grants(400, fault=say("The day cannot be read."),
                       form=flask.request.form)
    return _back("admin.grants", done="made")


@pages.post("/grants/remove")
@door.logged_in
def remove_grant():
    with _acting() as admin:
        admin("RemoveGrant", holder=_typed("holder"),
              project=_typed("project"), service=door.given().service)
    return _back("admin.grants", done="removed")


def _sentence(refused):
    """Of a refusal that a form may be filled in better for; others go on."""
    if refused.short == "NotFound":
        return say("There is none of this name: {}",
                   refused.parameters.get("name", ""))
    if not refused.sentence:
        raise refused
    return refused.sentence


# ---- notice and refusals ----------------------------------------------------


@pages.get("/notice")
@door.logged_in
def notice():
    with _acting() as admin:
        return flask.render_template(
            "notice.html", notice=admin("GetNotice"),
            accepted=admin.rows("ListAcceptances", "acceptance"),
            waiting=admin.rows("ListAcceptances", "acceptance",
                               not_accepted=True))


@pages.get("/refusals")
@door.logged_in
def refusals():
    """Who is locked, and who was refused last, here or anywhere."""
    with _acting() as admin:
        return flask.render_template(
            "refusals.html", locks=admin("Status")["locks"],
            refusals=admin.rows("ListRefusals", "refusal"),
            **_explained(admin))


def _explained(admin):
    """What stands behind a reference code that somebody was told."""
    code = flask.request.args.get("code", "").strip()[:64]
    if not code:
        return {}
    try:
        return {"code": code, "explained": admin("Explain", reference=code)}
    except cloxxs.Refused as refused:
        if refused.short not in ("NotFound", "Invalid"):
            raise
        return {"code": code, "explained": None}
