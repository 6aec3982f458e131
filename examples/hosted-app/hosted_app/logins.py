# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversations that wait for their next answer, one a browser.

cloxxsd keeps an attempt with its connection, so that must be kept here, between
one request of the browser and the next. Few at a time, each for a short while:
who is kept has already proved his password, or is shown a further question.
"""

import contextlib
import threading
import time

AT_MOST = 32
SECONDS = 180


class Full(Exception):
    """Too many people are in the middle of a login."""


class Logins:
    def __init__(self, at_most=AT_MOST, seconds=SECONDS):
        self.at_most, self.seconds = at_most, seconds
        self._lock = threading.Lock()
        self._kept = {}  # key: (login, deadline)

    def keep(self, key, login):
        """login belongs to this from now on, and to nobody if it is full."""
        with self._lock:
            dead = [kept for kept, (_, deadline) in self._kept.items()
                    if kept == key or deadline < time.monotonic()]
            closing = [self._kept.pop(kept)[0] for kept in dead]
            full = len(self._kept) >= self.at_most
            if full:
                closing.append(login)
            else:
                self._kept[key] = login, time.monotonic() + self.seconds
        for one in closing:
            one.close()
        if full:
            raise Full
        timer = threading.Timer(self.seconds, self._end, (key, login))
        timer.daemon = True
        timer.start()

    def _end(self, key, login):
        with self._lock:
            if self._kept.get(key, (None,))[0] is not login:
                return
            del self._kept[key]
        login.close()

    def peek(self, key):
        """The one that waits, to ask its question; None if there is none."""
        with self._lock:
            login, deadline = self._kept.get(key, (None, 0))
            return login if deadline > time.monotonic() else None

    @contextlib.contextmanager
    def taken(self, key):
        """The one that waits, or None; nobody else has it meanwhile. It is
        closed behind this unless it is kept again."""
        with self._lock:
            login, _ = self._kept.pop(key, (None, 0))
        try:
            yield login
        finally:
            if login and not self._holds(key, login):
                login.close()

    def _holds(self, key, login):
        with self._lock:
            return self._kept.get(key, (None,))[0] is login
