# SPDX-License-Identifier: GPL-3.0-or-later
"""What every request passes before a page sees it.

What must hold:
 1. Where it comes from is what cloxxsd makes of the connection's peer and of
    X-Forwarded-For; who came round the proxies gets no page at all.
 2. A browser that logged in is in only while cloxxsd says so, asked each time.
 3. A form counts only with the token of its browser, and from our own pages.
 4. Whatever cannot be asked is a refusal.
"""

import functools
import hashlib
import hmac
import secrets

import flask

import cloxxs

from .language import say

FORM = "form"  # the hidden field of every form


def service():
    return flask.current_app.extensions["cloxxs"]


def store():
    return flask.current_app.extensions["store"]


def given():
    return flask.current_app.config["GIVEN"]


def install(app):
    app.before_request(_find_address)
    app.before_request(_find_browser)
    app.before_request(_check_path)
    app.before_request(_check_form)
    app.after_request(_set_cookie)
    app.context_processor(lambda: {
        "form_token": form_token, "service": given().service})
    app.register_error_handler(cloxxs.Unavailable, _unavailable)
    app.register_error_handler(cloxxs.Refused, _refused)
    app.register_error_handler(Exception, _failed)
    for status in TITLES:
        app.register_error_handler(status, lambda error: page_of(error.code))


# ---- where from -------------------------------------------------------------


def _find_address():
    """g.address; several headers of that name are one, as HTTP has it."""
    flask.g.address = flask.g.session = None
    peer = flask.request.environ.get("REMOTE_ADDR") or ""
    try:
        flask.g.address = service().client_address(
            peer, flask.request.headers.get("X-Forwarded-For"))
    except cloxxs.Refused as refused:
        if refused.short != "NotThroughProxy":
            raise
        return flask.Response("This way leads nowhere.\n", 403,
                              mimetype="text/plain")
    return None


# ---- who --------------------------------------------------------------------


def cookie_name(name):
    # A cookie of this prefix is never set from elsewhere, nor without https.
    return ("__Host-" if given().secure else "") + name


def _find_browser():
    """g.browser, a secret of this browser, and g.session once it is in."""
    cookie = flask.request.cookies.get(cookie_name("browser"), "")
    flask.g.cookie_is_new = len(cookie) != 43
    flask.g.browser = secrets.token_urlsafe(32) if flask.g.cookie_is_new \
        else cookie
    session = None if flask.g.cookie_is_new else store().session(cookie)
    if not session or flask.request.endpoint == "static":
        return None
    user = service().check_session(session["cloxxs"], flask.g.address)
    if user != session["user"]:
        store().remove_session(session)
    elif store().is_old(session):
        end(session)
    else:
        store().touch_session(session)
        flask.g.session = session
        return None
    renew_browser()
    flask.g.session_ended = True
    return None


def end(session):
    store().remove_session(session)
    service().close_session(session["cloxxs"])


def sweep():
    """Ends the sessions of browsers that went away without a word."""
    for session in store().old_sessions():
        end(session)


def renew_browser():
    """Another secret: who knew the one of before knows nothing."""
    flask.g.browser = secrets.token_urlsafe(32)
    flask.g.cookie_is_new = True


def _set_cookie(response):
    if flask.g.get("cookie_is_new") and flask.request.endpoint != "static":
        response.set_cookie(cookie_name("browser"), flask.g.browser,
                            secure=given().secure, httponly=True,
                            samesite="Lax", path="/")
    return response


def logged_in(view):
    """A page for users: others go and log in."""
    @functools.wraps(view)
    def guarded(*arguments, **values):
        if flask.g.session is None:
            if flask.request.method == "GET" and \
                    not flask.g.get("session_ended"):
                return flask.redirect(flask.url_for("login.enter"))
            return flask.redirect(flask.url_for("login.enter", ended=1))
        return view(*arguments, **values)
    return guarded


def _check_path():
    """A name is what was written, and not what is left without a slash."""
    if "//" in flask.request.path:
        flask.abort(404)


# ---- forms ------------------------------------------------------------------


def form_token():
    """Made of the browser's secret, which it does not tell."""
    return hashlib.sha256(b"form:" + flask.g.browser.encode()).hexdigest()


def _check_form():
    if flask.request.method in ("GET", "HEAD"):
        return None
    site = flask.request.headers.get("Sec-Fetch-Site", "same-origin")
    token = flask.request.form.get(FORM, "")
    if flask.g.cookie_is_new or site != "same-origin" or \
            not hmac.compare_digest(token.encode(), form_token().encode()):
        if flask.g.get("session_ended"):
            return flask.redirect(flask.url_for("login.enter", ended=1))
        return page_of(400)
    return None


# ---- what goes wrong --------------------------------------------------------

TITLES = {
    400: "This form is no longer valid. Please try again.",
    403: "You may not do this.",
    404: "There is no such page.",
    405: "There is no such page.",
    409: "Somebody else has changed this meanwhile. Please look again.",
    413: "That is too much text.",
    500: "Something went wrong. Nothing was changed.",
    503: "This is not possible at the moment. Nothing was changed. "
         "Please try again later.",
}


def page_of(status, text=""):
    """A page that says what is wrong."""
    return flask.render_template("wrong.html", title=say(TITLES[status]),
                                 text=text), status


def _unavailable(error):
    flask.current_app.logger.error("cloxxsd: %s", error)
    return page_of(503)


def _refused(refused):
    """What cloxxsd refuses to a page that has no better words for it."""
    if refused.short in ("PermissionDenied", "RootOnly"):
        return page_of(403, refused.sentence)
    if refused.short == "NotFound":
        return page_of(404)
    if refused.sentence:
        return page_of(409, refused.sentence)
    flask.current_app.logger.error("cloxxsd refuses: %s", refused)
    return page_of(503)


def _failed(error):
    # The text of an exception might hold what was typed: its kind does not.
    flask.current_app.logger.error("%s in %s", type(error).__name__,
                                   flask.request.endpoint)
    return page_of(500)
