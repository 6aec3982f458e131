# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of a store beside real logins, and what a restore brings back."""

import contextlib
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import stat
import subprocess
import threading
import time

import pytest

import abuse
import cloxxs_world as world
from abuse import OTHER, STORE
from cloxxs_world import STRONG, Typist

BACKUPS = pathlib.Path("/var/backups/cloxxs")
PRIVATE = world.STATE / "private"
KEY = world.CONF / "cloxxs.key"
IDENTITY = pathlib.Path("/run/backup-identity")
OFFLINE = "/usr/libexec/cloxxs/cloxxs-offline"
DAY = 86400
OK, FAILURE, USAGE, NOT_FOUND, DENIED, UNAVAILABLE, CONFLICT = range(7)


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


@pytest.fixture
def recovery_key():
    if not IDENTITY.exists():
        world.cloxxsctl("key", "recovery", "--identity", str(IDENTITY))


@pytest.fixture
def settings():
    """Sets further settings for the time of a test."""
    yield lambda text: abuse.configure(abuse.CHEAP + text)
    abuse.configure()


def create():
    return BACKUPS / world.cloxxsctl_json("backup", "create")["backup"]["file"]


def restore_argv(file, *more):
    return ["cloxxsctl", "backup", "restore", str(file), "--identity",
            str(IDENTITY), "--yes", "--json", *more]


def restore(file, *more):
    with world.cloxxsd.stopped():
        return json.loads(world.run(*restore_argv(file, *more)).stdout)


def tree(*tops):
    """All that stands below, but the lock, which names its holder."""
    found = {}
    for top in tops:
        for path in sorted(pathlib.Path(top).rglob("*")):
            status = path.lstat()
            if path.name == "lock":
                continue
            content = hashlib.sha256(path.read_bytes()).hexdigest() \
                if path.is_file() else None
            found[str(path)] = (status.st_mode, status.st_uid, status.st_gid,
                                content)
    return found


def refused(done, *words):
    """It failed with one line that has these words, and no trace of a fall."""
    assert done.returncode in range(1, 7), (done.returncode, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    return done


def differs(answer):
    return {(one["user"], one["what"], one["allowed"])
            for one in answer["changes"]}


def is_let_in(user, password=STRONG):
    return world.ssh(user, Typist(password), "true").status == 0


# ---- create ------------------------------------------------------------------------


def test_without_a_recovery_key():
    since = world.cursor()
    before = tree(BACKUPS)
    done = refused(world.cloxxsctl("backup", "create", check=False),
                   "cloxxsctl key recovery")
    assert done.returncode == CONFLICT
    assert tree(BACKUPS) == before == {}
    assert not (PRIVATE / "snapshot.db").exists()
    assert abuse.events(since, event="backup-created") == []


def test_abuse_102_create_while_logins_run(user, recovery_key):
    """All that was done before it is in it; nothing beside the file is
    needed."""
    world.user_with_password(user)
    since, ended, logins = world.cursor(), threading.Event(), []

    def log_in():
        while not ended.is_set():
            logins.append(is_let_in(user))

    threads = [threading.Thread(target=log_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        world.wait_until(lambda: logins, 60, "a first login")
        last = f"{user}last"
        abuse.temporary_user(last)
        file = create()
        late = f"{user}late"
        abuse.temporary_user(late)
        n = len(logins)
        world.wait_until(lambda: len(logins) > n, 60, "a login after it")
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)
    assert all(logins)
    assert [r["CLOXXS_ACTOR"] for r in
            abuse.events(since, event="backup-created")] == ["root"]
    # Onto nothing: what is there then was in it.
    world.cloxxsd.stop()
    kept = pathlib.Path("/run/backup-kept")
    shutil.move(PRIVATE, kept)
    PRIVATE.mkdir(0o700)
    shutil.chown(PRIVATE, world.DAEMON_USER, world.DAEMON_USER)
    answer = json.loads(world.run(*restore_argv(file)).stdout)
    assert not answer["present"] and not answer["writes_key"]
    assert not pathlib.Path(f"{STORE}-wal").exists()
    world.cloxxsd.start()
    abuse.integrity()
    assert abuse.show(last)["name"] == last
    assert abuse.error_of(abuse.show, late) == abuse.ADMIN + "NotFound"
    assert is_let_in(user)
    shutil.rmtree(kept)


# ---- restore -----------------------------------------------------------------------


def test_who_is_kept_out_stays_so(user, recovery_key):
    locked, disabled, deleted, changed, named = (
        user + end for end in ("lo", "di", "de", "ch", "na"))
    for name in locked, disabled, deleted, changed, named:
        abuse.make_user(name)
    file = create()
    world.cloxxsctl("user", "lock", locked, "--reason", "a test")
    world.cloxxsctl("user", "lock", named, "--reason", "a test")
    world.cloxxsctl("user", "disable", disabled, "--reason", "a test")
    world.cloxxsctl("user", "delete", deleted, "--yes")
    # Passwords have their times in seconds.
    former = int(time.time())
    world.wait_until(lambda: int(time.time()) > former, 2, "the next second")
    temporary = world.temporary_password("user", "reset-password", changed)
    assert abuse.verdict(changed, temporary, OTHER, OTHER) == "allow"
    since = world.cursor()

    answer = restore(file)
    assert {one for one in differs(answer) if one[0].startswith(user)} == {
        (locked, "stays locked", False), (named, "stays locked", False),
        (disabled, "stays disabled", False), (deleted, "stays away", False),
        (changed, "keeps the newer password", False)}
    assert answer["ledger"] == "goes-on" and answer["ledger_lost"] == 0
    for name in locked, disabled, named:
        assert not is_let_in(name)
    assert not is_let_in(deleted)
    assert not is_let_in(changed) and is_let_in(changed, OTHER)
    assert abuse.error_of(abuse.show, deleted) == abuse.ADMIN + "NotFound"
    events = abuse.events(since, event="backup-restored")
    assert [r["CLOXXS_ACTOR"] for r in events] == ["root"]

    # Wildcards and SQL are names of nobody (abuse_126).
    for word in "%", "_%,*", "';DROP/**/TABLE/**/user;--", "lock", user:
        restore(file, "--allow", word)
        assert abuse.show(locked)["locked"], word
    answer = restore(file, "--allow", f"{named},disabled,users")
    assert (named, "is unlocked", True) in differs(answer)
    assert (disabled, "is enabled", True) in differs(answer)
    assert (deleted, "comes back", True) in differs(answer)
    assert abuse.show(locked)["locked"] and not abuse.show(named)["locked"]
    assert is_let_in(named) and is_let_in(disabled) and is_let_in(deleted)
    assert not is_let_in(changed) and is_let_in(changed, OTHER)
    answer = restore(file, "--allow", "locks,passwords")
    assert (changed, "gets the older password back", True) in differs(answer)
    assert is_let_in(locked) and is_let_in(changed)
    abuse.integrity()


def test_dry_run_changes_nothing(user, recovery_key):
    abuse.make_user(user)
    file = create()
    world.cloxxsctl("user", "lock", user, "--reason", "a test")
    with world.cloxxsd.stopped():
        before = tree(world.STATE, world.CONF, BACKUPS)
        answer = json.loads(world.run(
            *restore_argv(file, "--dry-run", "--allow", "locks")).stdout)
        assert (user, "is unlocked", True) in differs(answer)
        assert answer["dry_run"] and answer["kept_store"] is None
        assert tree(world.STATE, world.CONF, BACKUPS) == before
    assert abuse.show(user)["locked"]


def test_not_while_the_daemon_runs(user, recovery_key):
    file = create()
    with world.cloxxsd.frozen():
        before = tree(world.STATE)
        done = refused(world.run(*restore_argv(file), check=False),
                       "systemctl stop cloxxsd.socket cloxxsd.service")
        assert done.returncode == UNAVAILABLE
        assert tree(world.STATE) == before
    assert refused(world.run(*restore_argv(file), user=world.DAEMON_USER,
                             check=False)).returncode in (DENIED, FAILURE)


def test_not_without_being_asked(recovery_key):
    file = create()
    argv = [word for word in restore_argv(file) if word != "--yes"]
    with world.cloxxsd.stopped():
        before = tree(world.STATE)
        refused(world.run(*argv, check=False), "--dry-run", "--yes")
        seen = world.converse(argv[:-1], ["y"])
        assert "not confirmed" in seen.text and seen.status == FAILURE
        assert tree(world.STATE) == before


def test_bare_name(tmp_path, recovery_key):
    """As the list shows it; the directory's wins over the current one's."""
    file = create()
    listed = world.cloxxsctl_json("backup", "list")["backups"][0]["file"]
    assert listed == file.name
    (tmp_path / listed).write_text("another one")
    (tmp_path / "here").write_text("no backup")

    def verify(name):
        done = subprocess.run(
            ["cloxxsctl", "backup", "verify", name, "--identity",
             str(IDENTITY), "--json"], cwd=tmp_path, text=True,
            capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    status, text = verify(listed)
    assert status == OK and json.loads(text)["known"], text
    assert json.loads(text)["backup"]["file"] == str(file)
    assert verify(f"./{listed}")[0] == FAILURE
    assert verify("here")[0] == FAILURE
    status, text = verify("nowhere")
    assert status == NOT_FOUND and f"{BACKUPS}/nowhere" in text
    with world.cloxxsd.stopped():
        answer = json.loads(world.run(*restore_argv(listed)).stdout)
    assert answer["backup"]["file"] == str(file)


def test_twice_in_a_second(recovery_key):
    """Each keeps what it replaced, under a name of its own."""
    file = create()
    with world.cloxxsd.stopped():
        kept = [json.loads(world.run(*restore_argv(file)).stdout)["kept_store"]
                for _ in range(6)]
    assert len(set(kept)) == 6
    assert all((PRIVATE / name).exists() for name in kept)


def test_damaged_present(recovery_key):
    """What cannot be compared lets nobody in unasked; it is told with a whole
    sentence, and kept."""
    file = create()
    world.cloxxsd.stop()
    pathlib.Path(f"{STORE}-wal").unlink(missing_ok=True)
    STORE.write_bytes(b"no store" * 1024)
    argv = [word for word in restore_argv(file) if word != "--json"]
    before = tree(world.STATE)
    refused(world.run(*argv, check=False), "(/var/lib/cloxxs/private/",
            "store.db: file is not a database)", "--allow damaged",
            "nothing was changed")
    assert tree(world.STATE) == before
    done = world.run(*argv, "--allow", "damaged")
    line = next(line for line in done.stdout.splitlines()
                if "cannot be compared" in line)
    assert "store.db: file is not a database" in line
    assert "gets in again" in done.stdout
    kept = list(PRIVATE.glob("store.db.before-restore-*"))
    assert any(one.read_bytes().startswith(b"no store") for one in kept)
    world.cloxxsd.start()
    abuse.integrity()


# ---- abuse_105: the directory ---------------------------------------------------------


@contextlib.contextmanager
def mounted(path, *options):
    path.mkdir(exist_ok=True)
    world.run("mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs",
              str(path))
    try:
        shutil.chown(path, world.DAEMON_USER, world.DAEMON_USER)
        yield
    finally:
        world.run("umount", str(path))
        path.rmdir()


def check_loud(user, *words):
    since = world.cursor()
    done = refused(world.cloxxsctl("backup", "create", check=False), *words)
    assert done.returncode == UNAVAILABLE
    failed = abuse.events(since, event="backup-failed")
    assert len(failed) == 1 and failed[0]["PRIORITY"] == "3"
    assert abuse.events(since, event="backup-created") == []
    assert not (PRIVATE / "snapshot.db").exists()
    assert is_let_in(user)


def test_abuse_105_link(user, recovery_key, settings, tmp_path):
    abuse.make_user(user)
    link = pathlib.Path("/var/backups/link")
    link.symlink_to(BACKUPS)
    before = tree(BACKUPS)
    settings(f"[backup]\ndirectory = {link}\n")
    check_loud(user, "is a link", "[backup]")
    refused(world.cloxxsctl("backup", "prune", check=False), "is a link")
    assert tree(BACKUPS) == before
    link.unlink()


def test_abuse_105_missing_or_of_others(user, recovery_key, settings):
    abuse.make_user(user)
    place = pathlib.Path("/var/backups/place")
    settings(f"[backup]\ndirectory = {place}\n")
    check_loud(user, "is not there")
    place.mkdir()
    shutil.chown(place, world.DAEMON_USER)
    place.chmod(0o777)
    check_loud(user, "chmod")
    place.rmdir()


def test_abuse_105_read_only_and_full(user, recovery_key, settings):
    abuse.make_user(user)
    place = pathlib.Path("/var/backups/small")
    with mounted(place, "size=4m", "mode=0700"):
        settings(f"[backup]\ndirectory = {place}\n")
        world.cloxxsctl("backup", "create")
        before = tree(place)
        assert len(before) == 1
        world.run("mount", "-o", "remount,ro", str(place))
        check_loud(user, "ead-only")
        assert tree(place) == before
        world.run("mount", "-o", "remount,rw", str(place))
        filler = place / "filler"
        with contextlib.suppress(OSError), open(filler, "wb") as stream:
            while True:
                stream.write(b"x" * 65536)
                stream.flush()
        with open(filler, "r+b") as stream:
            stream.truncate(filler.stat().st_size - 65536)
        check_loud(user, "space")
        filler.unlink()
        assert tree(place) == before
        world.cloxxsctl("backup", "create")
        assert len(tree(place)) == 2
        settings("")


# ---- abuse_106: crafted files -----------------------------------------------------------


def test_abuse_106_crafted(tmp_path, recovery_key):
    good = create()
    content = good.read_bytes()
    pair = json.loads(world.run(OFFLINE, "key", "recovery").stdout)
    other = tmp_path / "identity"
    other.write_text(pair["identity"])
    cases = [content[:n] for n in
             (0, 1, 511, 512, 4096, len(content) // 2, len(content) - 1)]
    cases += [content + b"\0", b"x" * 4096, b"SQLite format 3\0" * 64,
              content[:512] + bytes(len(content) - 512)]
    for at in [8, 16, 40, 300, 500, *range(600, len(content), 16384),
               len(content) - 1]:
        bent = bytearray(content)
        bent[at] ^= 1
        cases.append(bytes(bent))
    with world.cloxxsd.stopped():
        before = tree(world.STATE, world.CONF)
        file = tmp_path / "crafted"
        for i, case in enumerate(cases):
            file.write_bytes(case)
            done = refused(world.run(*restore_argv(file), check=False),
                           "nothing was changed")
            assert done.returncode == FAILURE, i
            assert tree(world.STATE, world.CONF) == before, i
        # A sparse one is measured, not read.
        with open(file, "wb") as stream:
            stream.write(content[:512])
            stream.truncate(1 << 40)
        seconds, done = abuse.elapsed(world.run, *restore_argv(file),
                                      check=False)
        refused(done, "nothing was changed")
        assert seconds < 20
        refused(world.run("cloxxsctl", "backup", "restore", str(good),
                          "--identity", str(other), "--yes", check=False),
                "recovery key", "nothing was changed")
        refused(world.run(*restore_argv("/dev/zero"), check=False))
        refused(world.run(*restore_argv(tmp_path), check=False))
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        refused(world.run(*restore_argv(fifo), check=False, timeout=20))
        assert tree(world.STATE, world.CONF) == before


def test_abuse_106_names(tmp_path, recovery_key):
    """Names from elsewhere are told in one line, and are none of ours."""
    good = create()
    odd = tmp_path / "a\nROOT: all is well\x1b[2J"
    odd.write_bytes(good.read_bytes()[:-1])
    done = refused(world.cloxxsctl("backup", "verify", str(odd), check=False))
    assert "\x1b" not in done.stderr
    before = world.cloxxsctl_json("backup", "list")["backups"]
    strangers = [BACKUPS / "a\nb.backup", BACKUPS / f"{good.name}\n",
                 BACKUPS / "cloxxs-20200101T000000Z-00000001.backup"]
    for one in strangers[:2]:
        one.write_bytes(good.read_bytes())
    strangers[2].symlink_to("/etc/shadow")
    assert world.cloxxsctl_json("backup", "list")["backups"] == before
    for one in strangers:
        one.unlink()
    for name in "%", "_", "' OR 1=1 --", "cloxxs-%.backup":
        done = refused(world.cloxxsctl("backup", "verify", name, check=False))
        assert done.returncode == NOT_FOUND, name


# ---- abuse_107: broken off ------------------------------------------------------------


def users_in_store():
    return {name for (name,) in abuse.query(
        "SELECT name FROM user", store=abuse.frozen_copy())}


def is_whole(store):
    return abuse.query("PRAGMA integrity_check", store=store) == [("ok",)]


def test_abuse_107_killed_restore(user, recovery_key):
    """Before each call that makes something last: old or new, never mixed;
    what is left over hinders nobody."""
    abuse.make_user(user)
    file = create()
    late = f"{user}late"
    abuse.temporary_user(late)
    killer = abuse.built("kill.so", "-D_GNU_SOURCE", "-shared", "-fPIC",
                         abuse.SYSTEM / "setup_kill.c", "-ldl")
    argv = [OFFLINE, "backup", "restore", str(file), "--identity",
            str(IDENTITY), "--yes", "yes"]
    saved = pathlib.Path("/run/backup-before")
    world.cloxxsd.stop()
    world.run("cp", "-a", str(PRIVATE), str(saved))
    seen = []
    for n in range(1, 200):
        done = world.run(*argv, check=False, env={
            **os.environ, "LD_PRELOAD": killer, "SETUP_KILL": str(n)})
        if done.returncode != -signal.SIGKILL:
            break
        assert is_whole(abuse.frozen_copy()), n
        names = users_in_store()
        assert user in names
        seen.append("old" if late in names else "new")
        for path in PRIVATE.rglob("*"):
            mode = stat.S_IMODE(path.lstat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), path
        if n % 6 == 0 or seen[-2:] == ["old", "new"]:
            world.cloxxsd.start()
            assert abuse.verdict(user, STRONG) == "allow", n
            world.cloxxsd.stop()
            world.run(*argv)
            assert late not in users_in_store()
        shutil.rmtree(PRIVATE)
        world.run("cp", "-a", str(saved), str(PRIVATE))
    assert done.returncode == OK, done.stdout + done.stderr
    assert seen == sorted(seen, reverse=True) and set(seen) == {"old", "new"}
    assert late not in users_in_store()
    world.cloxxsd.start()
    assert is_let_in(user)
    shutil.rmtree(saved)
    assert not list(PRIVATE.glob("restore.*"))


# ---- abuse_108, abuse_109 ---------------------------------------------------------------


def test_abuse_108_nothing_in_clear(user, recovery_key):
    canary = "kanarie piet zingt zevenmaal"
    abuse.make_user(user, canary)
    assert is_let_in(user, canary)
    assert not is_let_in(user, canary + "x")
    file = create()
    secrets = [line.split(": ")[1].encode()
               for line in IDENTITY.read_text().splitlines()[1:]]
    key = KEY.read_bytes()[:32]
    for path in [*world.STATE.rglob("*"), *BACKUPS.iterdir()]:
        if path.is_file():
            content = path.read_bytes()
            for secret in canary.encode(), key, *secrets:
                assert secret not in content, path
    content = file.read_bytes()
    for word in user.encode(), b"SQLite format 3", b"sshd", b"argon2":
        assert word not in content, word
    # The place of the copy is gone as well.
    assert not (PRIVATE / "snapshot.db").exists()


def test_abuse_109_new_host(user, recovery_key):
    world.user_with_password(user)
    key, file = KEY.read_bytes(), create()
    outside = pathlib.Path("/run/backup-of-elsewhere")
    shutil.copyfile(file, outside)
    world.cloxxsd.stop()
    KEY.unlink()
    shutil.rmtree(world.STATE)
    shutil.rmtree(world.cloxxsd.CREDENTIALS)
    world.run("systemd-tmpfiles", "--create",
              "/usr/lib/tmpfiles.d/cloxxs.conf")
    done = world.run(*restore_argv(outside), check=False)
    assert done.returncode == OK, done.stderr
    answer = json.loads(done.stdout)
    assert answer["writes_key"] and not answer["present"]
    assert KEY.read_bytes() == key
    assert stat.S_IMODE(KEY.stat().st_mode) == 0o600
    assert KEY.stat().st_uid == 0
    world.cloxxsd.start()
    assert is_let_in(user)
    # It goes on: the next one is made, and known.
    next_one = create()
    assert world.cloxxsctl_json("backup", "verify", next_one.name)["known"]


# ---- list, prune, the unit --------------------------------------------------------------


def test_prune_by_the_clock(recovery_key, settings):
    place = pathlib.Path("/var/backups/prune")
    place.mkdir(0o700)
    shutil.chown(place, world.DAEMON_USER, world.DAEMON_USER)
    settings(f"[backup]\ndirectory = {place}\nkeep = 30d\n"
             "keep_verified = 2\n")

    def make():
        return world.cloxxsctl_json("backup", "create")["backup"]["file"]

    def prune(*more):
        answer = world.cloxxsctl_json("backup", "prune", *more)
        return {one["file"] for one in answer["removed"]}

    first, second, third = make(), make(), make()
    assert prune() == set()
    with abuse.clock_ahead(29 * DAY):
        assert prune() == set()
    with abuse.clock_ahead(31 * DAY):
        since = world.cursor()
        fourth = make()
        assert prune("--dry-run") == {first, second}
        assert len(tree(place)) == 4
        # One whose bytes are others is none of the two that must stay.
        with open(place / third, "r+b") as stream:
            stream.seek(-1, os.SEEK_END)
            last = stream.read(1)[0]
            stream.seek(-1, os.SEEK_END)
            stream.write(bytes([last ^ 1]))
        assert prune() == {first}
        assert {path.name for path in place.iterdir()} == \
            {second, third, fourth}
        assert len(abuse.events(since, event="backup-pruned")) == 1
        (place / fourth).unlink()
        assert prune() == set()
    # A clock set back makes nothing old.
    with abuse.clock_ahead(-400 * DAY):
        assert prune() == set()
    shutil.rmtree(place)


def test_watched(recovery_key, settings, tmp_path):
    now, text = time.time(), ""
    for name, ages in {"good": [1, 2], "old": [3 * DAY, 4 * DAY],
                       "few": [1]}.items():
        place = pathlib.Path(f"/srv/watched/{name}")
        place.mkdir(parents=True, exist_ok=True)
        for i, age in enumerate(ages):
            (place / f"{i}.tar").touch()
            os.utime(place / f"{i}.tar", (now - age, now - age))
    for name in "good", "old", "few", "missing":
        text += (f"[watched_backup {name}]\npath = /srv/watched/{name}\n"
                 "max_age = 26h\nmin_count = 2\npattern = *.tar\n")
    settings(text)
    answer = world.cloxxsctl_json("backup", "list")
    assert [(one["name"], one["state"], one["count"])
            for one in answer["watched"]] == [
        ("good", "good", 2), ("old", "old", 2), ("few", "few", 1),
        ("missing", "missing", 0)]
    shown = world.cloxxsctl("backup", "list").stdout
    assert "it is not there" in shown and "there are 1, and must be 2" in shown
    shutil.rmtree("/srv/watched")


def test_the_unit(recovery_key):
    """Its commands, as root without any capability or network."""
    unit = pathlib.Path("/usr/lib/systemd/system/cloxxs-backup.service")
    commands = [line.partition("=")[2]
                for line in unit.read_text().splitlines()
                if line.startswith("ExecStart=")]
    assert len(commands) == 2
    before = set(BACKUPS.iterdir())
    for command in commands:
        world.run("unshare", "--net", "setpriv", "--bounding-set=-all",
                  "--inh-caps=-all", "--no-new-privs", "env", "-i",
                  *shlex.split(command))
    assert len(set(BACKUPS.iterdir()) - before) == 1


def test_modes_and_owners(recovery_key):
    """After all of the above."""
    create()
    uid = PRIVATE.stat().st_uid
    assert uid != 0
    for path in [PRIVATE, BACKUPS, *PRIVATE.rglob("*"), *BACKUPS.iterdir()]:
        status = path.lstat()
        assert stat.S_IMODE(status.st_mode) == \
            (0o700 if path.is_dir() else 0o600), path
        assert status.st_uid == uid, path
    assert [path for path in BACKUPS.iterdir()
            if not path.name.endswith(".backup")] == []
    assert {path.name for path in PRIVATE.iterdir()
            if "before-restore" not in path.name} <= {
        "lock", "store.db", "store.db-wal", "store.db-shm", "store.made"}
    assert list(pathlib.Path("/var/tmp").glob("cloxxs-*")) == []
    assert stat.S_IMODE(KEY.stat().st_mode) == 0o600
