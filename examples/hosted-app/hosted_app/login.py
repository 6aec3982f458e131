# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages by which people come in, choose another password, and leave.

They are a relay: cloxxsd asks, the page shows the question, what is typed goes
to cloxxsd and is forgotten. Whether a password is right, temporary or strong
enough, whether a code or the notice is asked for, is decided there.
"""

import flask

import cloxxs

from . import door, logins
from .language import language, say

pages = flask.Blueprint("login", __name__)

# No user's name is as long: what is cut off makes it nobody's.
NAME_MAX = 64
TITLES = {
    "password": "Current password",
    "new_password": "Choose a new password",
    "code": "Code",
    "notice": "Please read this first",
}
# What the browser may fill in, as HTML has it.
FILLS = {"password": "current-password", "new_password": "new-password",
         "code": "one-time-code", "notice": "off"}


def _waiting():
    return flask.current_app.extensions["logins"]


def _typed(name):
    """As it was typed, whole: cloxxsd says what is too long."""
    return flask.request.form.get(name, "")


@pages.get("/")
def begin():
    return flask.redirect(flask.url_for("projects.all_projects"))


# ---- coming in --------------------------------------------------------------


@pages.get("/login")
def enter():
    if flask.g.session:
        return flask.redirect(flask.url_for("projects.all_projects"))
    return _form(ended="ended" in flask.request.args)


def _form(status=200, **values):
    return flask.render_template("login.html", **values), status


@pages.post("/login")
def enter_with_password():
    """The name, and the answer to the first question."""
    door.sweep()
    attempt = door.service().login(_typed("user")[:NAME_MAX], flask.g.address,
                                   language=language())
    return _go_on(attempt, _typed("password"))


@pages.route("/login/step", methods=["GET", "POST"])
def step():
    """A further question of the same conversation."""
    if flask.request.method == "GET":
        attempt = _waiting().peek(flask.g.browser)
        return _ask(attempt) if attempt else _lost()
    with _waiting().taken(flask.g.browser) as attempt:
        return _go_on(attempt, _typed("answer")) if attempt else _lost()


def _lost():
    """Too late, or too often back: there is no question any more."""
    where = "login.change" if flask.g.session else "login.enter"
    return flask.redirect(flask.url_for(where))


def _go_on(attempt, answer):
    try:
        if not attempt.done:
            attempt.answer(answer)
        if attempt.done:
            return _finish(attempt)
        _waiting().keep(flask.g.browser, attempt)
    except logins.Full:
        return door.page_of(503)
    except BaseException:
        attempt.close()
        raise
    return flask.redirect(flask.url_for("login.step"), 303)


def _ask(attempt):
    return flask.render_template(
        "step.html", title=say(TITLES[attempt.step]), attempt=attempt,
        fills=FILLS[attempt.step], changing=attempt.purpose == "change")


def _finish(attempt):
    try:
        if attempt.purpose == "change":
            return _changed(attempt)
        session = attempt.open_session()
        if session is None:
            return _form(403, refused=attempt.message or say("Refused."))
        return _welcome(attempt, session)
    finally:
        attempt.close()


def _welcome(attempt, session):
    door.renew_browser()
    door.store().add_session(
        flask.g.browser, session, attempt.user,
        _may_administer(session), attempt.message)
    return flask.redirect(flask.url_for("projects.all_projects"), 303)


def _may_administer(session):
    """For the menu alone: each page of administration is asked about anew."""
    try:
        with door.service().acting_for(session, flask.g.address):
            return True
    except cloxxs.Error:
        return False


# ---- another password -------------------------------------------------------


@pages.get("/password")
@door.logged_in
def change():
    return flask.render_template("password.html")


@pages.post("/password")
@door.logged_in
def change_with_password():
    attempt = door.service().login(
        flask.g.session["user"], flask.g.address, purpose="change",
        language=language())
    return _go_on(attempt, _typed("password"))


def _changed(attempt):
    if not attempt.allowed:
        return flask.render_template(
            "password.html", refused=attempt.message or say("Refused.")), 403
    return flask.render_template("password.html", changed=True)


# ---- leaving ----------------------------------------------------------------


@pages.post("/logout")
@door.logged_in
def leave():
    door.end(flask.g.session)
    door.renew_browser()
    return flask.redirect(flask.url_for("login.enter"), 303)
