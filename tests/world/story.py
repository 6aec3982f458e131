#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of one guarded login, told inside the world.

The demo prints it; tests/system/test_story.py runs the same steps. Each step
does one thing with the real programs, looks at what came of it, and returns
what was seen, as lines. A step that sees something else raises Mismatch with
the whole transcript.
"""

import json
import os
import pathlib
import re
import sys
import time

import cloxxs_world as world
import senders
from cloxxs_world import Typist

USER = "piet"
ADMINISTRATOR = "marit"
IDENTITY = "/root/identity.txt"
STORE = world.STATE / "private" / "store.db"
WEAK = "welkom123"
FIRST = "vier fietsen op de kade"
SECOND = "nog een kop koffie graag"
WRONG = "dit is het zeker niet"
# In the Netherlands, in Germany, and in no country; made so by a database.
FROM, OFFICE = ("145.97.20.1", "198.51.100.9"), "192.0.2.10"
COUNTRIES = "/run/countries.mmdb"
ORIGIN = "[geofence]\ncountries = NL\nlocal = deny\n"
# A second factor; the first gateway is one that nobody listens at.
PHONE, MAIL = "+31612345642", "piet@example.nl"
ALARMS = "[alarms]\nmail = security@example.nl\ngroup = 1s\n"
ASKING = "[service sshd]\ncode = always\n[code]\nmail = yes\n"
DEAD = ("[gateway]\nlocation = nowhere\nurl = http://127.0.0.1:9/\n"
        "header_1 = X-To: {phone_e164}\nbody_form = text\nbody = {text}\n")
MARK_YES, MARK_NO = "✓", "✗"


# The titles of the steps, which are told in English by their docstrings, and
# what else the story says itself.
DUTCH = {
    "speak": "De host spreekt Nederlands: [login] language = nl",
    "make_user": "De beheerder maakt een gebruiker aan, die sshd mag gebruiken",
    "first_login": "Die logt ermee in en moet kiezen: een zwak wachtwoord "
                   "wordt geweigerd, een sterk aangenomen",
    "login": "Hij logt in met zijn eigen wachtwoord; id toont hem",
    "temporary_is_spent": "Het tijdelijke wachtwoord opent niets meer",
    "three_wrong": "Drie foute wachtwoorden blokkeren het account",
    "right_refused": "Nu wordt ook het goede geweigerd, met een referentiecode",
    "show": "De beheerder ziet sinds wanneer, vanwaar en bij welke dienst",
    "explain": "Hij vraagt waar de referentiecode voor staat",
    "unlock": "Alleen hij heft de blokkade op, en moet zeggen waarom",
    "passwd": "De gebruiker logt in en wijzigt zelf zijn wachtwoord, met passwd",
    "last_login": "Hij logt in met het nieuwe; het oude opent niets",
    "from_where": "Met een landendatabase komt alleen Nederland binnen; hij, "
                  "vanaf zijn vaste adres",
    "code_by_sms": "Achter het wachtwoord een code per sms: een gateway faalt, de "
                   "volgende stuurt hem",
    "code_by_mail": "Of per e-mail, over TLS; wat al gebruikt is, opent niets",
    "alarm": "Iemand wordt beheerder: een alarm, en een mail daarover",
    "not here: {}": "niet hier: {}",
    "records": "Het staat allemaal in het journaal",
    "audit": "De audit wordt doorzocht en bewezen; een anker gaat naar elders",
    "doctor": "Er komt een herstelsleutel; de doctor bekijkt alles waar een "
              "login van afhangt",
    "backup": "Er wordt een back-up gemaakt, verzegeld met de herstelsleutel",
    "damage": "De opslag raakt beschadigd, niemand komt binnen; de back-up "
              "brengt hem terug",
    "statement": "De verklaring: welke beloften worden nagekomen, nu gemeten",
    "temporary password: {}": "tijdelijk wachtwoord: {}",
    "{} sound, nothing wrong": "{} in orde, niets mis",
}


def language():
    """ "nl" or "en", by what the caller of the world speaks."""
    for name in ("CLOXXS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "nl" if os.environ[name].startswith("nl") else "en"
    return "en"


class Mismatch(Exception):
    """A step saw something else than it should."""

    def __init__(self, what, transcript=""):
        super().__init__(what)
        self.transcript = transcript


def expect(condition, what, transcript=""):
    if not condition:
        raise Mismatch(what, transcript)


def shown(text):
    """The lines that a person saw, without empty ones."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def furnish():
    """What a host has, and a world of a minute lacks."""
    world.run("chpasswd", stdin="root:alleen op de console\n")
    pathlib.Path("/var/log/journal").mkdir(exist_ok=True)
    pathlib.Path("/etc/systemd/journald.conf.d/world.conf").write_text(
        "[Journal]\nStorage=persistent\n")


class Story:
    """What one step hands on to the next."""

    language = "en"

    def __init__(self, spoken="en"):
        self.language = spoken
        self.temporary = None
        self.reference = None
        self.file = None
        self.beginning = world.cursor()

    def say(self, text, *values):
        if self.language == "nl":
            text = DUTCH[text]
        return text.format(*values)

    def title(self, step):
        if self.language == "nl":
            return DUTCH[step.__name__]
        return " ".join(step.__doc__.split())

    def speak(self):
        """The host speaks the language that is asked for"""
        text = f"[login]\nlanguage = {self.language}\n"
        directory = world.CONF / "cloxxsd.conf.d"
        directory.mkdir(mode=0o755, exist_ok=True)
        file = directory / "50-language.conf"
        file.write_text(text)
        file.chmod(0o644)
        world.cloxxsd.restart()
        seen = world.ssh("nobody-here", [WRONG], "true")
        expect(self.language != "nl" or "Wachtwoord:" in seen.text,
               "the prompt is not Dutch", seen.text)
        return [f"$ cat {file}", *shown(text), *shown(seen.text)]

    def make_user(self):
        """The administrator makes a user, who may use sshd"""
        command = ("user", "add", USER, "--services", "sshd")
        self.temporary = world.temporary_password(*command)
        return ["$ cloxxsctl " + " ".join(command),
                self.say("temporary password: {}", self.temporary)]

    def first_login(self):
        """He logs in with it and must choose: a weak one is refused, \
a strong one taken"""
        seen = world.ssh(USER, Typist(self.temporary, WEAK, FIRST), "id")
        expect(seen.status == 0, "the first login did not succeed", seen.text)
        new = [q for q in seen.asked if Typist.NEW.search(q)
               and not Typist.AGAIN.search(q)]
        expect(len(new) == 2, "the weak password was not refused", seen.text)
        expect(f"({USER})" in seen.text, "id does not show the user", seen.text)
        return [f"$ ssh {USER}@{world.HOST} id", *shown(seen.text)]

    def login(self):
        """He logs in with his own password; id shows him"""
        seen = world.ssh(USER, [FIRST], "id")
        expect(seen.status == 0, "the login did not succeed", seen.text)
        expect(f"({USER})" in seen.text, "id does not show the user", seen.text)
        return [f"$ ssh {USER}@{world.HOST} id", *shown(seen.text)]

    def temporary_is_spent(self):
        """The temporary password opens nothing any more"""
        seen = world.ssh(USER, [self.temporary], "id")
        expect(seen.status == 255 and "uid=" not in seen.text,
               "the temporary password still works", seen.text)
        world.ssh(USER, [FIRST], "true")  # and the count is zero again
        return shown(seen.text)

    def three_wrong(self):
        """Three wrong passwords lock the account"""
        lines = []
        for _ in range(3):
            seen = world.ssh(USER, [WRONG], "id")
            expect(seen.status == 255, "a wrong password was taken", seen.text)
            lines += shown(seen.text)
        user = world.cloxxsctl_json("user", "show", USER)
        expect(world.find_key(user, "locked") is True,
               "the account is not locked", str(user))
        return lines

    def right_refused(self):
        """Now the right one is refused too, with a reference code"""
        seen = world.ssh(USER, [FIRST], "id")
        expect(seen.status == 255 and "uid=" not in seen.text,
               "a locked account was let in", seen.text)
        self.reference = seen.reference()
        expect(self.reference, "the refusal shows no reference code", seen.text)
        return shown(seen.text)

    def show(self):
        """The administrator sees since when, from where and at which service"""
        user = world.cloxxsctl_json("user", "show", USER)
        text = world.cloxxsctl("user", "show", USER).stdout
        failed = world.find_key(user, "failed") or []
        expect(len(failed) == 3, "not three failures are shown", text)
        for failure in failed:
            expect(failure.get("service") == "sshd"
                   and failure.get("address") == world.HOST
                   and failure.get("at"),
                   "a failure lacks when, where from or service", str(failed))
        return [f"$ cloxxsctl user show {USER}", *shown(text)]

    def explain(self):
        """He asks what the reference code stands for"""
        done = world.cloxxsctl("explain", self.reference)
        expect("locked" in done.stdout, "the lock is not named", done.stdout)
        return [f"$ cloxxsctl explain {self.reference}", *shown(done.stdout)]

    def unlock(self):
        """Only he lifts the lock, and must say why"""
        without = world.cloxxsctl("user", "unlock", USER, check=False)
        expect(without.returncode != 0, "unlocked without a reason",
               without.stdout)
        command = ("user", "unlock", USER, "--reason", "called back, it was he")
        world.cloxxsctl(*command)
        user = world.cloxxsctl_json("user", "show", USER)
        expect(world.find_key(user, "locked") is False, "still locked",
               str(user))
        return [f"$ cloxxsctl user unlock {USER}",
                *shown(without.stderr),
                f'$ cloxxsctl user unlock {USER} --reason "{command[-1]}"']

    def passwd(self):
        """The user logs in and changes his password himself, with passwd"""
        typist = Typist(FIRST, SECOND, tries=2)
        seen = world.ssh(USER, typist, "passwd", tty=True)
        expect(seen.status == 0, "passwd failed", seen.text)
        return [f"$ ssh -t {USER}@{world.HOST} passwd", *shown(seen.text)]

    def last_login(self):
        """He logs in with the new one; the old one opens nothing"""
        old = world.ssh(USER, [FIRST], "id")
        expect(old.status == 255, "the old password still works", old.text)
        seen = world.ssh(USER, [SECOND], "id")
        expect(seen.status == 0, "the new password does not work", seen.text)
        return shown(seen.text)

    def ssh_from(self, address, answer):
        return world.ssh(USER, Typist(answer), "true",
                         options=[f"BindAddress={address}"])

    def from_where(self):
        """With a country database only the Netherlands get in; he, from his \
fixed address"""
        for address in (*FROM, OFFICE):
            world.run("ip", "addr", "add", f"{address}/32", "dev", "lo")
        world.run("/src/tests/world/country_database", COUNTRIES,
                  "145.97.0.0/16=NL", "198.51.100.0/24=DE")
        command = ("geoip", "import", COUNTRIES)
        world.cloxxsctl(*command)
        file = world.CONF / "cloxxsd.conf.d/60-origin.conf"
        file.write_text(ORIGIN)
        world.cloxxsd.restart()
        lines = ["$ cloxxsctl " + " ".join(command), *shown(ORIGIN)]
        dutch, german = (self.ssh_from(one, SECOND) for one in FROM)
        expect(dutch.status == 0, "refused from the Netherlands", dutch.text)
        expect(german.status != 0, "let in from abroad", german.text)
        lines += [f"{FROM[0]} (NL): " + MARK_YES, f"{FROM[1]} (DE): " + MARK_NO]
        command = ("explain", "--user", USER, "--service", "sshd", "--from",
                   FROM[1])
        done = world.cloxxsctl(*command, check=False)
        expect(done.returncode == 10 and "country-not-allowed" in done.stdout,
               "the country does not explain it", done.stdout + done.stderr)
        lines += ["$ cloxxsctl " + " ".join(command), *shown(done.stdout)[:2]]
        command = ("user", "set", USER, "--networks", OFFICE)
        world.cloxxsctl(*command)
        dutch, office = (self.ssh_from(one, SECOND)
                         for one in (FROM[0], OFFICE))
        expect(dutch.status != 0 and office.status == 0,
               "fixed networks do not hold", dutch.text + office.text)
        lines += ["$ cloxxsctl " + " ".join(command),
                  f"{FROM[0]}: {MARK_NO}   {OFFICE}: {MARK_YES}"]
        world.cloxxsctl("user", "set", USER, "--networks", "")
        file.unlink()
        world.cloxxsd.restart()
        return lines

    def log_in_with_code(self, read, *words):
        """A login that types words, and then what read() has."""
        typed, answers = [], list(words)

        def answer(question):
            if re.search("assword|achtwoord", question):
                return SECOND
            if answers:
                return answers.pop(0)
            found = re.search(r"\b\d{6}\b", read())
            typed.append(found.group())
            return typed[-1]

        seen = world.ssh(USER, answer, "id")
        expect(seen.status == 0, "the code does not open", seen.text)
        return seen, typed[-1]

    def code_by_sms(self):
        """Behind the password a code by SMS: one gateway fails, the next one \
sends it"""
        if not senders.Kannel.is_there():
            return [self.say("not here: {}", "kannel")]
        senders.kannel.start()
        text, secrets = senders.kannel_gateway()
        senders.courier.configure("", {"0-dead": DEAD, "kannel": text}, secrets)
        senders.courier.start()
        command = ("factor", "set", USER, "--phone", PHONE)
        lines = ["$ cloxxsctl " + " ".join(command),
                 *shown(world.cloxxsctl(*command).stdout)[2:3]]
        file = world.CONF / "cloxxsd.conf.d/70-code.conf"
        file.write_text(ASKING)
        world.cloxxsd.restart()
        lines += shown(ASKING)
        seen, _ = self.log_in_with_code(lambda: senders.kannel.wait_for(PHONE))
        sent = senders.kannel.received()
        expect(len(sent) == 1, "not one message was sent", str(sent))
        status = world.cloxxsctl("courier", "status").stdout
        return [*lines, *shown(seen.text), "$ cloxxsctl courier status",
                *shown(status)]

    def code_by_mail(self):
        """Or by e-mail, over TLS; what was used opens nothing"""
        if not senders.Postfix.is_there() or not senders.Kannel.is_there():
            return [self.say("not here: {}", "postfix")]
        senders.postfix.start()
        text, secrets = senders.kannel_gateway()
        senders.courier.configure(senders.MAIL, {"kannel": text}, secrets)
        world.cloxxsctl("factor", "set", USER, "--mail", MAIL)

        def read():
            world.wait_until(lambda: re.search(r"\d{6} is", senders.postfix.box()),
                             15, "the mail")
            return re.search(r"\d{6} is", senders.postfix.box()).group()

        seen, code = self.log_in_with_code(read, "mail")
        mail = senders.postfix.box()
        subject = re.search(r"^Subject: .*$", mail, re.M).group()
        expect(code not in subject, "the code stands in the subject", mail)
        again = world.ssh(USER, [SECOND, code], "id")
        expect(again.status != 0, "a used code opens", again.text)
        (world.CONF / "cloxxsd.conf.d/70-code.conf").unlink()
        return [*shown(seen.text), subject]

    def alarm(self):
        """Somebody is made an administrator: an alarm, and a mail of it"""
        file = world.CONF / "cloxxsd.conf.d/80-alarms.conf"
        file.write_text(ALARMS)
        world.cloxxsd.restart()
        role = ("--role", "administrator")
        world.user_with_password(ADMINISTRATOR, more=role)
        listed = world.cloxxsctl("alarm", "list").stdout
        lines = [*shown(ALARMS), f"$ cloxxsctl user add {ADMINISTRATOR} ... "
                 + " ".join(role)]
        if senders.Postfix.is_there() and senders.Kannel.is_there():
            what = f"user-added: user {ADMINISTRATOR}"
            mail = next(one for one in re.split(
                r"^From ", senders.postfix.wait_for(what), flags=re.M)
                if what in one)
            head, _, text = mail.partition("\n\n")
            subject = re.search(r"^Subject: .*$", head, re.M).group()
            expect("administrator-act" in subject, "another alarm", mail)
            lines += [subject, *(line for line in shown(text)
                                 if "Host" in line or "user" in line)]
        else:
            lines += [self.say("not here: {}", "postfix")]
        expect("administrator-act" in listed, "the alarm is not listed", listed)
        file.unlink()
        world.cloxxsd.restart()
        senders.stop()
        return lines

    def records(self):
        """The journal has all of it"""
        records = [r for r in world.journal(*self.beginning)
                   if "CLOXXS_EVENT" in r]
        text = "\n".join(map(str, records))
        of_user = [r for r in records if r.get("CLOXXS_USER") == USER]
        expect(of_user, "no record of the user", text)
        for record in records:
            expect(record.get("MESSAGE_ID"), "a record has no id", text)
            for secret in (self.temporary, WEAK, FIRST, SECOND, WRONG):
                expect(secret not in str(record), "a password was logged",
                       str(record))
        expect(any(r.get("CLOXXS_REFERENCE") == self.reference
                   for r in of_user), "the refusal is not recorded", text)
        return ["$ journalctl CLOXXS_USER=" + USER,
                *(self.line(r) for r in of_user)]

    def audit(self):
        """The audit is searched, and proved; an anchor is kept elsewhere"""
        world.wait_until(
            lambda: world.cloxxsctl_json("status")["unpublished"] == 0, 20,
            "the records to be in the journal")
        world.run("journalctl", "--sync")
        search = ("audit", "search", "--user", USER, "--event",
                  "login-denied", "--reverse", "--limit", "3")
        found = world.cloxxsctl(*search).stdout
        expect(found.count("login-denied") == 3, "refusals are not found",
               found)
        anchor = world.cloxxsctl("audit", "anchor").stdout
        proved = world.cloxxsctl("audit", "verify", "--anchor",
                                 anchor.strip()).stdout
        expect("Proved: " in proved, "the ledger is not proved", proved)
        return ["$ cloxxsctl " + " ".join(search), *shown(found),
                "$ cloxxsctl audit anchor | tee anchor", anchor[:76] + "...",
                "$ cloxxsctl audit verify --anchor anchor", *shown(proved)[:1]]

    def doctor(self):
        """A recovery key is made; the doctor looks at all that a login \
hangs on"""
        furnish()
        world.cloxxsctl("key", "recovery", "--identity", IDENTITY)
        done = world.cloxxsctl("doctor", "--all", "--json", check=False)
        answer = json.loads(done.stdout)
        # A world has no clock of its own to be set right, and is administered
        # from anywhere.
        wrong = [f"{one['check']}: {one['seen']}" for one in answer["findings"]
                 if one["severity"] in ("error", "warning")
                 and one["check"] not in ("clock", "administrator-networks")]
        expect(not wrong, "the doctor finds something", "\n".join(wrong))
        sound = sum(one["severity"] in ("ok", "note")
                    for one in answer["findings"])
        # Where Cloxxs came in packages.
        packages = [f"{one['check']}: {one['seen']}"
                    for one in answer["findings"]
                    if one["check"] == "packages" and one["severity"] == "ok"]
        expect(packages or not pathlib.Path("/packages").exists(),
               "the doctor knows of no packages", done.stdout)
        return [f"$ cloxxsctl key recovery --identity {IDENTITY}",
                "$ cloxxsctl doctor", *packages,
                self.say("{} sound, nothing wrong", sound)]

    def backup(self):
        """A backup is made, sealed to the recovery key"""
        world.cloxxsctl("backup", "create")
        listed = world.cloxxsctl_json("backup", "list")
        self.file = world.find_key(listed, "file")
        expect(self.file, "no backup is listed")
        with open(IDENTITY, encoding="ascii") as identity:
            expect(world.find_key(listed, "recipient") in identity.readline(),
                   "the backup is not told to be sealed for the identity")
        text = world.cloxxsctl("backup", "list").stdout
        return ["$ cloxxsctl backup create", "$ cloxxsctl backup list",
                *shown(text)]

    def damage(self):
        """The store is damaged, nobody gets in; the backup brings it back"""
        world.cloxxsd.stop()
        with open(STORE, "r+b") as store:
            store.write(bytes(4096))
        try:
            world.cloxxsd.start()
            expect(False, "the daemon took a damaged store")
        except world.WorldError:
            world.cloxxsd.stop()
        seen = world.ssh(USER, [SECOND], "id")
        expect(seen.status == 255, "somebody got in", seen.text)
        found = world.cloxxsctl("recover", "check", check=False)
        expect(found.returncode != 0, "the damage was not found", found.stdout)
        command = ("backup", "restore", f"/var/backups/cloxxs/{self.file}",
                   "--identity", IDENTITY, "--allow", "damaged", "--yes")
        done = world.cloxxsctl(*command)
        world.cloxxsd.start()
        again = world.ssh(USER, [SECOND], "id")
        expect(again.status == 0 and f"({USER})" in again.text,
               "he is not let in", again.text)
        return ["$ cloxxsctl recover check",
                *shown(found.stdout + found.stderr),
                "$ cloxxsctl " + " ".join(command), *shown(done.stdout),
                f"$ ssh {USER}@{world.HOST} id", *shown(again.text)]

    def statement(self):
        """The statement: which promises are kept, measured now"""
        said = world.cloxxsctl_json("statement", "--language", self.language)
        kept = {row["id"] for row in said["promises"]
                if row["outcome"] == "kept"}
        missing = {"S02", "S03", "S04", "S05", "S06", "S07", "S12", "S22",
                   "S24"} - kept
        expect(not missing, f"not kept: {sorted(missing)}",
               "\n".join(f"{row['id']} {row['seen']}"
                         for row in said["promises"]))
        marks = {"kept": "✓", "declared": "○", "off": "–", "not-kept": "✗"}
        return ["$ cloxxsctl statement", *(
            f"{marks[row['outcome']]} {row['id']} {row['promise']}"
            for row in said["promises"]), said["disclaimer"]]

    @staticmethod
    def line(record):
        at = time.strftime("%H:%M:%S", time.localtime(
            int(record["__REALTIME_TIMESTAMP"]) // 1000000))
        parts = [record.get("CLOXXS_" + field, "") for field in (
            "EVENT", "RESULT", "REASON", "SERVICE", "ADDRESS", "ACTOR",
            "REFERENCE")]
        return " ".join(f"{part:{width}}" for part, width in zip(
            [at, *parts], (8, 22, 8, 22, 6, 12, 6, 0))).rstrip()

    def steps(self):
        spoken = [self.speak] if self.language != "en" else []
        return [*spoken, self.make_user, self.first_login, self.login,
                self.temporary_is_spent, self.three_wrong, self.right_refused,
                self.show, self.explain, self.unlock, self.passwd,
                self.last_login, self.from_where, self.code_by_sms,
                self.code_by_mail, self.alarm, self.records, self.audit,
                self.doctor, self.backup, self.damage, self.statement]


# ---- the teller ----------------------------------------------------------------


class Teller:
    """Prints a step at a pace that can be followed."""

    def __init__(self):
        self.tty = sys.stdout.isatty()
        self.colour = self.tty and "NO_COLOR" not in os.environ

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def tell(self, step, title):
        """Runs one step; true when it saw what it should."""
        try:
            lines, error = step(), None
        except Exception as caught:  # whatever it was, the story tells it
            lines, error = shown(getattr(caught, "transcript", "")), caught
        mark = self.paint("31", "✗") if error else self.paint("32", "✓")
        print(f"{mark} {title}", flush=True)
        for line in lines:
            print(self.paint("2", f"    {line}"), flush=True)
        if error:
            print(f"    {type(error).__name__}: {error}", flush=True)
        if self.tty:
            time.sleep(1.0)
        return error is None


def tell(story):
    """The exit status: 0 where each step saw what it should."""
    teller = Teller()
    for step in story.steps():
        if not teller.tell(step, story.title(step)):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(tell(Story(language())))
