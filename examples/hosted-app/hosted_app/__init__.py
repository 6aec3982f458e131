# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets of projects, on the web: an example of an application whose users
log in through Cloxxs, and whose rights and records are kept there.

    gunicorn "hosted_app:create_app('/etc/hosted-app.conf')"

One process with threads: logins that wait for their next answer are kept in
its memory, each with its own connection to cloxxsd.
"""

import flask

import cloxxs

from . import (admin, door, language, login, logins, projects, settings,
               store)

# No script, nothing from elsewhere, in no frame. The referrer stays within:
# without one, browsers would not say where a form was sent from.
HEADERS = {
    "Content-Security-Policy":
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
FORM_BYTES = 16384


def create_app(path):
    """The WSGI application, with the settings of a file."""
    given = settings.read(path)
    app = flask.Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=FORM_BYTES, GIVEN=given)
    # A whole call is bounded: by cloxxsd's own hash queue where it is a login.
    app.extensions["cloxxs"] = cloxxs.Service(
        given.service, path=given.socket, at_most=16)
    app.extensions["store"] = store.Store(
        given.database, given.idle_minutes * 60, given.longest_hours * 3600)
    app.extensions["logins"] = logins.Logins()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app)
    door.install(app)
    for part in (login, projects, admin):
        app.register_blueprint(part.pages)
    app.after_request(_harden)
    return app


def _harden(response):
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if flask.current_app.config["GIVEN"].secure:
        response.headers.setdefault("Strict-Transport-Security",
                                    "max-age=31536000")
    if flask.request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
