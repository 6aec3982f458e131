# SPDX-License-Identifier: GPL-3.0-or-later
"""What the application keeps itself, in one SQLite file: the lines of budgets,
and the sessions of browsers.

It keeps no right and no user: who may read or write a project is asked of
Cloxxs, at every request. A browser's session is found by the SHA-256 of its
cookie, so that the file opens nobody's session.
"""

import contextlib
import hashlib
import os
import sqlite3
import time

SCHEMA = """
CREATE TABLE IF NOT EXISTS line (
  id INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  title TEXT NOT NULL,
  cents INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX IF NOT EXISTS line_by_project ON line (project, id);
CREATE TABLE IF NOT EXISTS session (
  cookie BLOB PRIMARY KEY,
  cloxxs TEXT NOT NULL,
  user TEXT NOT NULL,
  administrator INTEGER NOT NULL,
  greeting TEXT NOT NULL,
  opened INTEGER NOT NULL,
  seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


def digest(cookie):
    return hashlib.sha256(cookie.encode()).digest()


class Changed(Exception):
    """Somebody else has changed it meanwhile."""


class Store:
    def __init__(self, path, idle_seconds=1800, longest_seconds=43200):
        self.path = path
        self.idle_seconds = idle_seconds
        self.longest_seconds = longest_seconds
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(SCHEMA)

    @contextlib.contextmanager
    def _open(self):
        database = sqlite3.connect(self.path, timeout=10,
                                   isolation_level=None)
        try:
            database.row_factory = sqlite3.Row
            yield database
        finally:
            database.close()

    @contextlib.contextmanager
    def _change(self):
        """One transaction: what is raised within undoes it."""
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    # ---- budgets ------------------------------------------------------------

    def lines(self, project):
        with self._open() as database:
            return database.execute(
                "SELECT * FROM line WHERE project = ? ORDER BY id",
                (project,)).fetchall()

    def line(self, project, number):
        with self._open() as database:
            return database.execute(
                "SELECT * FROM line WHERE project = ? AND id = ?",
                (project, number)).fetchone()

    def add_line(self, project, title, cents, before_commit):
        """before_commit(number) is called when all is written and nothing
        kept; what it raises undoes it."""
        with self._change() as database:
            number = database.execute(
                "INSERT INTO line (project, title, cents) VALUES (?, ?, ?)",
                (project, title, cents)).lastrowid
            before_commit(number)
        return number

    def change_line(self, line, title, cents, before_commit):
        """line as it was read: whoever was faster has won."""
        with self._change() as database:
            done = database.execute(
                "UPDATE line SET title = ?, cents = ?, version = version + 1"
                " WHERE id = ? AND project = ? AND version = ?",
                (title, cents, line["id"], line["project"], line["version"]))
            if done.rowcount != 1:
                raise Changed
            before_commit(line["id"])

    # ---- sessions of browsers -----------------------------------------------

    def add_session(self, cookie, cloxxs, user, administrator, greeting):
        now = int(time.time())
        with self._change() as database:
            database.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?)",
                (digest(cookie), cloxxs, user, administrator, greeting, now,
                 now))

    def session(self, cookie):
        with self._open() as database:
            return database.execute("SELECT * FROM session WHERE cookie = ?",
                                    (digest(cookie),)).fetchone()

    def touch_session(self, session):
        """At most once a minute: a page is not worth a write."""
        now = int(time.time())
        if now - session["seen"] >= 60:
            with self._change() as database:
                database.execute("UPDATE session SET seen = ? "
                                 "WHERE cookie = ?", (now, session["cookie"]))

    def greet(self, session):
        """What it has to say, once."""
        if session["greeting"]:
            with self._change() as database:
                database.execute("UPDATE session SET greeting = '' "
                                 "WHERE cookie = ?", (session["cookie"],))
        return session["greeting"]

    def remove_session(self, session):
        with self._change() as database:
            database.execute("DELETE FROM session WHERE cookie = ?",
                             (session["cookie"],))

    def _oldest(self):
        now = int(time.time())
        return now - self.idle_seconds, now - self.longest_seconds

    def is_old(self, session):
        """Not used for long, or used for too long."""
        seen, opened = self._oldest()
        return session["seen"] < seen or session["opened"] < opened

    def old_sessions(self):
        with self._open() as database:
            return database.execute(
                "SELECT * FROM session WHERE seen < ? OR opened < ?",
                self._oldest()).fetchall()
