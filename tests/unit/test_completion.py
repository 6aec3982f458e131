#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completion, as the program tells it and as the real shells take it."""
import json
import os
import shutil
import subprocess
import sys

try:
    import pytest
except ImportError:
    print("SKIP: python3-pytest is missing")
    sys.exit(77)

BUILD = os.environ.get("CLOXXS_BUILDDIR", ".")
CTL = os.path.join(BUILD, "cloxxsctl", "cloxxsctl")
SCRIPTS = os.path.join(os.environ.get("CLOXXS_SRCDIR", "."), "system",
                       "completions")
SANITIZERS = {name: value for name, value in os.environ.items()
              if name.endswith("SAN_OPTIONS")}
ENVIRONMENT = {"PATH": f"{os.path.abspath(os.path.dirname(CTL))}:/usr/bin:/bin",
               "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **SANITIZERS}


def run(*argv, **options):
    return subprocess.run(argv, env=ENVIRONMENT, capture_output=True,
                          text=True, timeout=60, check=False, **options)


def grammar():
    return json.loads(run(CTL, "help", "--json").stdout)


def candidates(*words):
    done = run(CTL, "complete", "--", *words)
    assert done.returncode == 0 and done.stderr == ""
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def test_every_noun_verb_and_option_is_offered():
    said = grammar()
    nouns = list(dict.fromkeys(row["noun"] for row in said["verbs"]))
    assert candidates("") == nouns
    every = {row["name"] for row in said["options"] if row["global"]}
    for row in said["verbs"]:
        words = [row["noun"]]
        if row["verb"]:
            for word in row["verb"].split():
                assert word in candidates(*words, "")
                words.append(word)
        offered = {word[2:] for word in candidates(*words, "--")}
        assert offered == set(row["options"]) | every


@pytest.mark.parametrize("words, expected", [
    (["u"], ["user"]),
    (["user", "un"], ["unlock", "unlock-all"]),
    (["user", "nonsense", ""], []),
    (["user", "k"], ["key"]),
    (["user", "key", ""], ["add", "list", "remove"]),
    (["user", "key", "r"], ["remove"]),
    (["user", "key", "nonsense", ""], []),
    (["user", "key", "add", "anna", ""], [":files"]),
    (["user", "key", "add", "anna", "file", ""], []),
    (["help", "user", "key", ""], ["add", "list", "remove"]),
    (["nonsense", ""], []),
    (["user", "add", "anna", "--ro"], ["--role"]),
    (["user", "add", "anna", "--role", ""], ["user", "administrator"]),
    (["user", "add", "anna", "--role", "a"], ["administrator"]),
    (["user", "add", "anna", "--role=a"], ["--role=administrator"]),
    (["user", "add", "--role", "user", "--ro"], []),
    (["user", "add", "--reason", "--ro"], []),
    (["config", "check", ""], [":files"]),
    (["status", "--socket", ""], [":files"]),
    (["grant", "add", "anna", "budget", ""],
     ["read", "write", "write-only", "deny"]),
    (["grant", "add", "@"], ["@everyone"]),
    (["grant", "add", "anna", "budget", "write", ""], []),
    (["project", "add", ""], []),
    (["project", "set", "a", "--unix-groups", ""], ["yes", "no"]),
    (["access", "review", "--by", ""], ["project", "user"]),
    (["access", "review", "--format", "c"], ["csv"]),
    (["grant", "import", ""], [":files"]),
    (["help", "us"], ["user"]),
    (["help", "user", "unl"], ["unlock", "unlock-all"]),
    (["--", "--"], []),
    (["user", "add", "anna", "-"], None),
    (["\x1b[2J", ""], []),
    (["-\xff", ""], None),
])
def test_words(words, expected):
    found = candidates(*words)
    if expected is not None:
        assert found == expected


def test_without_a_word_it_is_no_verb():
    assert run(CTL, "complete").returncode == 2
    assert run(CTL, "complete", "--").returncode == 2


def need(shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is missing")


BASH = r"""
. "$1/cloxxsctl.bash"
COMP_LINE=$2 COMP_POINT=${#2}
_cloxxsctl
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("line, expected", [
    ("cloxxsctl us", ["user"]),
    ("cloxxsctl user rese", ["reset-password"]),
    ("cloxxsctl user add anna --role ", ["user", "administrator"]),
    ("cloxxsctl user add anna --role=adm", ["administrator"]),
    ("cloxxsctl user add $(touch x) --role=adm", ["administrator"]),
])
def test_bash(line, expected, tmp_path):
    done = run("bash", "-c", BASH, "bash", SCRIPTS, line, cwd=tmp_path)
    assert done.stdout.split() == expected, done.stderr
    assert not os.listdir(tmp_path)


def test_fish(tmp_path):
    need("fish")
    done = run("fish", "--private", "-c", f"""
        set -gx HOME {tmp_path}
        source {SCRIPTS}/cloxxsctl.fish
        complete -C 'cloxxsctl user rese'
        complete -C 'cloxxsctl user add anna --role adm'
    """)
    assert done.stdout.splitlines() == [
        "reset-password\tmake and show a temporary password",
        "administrator"], done.stderr


ZSH = r"""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1= fpath=($1 \$fpath); autoload -U compinit; compinit -u -D"
zpty -w z 'zstyle ":completion:*" list-separator "--"; print READ''Y'
zpty -r z line '*READY*'
zpty -w -n z $'cloxxsctl user rese\t'
zpty -r z line '*reset-password*' && print -r -- FOUND
"""


def test_zsh():
    need("zsh")
    done = run("zsh", "-f", "-c", ZSH, "zsh", SCRIPTS)
    assert "FOUND" in done.stdout, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
