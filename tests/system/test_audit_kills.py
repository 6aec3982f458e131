# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of daemon and journald, at any moment, while many record: what was
acknowledged stands in the ledger, once, and comes to the journal.

CLOXXS_KILLS in the environment says how often, 25 times where it is not set.
"""

import collections
import os
import random
import threading
import time

import pytest

import abuse
import cloxxs_world as world
import journal_world as jw

KILLS = int(os.environ.get("CLOXXS_KILLS", "25"))
WRITERS = 4
# journald keeps as much as it likes, and the world has little room.
PRUNE_EVERY = 50


@pytest.fixture(scope="module", autouse=True)
def configured():
    jw.configure()


class Writer(threading.Thread):
    """Records without a pause, alone and in portions, and remembers the number
    of what was acknowledged. It goes on when the daemon is there again."""

    def __init__(self, name):
        super().__init__(daemon=True)
        self.tag, self.stop, self.failed = name, False, None
        self.idle = threading.Event()
        self.acknowledged, self.unknown, self.n = {}, set(), 0

    def rows(self):
        count = random.choice((1, 1, 1, 7, 40))
        names = [f"{self.tag}-{self.n + i}" for i in range(count)]
        self.n += count
        return names, [{**jw.ROW, "object": name} for name in names]

    def once(self, wire):
        names, rows = self.rows()
        self.unknown.update(names)
        if len(rows) == 1:
            first = wire.call(jw.AUDIT + "Record", rows[0])["sequence"]
        else:
            first = wire.call(jw.AUDIT + "RecordMany", {"records": rows})[
                "first"]
        self.unknown.difference_update(names)
        for i, name in enumerate(names):
            self.acknowledged[name] = first + i

    def run(self):
        while not self.stop:
            try:
                with abuse.Wire(timeout=30) as wire:
                    while not self.stop:
                        if self.idle.is_set():
                            time.sleep(0.01)
                            continue
                        self.once(wire)
                        # A thousand rounds must find room in the journal.
                        time.sleep(0.01)
            except (abuse.Closed, OSError):
                time.sleep(0.01)
            except Exception as error:  # shown by the test
                self.failed = error
                return


@pytest.fixture
def writers():
    threads = [Writer(f"{os.urandom(3).hex()}{i}") for i in range(WRITERS)]
    for thread in threads:
        thread.start()
    yield threads
    end(threads)


def end(threads):
    for thread in threads:
        thread.stop = True
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a writer hangs"
        assert thread.failed is None, thread.failed


def assert_in_ledger(threads):
    """Each acknowledged record once, under its number; any other at most
    once."""
    found = collections.defaultdict(list)
    for seq, name in abuse.query(
            "SELECT seq, object FROM ledger WHERE event = 'action'"):
        found[name].append(seq)
    for thread in threads:
        assert thread.acknowledged
        for name, number in thread.acknowledged.items():
            assert found[name] == [number], name
        for name in thread.unknown:
            assert len(found[name]) <= 1, name
    proof = jw.verify()
    assert proof["verdict"] == "proved", proof
    count = abuse.query("SELECT count(*), min(seq), max(seq) FROM ledger")[0]
    assert count[0] == count[2] - count[1] + 1


def test_kill_of_the_daemon(writers):
    for _ in range(KILLS):
        time.sleep(random.uniform(0, 0.08))
        world.cloxxsd.kill()
        world.cloxxsd.start()
    end(writers)
    assert_in_ledger(writers)
    # What was on its way when it died is sent twice; none is left out.
    jw.handed_over(60 + KILLS)
    jw.confirm_all(12)
    if KILLS <= PRUNE_EVERY:
        assert set(range(*numbers_of(writers))) <= set(jw.in_journal())


def numbers_of(threads):
    numbers = [number for thread in threads
               for number in thread.acknowledged.values()]
    return min(numbers), max(numbers) + 1


def test_kill_of_journald(writers):
    for turn in range(KILLS):
        time.sleep(random.uniform(0, 0.08))
        world.journald.kill()
        world.journald.start()
        if turn % PRUNE_EVERY == PRUNE_EVERY - 1:
            for thread in writers:
                thread.idle.set()
            jw.confirm_all(12)
            world.run("journalctl", "--rotate", "--vacuum-files=4")
            for thread in writers:
                thread.idle.clear()
    end(writers)
    lost = jw.confirm_all(12)
    print(f"lost at the last: {lost}")
    assert jw.unseen() is None
    assert_in_ledger(writers)
    if KILLS <= PRUNE_EVERY:
        assert set(range(*numbers_of(writers))) <= set(jw.in_journal())
