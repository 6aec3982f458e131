# SPDX-License-Identifier: GPL-3.0-or-later
"""In which language a login speaks, and how openly, to real clients."""

import re

import pytest

import abuse
import cloxxs_world as world
from abuse import WRONG
from cloxxs_world import STRONG, Typist

WEAK = "welkom123"


@pytest.fixture(autouse=True)
def plainly():
    world.sshd.configure("MaxStartups 200:30:200\n")
    yield
    abuse.configure()


def speak(lines):
    abuse.configure(abuse.CHEAP + lines)


def without_code(text):
    return re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}", "CODE", text)


def test_a_whole_login_in_dutch(user):
    speak("[login]\nlanguage = nl\n")
    temporary = world.user_add(user)
    seen = world.ssh(user, Typist(temporary, WEAK, STRONG), "id -un")
    assert seen.status == 0 and user in seen.text, seen.text
    assert [question.split(") ")[-1] for question in seen.asked] == [
        "Wachtwoord:", "Nieuw wachtwoord:", "Nieuw wachtwoord:",
        "Nieuw wachtwoord nogmaals:"], seen.asked
    assert "Uw wachtwoord is tijdelijk." in seen.text, seen.text
    refused = world.ssh(user, [WRONG], "true")
    assert "Toegang geweigerd. Referentie" in refused.text, refused.text
    assert refused.reference(), refused.text
    told = world.cloxxsctl("explain", refused.reference()).stdout
    assert "wrong-password" in told, told


def test_his_own_language_from_the_password_on(user):
    speak("")
    temporary = world.user_add(user, world.SERVICES, "--language", "nl")
    seen = world.ssh(user, Typist(temporary, STRONG), "true")
    assert seen.status == 0, seen.text
    assert [question.split(") ")[-1] for question in seen.asked] == [
        "Password:", "Nieuw wachtwoord:", "Nieuw wachtwoord nogmaals:"]


@pytest.mark.parametrize("lines", [
    "", "[login]\nlanguage = nl\n", "[service sshd]\nlanguage = nl\n"])
def test_abuse_73_strangers_hear_the_same(user, lines):
    speak(lines)
    world.user_with_password(user, more=("--language", "nl"))
    other = user + "x"
    world.user_with_password(other)
    heard = {
        without_code(world.ssh(name, [WRONG], "true").text)
        .replace(name, "NAME")
        for name in (other, user, "nobody-" + user[1:])}
    assert len(heard) == 1, heard
    assert ("Wachtwoord:" in heard.pop()) == bool(lines)


def test_the_language_of_another_service(user):
    speak("[service su]\nlanguage = nl\n")
    world.user_with_password(user)
    if world.run("id", "buur", check=False).returncode != 0:
        world.run("useradd", "-m", "-s", "/bin/bash", "buur")
    argv = ["setpriv", "--reuid", "buur", "--regid", "buur", "--init-groups",
            "su", user, "-c", "id -un"]
    seen = world.converse(argv, [STRONG])
    assert seen.asked == ["Wachtwoord:"] and user in seen.text, seen.text
    seen = world.ssh(user, [STRONG], "true")
    assert seen.status == 0 and "Password:" in seen.text, seen.text


def test_why_after_the_right_password(user):
    speak("[temporary_password]\nlifetime = 1h\n")
    temporary = world.user_add(user, world.SERVICES, "--language", "nl")
    with abuse.clock_ahead(7200):
        seen = world.ssh(user, [temporary], "true")
        assert seen.status == 255, seen.text
        assert "Uw tijdelijke wachtwoord is verlopen." in seen.text, seen.text
        assert seen.reference(), seen.text
        wrong = world.ssh(user, [WRONG], "true")
        assert "Access denied. Reference" in wrong.text, wrong.text
    world.cloxxsctl("user", "lock", user, "--reason", "test")
    with abuse.clock_ahead(7200):
        locked = world.ssh(user, [temporary], "true")
        assert "Access denied. Reference" in locked.text, locked.text


def test_what_the_client_says(user):
    speak("")
    for said, prompt in (("nl_NL.UTF-8", "Wachtwoord: "),
                         ("de_DE.UTF-8", "Password: ")):
        with abuse.Wire() as wire:
            assert wire.start(user, language=said)["prompt"] == prompt
