#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manuals tell of all that there is, and of nothing else.

Tables come from the built programs where these print them, else from the
source. Each of their rows must be an item of the right page, and each item of
the page a row.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SRC = pathlib.Path(os.environ.get("CLOXXS_SRCDIR", "."))
BUILD = pathlib.Path(os.environ.get("CLOXXS_BUILDDIR", "."))
SECTIONS = ("NAME", "DESCRIPTION", "FILES", "EXAMPLES", "SEE ALSO",
            "SECURITY CONSIDERATIONS")
failures = []


def fail(page, what):
    failures.append(f"{page}: {what}")


def compare(page, what, told, there):
    for one in sorted(set(there) - set(told)):
        fail(page, f"{what} {one!r} is not told of")
    for one in sorted(set(told) - set(there)):
        fail(page, f"{what} {one!r} does not exist")


def words(text):
    return " ".join(text.split())


# ---- pages -------------------------------------------------------------------


class Page:
    """The items of an mdoc page, with the section that they stand in."""

    def __init__(self, name):
        self.name = name
        self.source = (SRC / "man" / name).read_text(encoding="utf-8")
        self.sections, self.items = [], []
        part = ""
        for line in self.source.splitlines():
            macro, _, rest = line.partition(" ")
            if macro in (".Sh", ".Ss"):
                part = rest.strip()
                if macro == ".Sh":
                    self.sections.append(part)
            elif macro == ".It":
                self.items.append([part, rest.strip(), []])
            elif macro == ".El":
                self.items.append([part, "", []])
            elif self.items:
                self.items[-1][2].append(line)

    def of(self, *parts, begins=""):
        """Items of these sections: what follows begins, and the text."""
        return {item[len(begins):].strip(): self.plain(text)
                for part, item, text in self.items
                if part in parts and item and item.startswith(begins)}

    @staticmethod
    def plain(lines):
        """The text without its macros."""
        text = words(" ".join(
            re.sub(r"^\.[A-Z][a-z] ", "", line) for line in lines
            if not re.match(r"^\.(Pp|Bl|El|Bd|Ed)", line)))
        return re.sub(r" ([,.;:])(?= |$)", r"\1", text.replace("\\&", ""))

    def must_say(self, item, text, said):
        if words(said) not in text:
            fail(self.name, f"{item}: does not say {words(said)!r}")


# ---- tables ------------------------------------------------------------------


def program(name, *arguments):
    path = BUILD / name / name
    if not path.exists():
        print(f"skipped: {path} is not built")
        sys.exit(77)
    return subprocess.run([path, *arguments], capture_output=True, text=True,
                          check=True, timeout=30).stdout


def c_rows(path):
    """name and other strings of each row of the table called rows."""
    source = (SRC / path).read_text(encoding="utf-8")
    table = re.search(r"^\} rows\[\w+\] = \{\n(.*?)^\};", source, re.S | re.M)
    for row in re.split(r"\n\t\[(?=\w+\] = \{)", "\n" + table.group(1))[1:]:
        fields = re.findall(r'(?:"(?:[^"\\]|\\.)*"\s*)+|'
                            r'\b(?:LOG_\w+|EVENT_CLASS_\w+|NULL)\b',
                            row.split("=", 1)[1])
        yield ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', field))
               if field.startswith('"') else field for field in fields]


def methods(interface):
    source = (SRC / "varlink" / f"{interface}.varlink").read_text(
        encoding="utf-8")
    return (re.findall(r"^method (\w+)", source, re.M),
            re.findall(r"^error (\w+)", source, re.M))


# ---- what is compared --------------------------------------------------------


def check_settings():
    page = Page("cloxxsd.conf.5")
    # Sections with a name are there only where somebody wrote them.
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("[watched_backup example]\npath = /srv/example\n"
                   "[service example]\n")
        file.flush()
        rows = json.loads(program("cloxxsd", "--dump-config", "--json",
                                  "--config", file.name))
    for row in rows:
        if row["name"]:
            row["section"] += " NAME"
    told = {}
    for part, item, text in page.items:
        if part.startswith("[") and item.startswith("Cm "):
            told[part + " " + item[3:]] = page.plain(text)
    compare(page.name, "setting", told,
            [f"[{row['section']}] {row['key']}" for row in rows])
    for row in rows:
        key = f"[{row['section']}] {row['key']}"
        page.must_say(key, told.get(key, ""), f"Default: {row['default']}"
                      if row["default"] else "Must be set")
    compare(page.name, "section",
            [part for part in re.findall(r"^\.Ss (\[.*\])$", page.source, re.M)],
            [f"[{row['section']}]" for row in rows])
    check_bounds(page, told)


def check_bounds(page, told):
    """Least and most, where the table's numbers are plain."""
    table = (SRC / "cloxxsd/config/settings_table.c").read_text(
        encoding="utf-8")
    rows = re.findall(r'\{ "(\w+)",\s+"(\w+)",\s+SETTING_(?:NUMBER|AUTO|COUNT),.*?'
                      r'\{ (\d+), (\d+) \}', table, re.S)
    if not rows:
        fail(page.name, "the table's bounds cannot be read")
    for section, key, least, most in rows:
        name = " NAME" if section in ("watched_backup", "service") else ""
        key = f"[{section}{name}] {key}"
        page.must_say(key, told.get(key, ""), f"number, {least} to {most}")


def check_cloxxsd():
    page = Page("cloxxsd.8")
    there = re.findall(r"^  --(\S+)", program("cloxxsd", "--help"), re.M)
    told = [item.split()[0] for item in
            page.of("DESCRIPTION", begins="Fl -")]
    compare(page.name, "option", told, there)


def check_cloxxsctl():
    page = Page("cloxxsctl.8")
    grammar = json.loads(program("cloxxsctl", "help", "--json"))
    parts = ("Users", "The second factor", "Projects and rights", "Sessions", "Decisions",
             "Audit", "Configuration and keys", "Backups", "Countries", "Messages", "Break-glass",
             "Recovery", "The tool itself")
    told = {}
    for item, text in page.of(*parts, begins="Cm ").items():
        verb = re.split(r" (?:Ar|Op|Fl)\b", item)[0]
        told[verb] = (item, text)
    there = {" ".join(filter(None, (verb["noun"], verb["verb"]))): verb
             for verb in grammar["verbs"]}
    compare(page.name, "verb", told, there)
    for name, verb in there.items():
        # Behind "Options:", or in the sentences of a verb that has no such.
        text = told.get(name, ("", ""))[1]
        named = re.findall(r"(?<![\w-])-([a-z][a-z-]+)",
                           text.rpartition("Options:")[2])
        compare(page.name, f"{name}: option", named, verb["options"])
    compare(page.name, "option",
            [re.split(r"[ ,]", item)[0] for item in
             page.of("Options", begins="Fl -")],
            [option["name"] for option in grammar["options"]])
    check_shells(page)
    compare(page.name, "exit status", page.of("EXIT STATUS"),
            [str(row["status"]) for row in grammar["statuses"]])


def check_shells(page):
    """The services that give a shell."""
    source = (SRC / "cloxxsd/state/user.c").read_text(encoding="utf-8")
    table = re.search(r"shells\[\] = \{(.*?)\};", source, re.S).group(1)
    told = page.source.split(".It Fl -services")[-1].split(".It Fl")[0]
    compare(page.name, "service with a shell",
            re.findall(r"^\.Cm (\S+)", told.split("\nhas\n")[0], re.M),
            re.findall(r'"([^"]+)"', table))


def check_pam():
    page = Page("pam_cloxxs.8")
    source = (SRC / "pam_cloxxs/options.c").read_text(encoding="utf-8")
    there = re.findall(r'^\t\{ "([a-z_]+=?)",', source, re.M)
    told = [item.split()[0] for item in page.of("Options", begins="Cm ")]
    compare(page.name, "option", told, there)
    synopsis = page.source.split(".Sh SYNOPSIS")[1].split(".Sh")[0]
    compare(page.name, "option of the synopsis",
            re.findall(r"^\.Op Cm (\S+)", synopsis, re.M), there)


def check_varlink():
    page = Page("cloxxs-varlink.7")
    errors = []
    for path in sorted((SRC / "varlink").glob("*.varlink")):
        names, its_errors = methods(path.stem)
        compare(page.name, f"method of {path.stem}",
                [item for item in page.of(path.stem, begins="Cm ")
                 if item[0].isupper()], names)
        errors += [f"{path.stem}.{error}" for error in its_errors]
    told = page.of("Errors", begins="Cm ")
    compare(page.name, "error", told, errors + ["io.systemd.System"])


def check_events():
    page = Page("cloxxs-events.7")
    told = page.of("EVENTS", begins="Cm ")
    rows = [row for row in c_rows("cloxxsd/audit/event.c") if row[0] != "none"]
    compare(page.name, "event", told, [row[0] for row in rows])
    source = (SRC / "cloxxsd/audit/event.c").read_text(encoding="utf-8")
    classes = dict(re.findall(r'\[(EVENT_CLASS_\w+)\] = "(\w+)"', source))
    for name, message_id, priority, its_class, text in rows:
        for said in (text, f"{priority}, {classes[its_class]}, {message_id}."):
            page.must_say(name, told.get(name, ""), said)
    meanings = list(c_rows("cloxxsd/audit/meaning.c"))[1:]
    if len(meanings) != len(rows):
        fail(page.name, "not every event has a meaning")
    for row, (meaning,) in zip(rows, meanings):
        page.must_say(row[0], told.get(row[0], ""), meaning)
    told = page.of("REASONS", begins="Cm ")
    rows = list(c_rows("policy/reason.c"))
    compare(page.name, "reason", told, [row[0] for row in rows])
    for name, text, advice in rows:
        page.must_say(name, told.get(name, ""), text)
        if advice != "NULL":
            page.must_say(name, told.get(name, ""), advice)
    source = (SRC / "base/access.c").read_text(encoding="utf-8")
    compare(page.name, "reason of a right",
            page.of("REASONS OF RIGHTS", begins="Cm "),
            re.findall(r'\[ACCESS_\w+\] = "([a-z-]+)"', source))
    source = (SRC / "policy/login.c").read_text(encoding="utf-8")
    compare(page.name, "rule", page.of("RULES", begins="Cm "),
            re.findall(r'\[LOGIN_RULE_\w+\] = \{ "([a-z-]+)"', source))
    source = (SRC / "cloxxsd/publish/journal.c").read_text(encoding="utf-8")
    compare(page.name, "field",
            [item for item in page.of("Fields", begins="Ev ")],
            re.findall(r'add_(?:field|number)\(fields, "([A-Z_]+)"', source) +
            [row[0] for row in c_rows("cloxxsd/audit/field.c")])


def check_doctor():
    """Why each check matters, and what mends it."""
    page = Page("cloxxs-doctor.7")
    source = (SRC / "cloxxsctl/doctor/check.c").read_text(encoding="utf-8")
    rows = [["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)) for text in
             re.findall(r'(?:"(?:[^"\\]|\\.)*"\s*)+', row)]
            for row in source.split("[CHECK_")[1:]]
    told = page.of("CHECKS", begins="Cm ")
    compare(page.name, "check", told, [row[0] for row in rows])
    for name, why, mend in rows:
        page.must_say(name, told.get(name, ""), why)
        page.must_say(name, told.get(name, ""), mend)


def check_metrics():
    """Names, kinds, labels and meanings of metrics."""
    page = Page("cloxxs-metrics.7")
    source = (SRC / "cloxxsd/metrics/metric.c").read_text(encoding="utf-8")
    rows = re.findall(
        r'\[METRIC_\w+\] = \{\s*"(\w+)",\s*METRIC_(\w+),\s*"(\w*)",'
        r'\s*\{([^}]*)\},\s*((?:"[^"]*"\s*)+)\}', source)
    there = {name + ("_total" if kind == "COUNTER" else ""):
             (kind.lower(), re.findall(r'"(\w+)"', labels),
              "".join(re.findall(r'"([^"]*)"', text)))
             for name, kind, _, labels, text in rows}
    if len(there) != source.count("\t[METRIC_") - len(
            re.findall(r"\[METRIC_\w+\] = \"", source)):
        fail(page.name, "the table cannot be read")
    told = page.of("METRICS", begins="Cm ")
    compare(page.name, "metric", told, there)
    for name, (kind, labels, text) in there.items():
        page.must_say(name, told.get(name, ""), text)
        page.must_say(name, told.get(name, ""), f"Type: {kind}." if not labels
                      else f"Type: {kind}, by {', '.join(labels)}.")


def check_offline():
    """Verbs and options of cloxxs-offline."""
    page = Page("cloxxs-offline.8")
    verbs = (SRC / "cloxxsd/offline/verbs.c").read_text(encoding="utf-8")
    options = (SRC / "cloxxsd/offline/main.c").read_text(encoding="utf-8")
    compare(page.name, "verb",
            [item.partition(" Ar ")[0]
             for item in page.of("Verbs", begins="Cm ")],
            [" ".join(row) for row in
             re.findall(r'\.noun = "([^"]+)", \.verb = "([^"]+)"', verbs)])
    compare(page.name, "option",
            [item.split()[0] for item in page.of("Options", begins="Fl -")],
            re.findall(r'\[OFFLINE_OPTION_\w+\] = "([^"]+)"', options))


def key_rows(path, name):
    """The keys of one table of the courier."""
    source = (SRC / path).read_text(encoding="utf-8")
    table = re.search(name + r"\[\] = \{\n(.*?)^\};", source, re.S | re.M)
    return re.findall(r'^\t\{ "(\w+)"', table.group(1), re.M)


def check_courier():
    """Keys of its configuration, and of a gateway's file."""
    page = Page("cloxxs-courier.conf.5")
    for section in ("courier", "sms", "mail", "countries"):
        compare(page.name, f"key of [{section}]",
                list(page.of(f"[{section}]", begins="Cm ")),
                key_rows("courier/configuration_table.c", f"{section}_rows"))
    compare(page.name, "key of [probe NAME]",
            list(page.of("[probe NAME]", begins="Cm ")),
            key_rows("courier/probe_settings.c", "probe_rows"))
    page = Page("cloxxs-sms.5")
    told = [key for items in page.of("Keys of a request", "Keys of an answer",
                                     "Keys of a program", begins="Cm ")
            for key in items.split(" , ")]
    compare(page.name, "key", told,
            key_rows("courier/endpoint_table.c", "rows"))
    source = (SRC / "courier/template.c").read_text(encoding="utf-8")
    compare(page.name, "place",
            [item.strip("{}").split(" ")[0]
             for item in page.of("Templates", begins="Cm ")],
            re.findall(r'\[PLACE_\w+\] = \{ "([\w:]+)"', source))


def check_packages():
    """README asks for what the scripts install."""
    prepare = (SRC / "tests/world/prepare.sh").read_text(encoding="utf-8")
    there = re.search(r"packages_build='(.*?)'", prepare, re.S).group(1)
    readme = (SRC / "README.md").read_text(encoding="utf-8")
    told = re.search(r"apt-get install ((?!\./)(?:[^\n]*\\\n)*[^\n]*)", readme)
    compare("README.md", "package", told.group(1).replace("\\", "").split(),
            there.split() + ["cracklib-runtime"])


def check_form(path):
    page = Page(path.name)
    if "SPDX-License-Identifier" not in page.source.splitlines()[0]:
        fail(page.name, "the first line is no SPDX line")
    wanted = list(SECTIONS)
    if path.suffix == ".8" and page.name.startswith("cloxxs"):
        wanted.append("EXIT STATUS")
    for section in wanted:
        if section not in page.sections:
            fail(page.name, f"no section {section}")
    listed = (SRC / "man/Makemodule.am").read_text(encoding="utf-8")
    if f"man/{page.name}" not in listed:
        fail(page.name, "is not installed: man/Makemodule.am")
    for name, number in re.findall(r"^\.Xr (\S*cloxx\S*) (\d)", page.source,
                                   re.M):
        if not (SRC / "man" / f"{name}.{number}").exists():
            fail(page.name, f"{name}({number}) does not exist")


def check_mandoc(pages):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages],
                          capture_output=True, text=True, timeout=60)
    failures.extend(done.stdout.splitlines())


def main():
    pages = sorted((SRC / "man").glob("*.[1-9]"))
    if not pages:
        fail("man", "there are no pages")
    for page in pages:
        check_form(page)
    for check in (check_settings, check_cloxxsd, check_cloxxsctl, check_pam,
                  check_varlink, check_events, check_doctor, check_metrics,
                  check_offline, check_courier, check_packages):
        check()
    mandoc = shutil.which("mandoc")
    if mandoc:
        check_mandoc(pages)
    for failure in failures:
        print(f"FAIL: {failure}")
    if not failures and not mandoc:
        print("skipped: mandoc is missing; the tables were compared")
        return 77
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
