#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of an application whose users log in through Cloxxs, told inside
the world with real requests over HTTPS.

./demo --app prints it; tests/system/test_story_app.py runs the same steps.
"""

import sys
import time

import cloxxs_world as world
import hosted_app
import story
from hosted_app import SERVICE, Visitor
from story import MARK_NO, MARK_YES, expect, shown

USER, OTHER, ADMINISTRATOR = "anna", "ben", "marit"
PROJECT, CLOSED = "budget-2027", "personnel"
WEAK = "welkom123"
FIRST = "vier fietsen op de kade"
HERS = "een jas voor de regen"
# In the Netherlands, in Germany, of the administrators, and the firewall.
HOME, ABROAD, OFFICE, FIREWALL = (hosted_app.HOME, "198.51.100.9",
                                  "203.0.113.5", "192.0.2.1")
COUNTRIES = "/run/countries.mmdb"
RULES = f"""[geofence]
countries = NL
local = deny
[administrators]
networks = {OFFICE}/32
"""

DUTCH = {
    "stand": "nginx met TLS, de toepassing en cloxxsd staan",
    "make_users": "De beheerder maakt gebruikers en projecten; anna mag er een "
                  "lezen",
    "first_login": "Anna meldt zich in de browser aan met haar tijdelijke "
                   "wachtwoord en moet kiezen: een zwak wordt geweigerd",
    "own_projects": "Ze ziet alleen haar eigen project; het andere is er voor "
                    "haar niet",
    "write_refused": "Ze mag lezen, en niet schrijven",
    "grant": "De beheerder geeft op zijn pagina schrijfrecht",
    "write": "Haar volgende klik schrijft al",
    "recorded": "Elke handeling staat vast, met gebruiker en adres",
    "no_record_no_action": "Zonder cloxxsd kan niets worden vastgelegd, en "
                           "gebeurt er niets",
    "from_where": "Uit het buitenland komt niemand binnen, en een verzonnen "
                  "adres helpt niet",
    "round_nginx": "Wie om nginx heen gaat, komt nergens",
    "unlock": "Drie foute wachtwoorden: alleen de beheerder heft de blokkade "
              "op, met een reden",
    "session_ended": "De beheerder beëindigt haar sessie: de volgende klik is "
                     "de aanmeldpagina",
    "temporary password: {}": "tijdelijk wachtwoord: {}",
}


class AppStory:
    """What one step hands on to the next."""

    language = "en"

    def __init__(self, spoken="en"):
        self.language = spoken
        self.beginning = world.cursor()
        headers = [("Accept-Language", spoken)]
        self.anna = Visitor(HOME, headers)
        self.marit = Visitor(OFFICE, headers)
        self.temporary = {}

    def say(self, text, *values):
        return (DUTCH[text] if self.language == "nl" else text).format(*values)

    def title(self, step):
        if self.language == "nl":
            return DUTCH[step.__name__]
        return " ".join(step.__doc__.split())

    def stand(self):
        """nginx with TLS, the application and cloxxsd stand"""
        hosted_app.give_addresses(HOME, ABROAD, OFFICE, FIREWALL)
        world.run("/src/tests/world/country_database", COUNTRIES,
                  "145.97.0.0/16=NL", "203.0.113.0/24=NL",
                  "198.51.100.0/24=DE")
        world.cloxxsctl("geoip", "import", COUNTRIES)
        path = world.CONF / "cloxxsd.conf.d/60-story.conf"
        path.write_text(RULES)
        path.chmod(0o644)
        hosted_app.start()
        page = Visitor(HOME, [("Accept-Language", self.language)]).go("/")
        expect(page.path == "/login" and page.status == 200,
               "there is no login page", page.text)
        return [f"$ cat {hosted_app.DROPIN}",
                *(line for line in shown(hosted_app.DROPIN.read_text())
                  if not line.startswith("#")),
                "https://localhost/login: " + page.title]

    def make_users(self):
        """The administrator makes users and projects; anna may read one"""
        commands = [
            ("user", "add", USER, "--services", SERVICE),
            ("user", "add", OTHER, "--services", SERVICE),
            ("user", "add", ADMINISTRATOR, "--services", SERVICE, "--role",
             "administrator", "--networks", f"{OFFICE}/32"),
            ("project", "add", PROJECT, "--service", SERVICE),
            ("project", "add", CLOSED, "--service", SERVICE),
            ("grant", "add", USER, PROJECT, "read"),
            ("grant", "add", ADMINISTRATOR, "every-project", "write",
             "--service", SERVICE)]
        for command in commands:
            if command[0] == "user":
                self.temporary[command[2]] = world.temporary_password(*command)
            else:
                world.cloxxsctl(*command)
        return ["$ cloxxsctl " + " ".join(command) for command in commands]

    def first_login(self):
        """In her browser anna logs in with her temporary password and must \
choose: a weak one is refused"""
        first = self.temporary[USER]
        asked = self.anna.log_in(USER, first)
        expect(asked.path == "/login/step", "she is not asked for a new one",
               asked.text)
        weak = self.anna.submit(answer=WEAK)
        expect(weak.path == "/login/step" and weak.text != asked.text,
               "the weak one was taken", weak.text)
        self.anna.submit(answer=FIRST)
        page = self.anna.submit(answer=FIRST)
        expect(page.path == "/projects" and page.status == 200,
               "she is not in", page.text)
        expect(Visitor(HOME).log_in(USER, first).status == 403,
               "the temporary password still works")
        return [self.say("temporary password: {}", first), weak.title,
                *shown(weak.text)[2:4], page.path]

    def own_projects(self):
        """She sees her own project alone; the other one is not there for her"""
        page = self.anna.go("/projects")
        expect(PROJECT in page.text and CLOSED not in page.text,
               "these are not her projects", page.text)
        other = self.anna.go(f"/projects/{CLOSED}")
        expect(other.status == 404, "she sees another's", other.text)
        nothing = self.anna.go("/projects/never-was")
        expect(nothing.status == 404 and nothing.title == other.title,
               "she can tell what there is", nothing.text)
        return [line for line in page.text.splitlines() if PROJECT in line] \
            + [f"/projects/{CLOSED}: {other.status} {other.title}"]

    def write_refused(self):
        """She may read it, and not write"""
        read = self.anna.go(f"/projects/{PROJECT}")
        expect(read.status == 200, "she cannot read", read.text)
        page = self.anna.go(f"/projects/{PROJECT}/lines/new", "POST", {
            **read.forms[0]["fields"], "title": "Travel", "amount": "100"})
        expect(page.status == 403, "she wrote", page.text)
        return [f"POST /projects/{PROJECT}/lines/new: {page.status} "
                f"{page.title}"]

    def grant(self):
        """On his page the administrator gives her the right to write"""
        self.marit.log_in_first(ADMINISTRATOR, self.temporary[ADMINISTRATOR],
                                HERS)
        page = self.marit.go("/admin/grants")
        expect(page.status == 200, "he does not administer", page.text)
        page = self.marit.submit("/admin/grants", holder=USER,
                                 project=PROJECT, right="write", until="")
        expect(page.path == "/admin/grants?done=made", "no grant was made",
               page.text)
        refused = self.anna.go("/admin/grants")
        expect(refused.status == 403, "anna administers", refused.text)
        return [line for line in shown(page.text)
                if line.startswith((USER, ADMINISTRATOR))]

    def write(self):
        """Her next click writes"""
        self.anna.go(f"/projects/{PROJECT}/lines/new")
        page = self.anna.submit(title="Travel", amount="3800")
        expect(page.status == 200 and "Travel" in page.text
               and page.path.startswith(f"/projects/{PROJECT}?saved"),
               "it was not written", page.text)
        return [line for line in shown(page.text) if "Travel" in line]

    def recorded(self):
        """Each action is recorded, with user and address"""
        world.wait_until(lambda: self._records("line-add", "done"), 30,
                         "the record")
        [record] = self._records("line-add", "done")
        text = str(record)
        expect(record.get("CLOXXS_USER") == USER
               and record.get("CLOXXS_ADDRESS") == HOME
               and PROJECT in text, "something is missing", text)
        expect("Travel" not in text, "what she typed was recorded", text)
        expect(self._records("line-add", "denied"),
               "the refused write is not recorded")
        secrets = (FIRST, HERS, WEAK, *self.temporary.values())
        whole = str(world.journal(*self.beginning))
        expect(not any(secret in whole for secret in secrets),
               "a password was logged")
        return ["$ journalctl CLOXXS_USER=" + USER,
                *(self.line(one) for one in self._records()[-8:])]

    @staticmethod
    def line(record):
        at = time.strftime("%H:%M:%S", time.localtime(
            int(record["__REALTIME_TIMESTAMP"]) // 1000000))
        parts = [record.get("CLOXXS_" + field, "") for field in (
            "EVENT", "ACTION", "PROJECT", "OBJECT", "RESULT", "ADDRESS")]
        return " ".join(f"{part:{width}}" for part, width in zip(
            [at, *parts], (8, 10, 13, 12, 8, 8, 0))).rstrip()

    def _records(self, action=None, result=None):
        return [one for one in world.journal(*self.beginning)
                if one.get("CLOXXS_USER") == USER
                and one.get("CLOXXS_SERVICE") == SERVICE
                and (action is None or action in str(one))
                and (result is None or result in str(one))]

    def no_record_no_action(self):
        """Without cloxxsd nothing can be recorded, and nothing happens"""
        self.anna.go(f"/projects/{PROJECT}/lines/new")
        with world.cloxxsd.stopped():
            page = self.anna.submit(title="Unseen", amount="1")
            expect(page.status == 503, "it went on without", page.text)
        after = self.anna.go(f"/projects/{PROJECT}")
        expect(after.status == 200 and "Unseen" not in after.text,
               "something was written", after.text)
        return [f"{page.status} {page.title}"]

    def from_where(self):
        """From abroad nobody gets in, and an invented address is of no use"""
        home = Visitor(HOME).log_in(USER, FIRST)
        abroad = Visitor(ABROAD).log_in(USER, FIRST)
        expect(home.status == 200 and home.path == "/projects",
               "she cannot come from home", home.text)
        expect(abroad.status == 403, "she came from abroad", abroad.text)
        forged = Visitor(ABROAD, [("X-Forwarded-For", HOME)]).log_in(
            USER, FIRST)
        expect(forged.status == 403, "she invented an address", forged.text)
        # Behind the firewall, which adds whom it lets through.
        chain = Visitor(FIREWALL, [("X-Forwarded-For", HOME)]).log_in(
            USER, FIRST)
        expect(chain.status == 200 and HOME in chain.text,
               "the firewall is not believed", chain.text)
        return [f"{HOME} (NL): {MARK_YES}", f"{ABROAD} (DE): {MARK_NO}",
                f"{ABROAD}, X-Forwarded-For: {HOME}: {MARK_NO}",
                f"{FIREWALL} (firewall), X-Forwarded-For: {HOME}: {MARK_YES}"]

    def round_nginx(self):
        """Who goes round nginx gets nowhere"""
        page = Visitor(HOME, [("X-Forwarded-For", HOME)],
                       port=hosted_app.APP_PORT).go("/login")
        expect(page.status == 403, "there is a way round", page.text)
        return [f"http://{hosted_app.HOST}:{hosted_app.APP_PORT}/login: "
                f"{page.status} {page.text}"]

    def unlock(self):
        """Three wrong passwords: only the administrator lifts the lock, with \
a reason"""
        Visitor(HOME).log_in_first(OTHER, self.temporary[OTHER], FIRST)
        for _ in range(3):
            Visitor(HOME).log_in(OTHER, WEAK)
        locked = Visitor(HOME).log_in(OTHER, FIRST)
        expect(locked.status == 403, "he is not locked", locked.text)
        self.marit.go(f"/admin/users/{OTHER}")
        page = self.marit.submit(f"/admin/users/{OTHER}/unlock",
                                 reason="called back, it was he")
        expect(page.path.endswith("done=unlocked"), "still locked", page.text)
        again = Visitor(HOME).log_in(OTHER, FIRST)
        expect(again.path == "/projects", "he is not let in", again.text)
        return [*shown(locked.text)[2:3], page.title,
                *shown(page.text)[8:9]]

    def session_ended(self):
        """The administrator ends her session: her next click is the login page
        """
        expect(self.anna.go("/projects").path == "/projects",
               "she is not in any more")
        page = self.marit.go(f"/admin/users/{USER}")
        action = f"/admin/users/{USER}/sessions/end"
        n = sum(form["action"] == action for form in page.forms)
        expect(n > 0, "no session is listed", page.text)
        for _ in range(n):
            page = self.marit.submit(action, which=0)
            expect(page.path.endswith("done=ended"), "it did not end",
                   page.text)
            self.marit.go(f"/admin/users/{USER}")
        page = self.anna.go(f"/projects/{PROJECT}")
        expect(page.path.startswith("/login"), "she is still in", page.text)
        return [f"GET /projects/{PROJECT}: {page.path}", page.title]

    def steps(self):
        return [self.stand, self.make_users, self.first_login,
                self.own_projects, self.write_refused, self.grant, self.write,
                self.recorded, self.no_record_no_action, self.from_where,
                self.round_nginx, self.unlock, self.session_ended]


if __name__ == "__main__":
    sys.exit(story.tell(AppStory(story.language())))
