# SPDX-License-Identifier: GPL-3.0-or-later
"""From where: real ssh clients at addresses of their own, and what Cloxxs makes
of them, by password and by key, for users, administrators and root."""

import os
import pathlib
import subprocess

import pytest

import abuse
import cloxxs_world as world
from abuse import WRONG, pam
from cloxxs_world import KBD, KEY, STRONG, cloxxsctl, run

DUTCH, GERMAN, NOWHERE = "145.97.20.1", "198.51.100.9", "203.0.113.5"
OFFICE, VPN, BASTION = "192.0.2.10", "10.9.0.3", "192.0.2.77"
DROPIN = world.CONF / "cloxxsd.conf.d/20-origin.conf"
MAKE = "/src/tests/world/country_database"
MARK = "/run/origin-was-here"

RULES = """[origin]
local_services = abuse, login, cron, su, su-l, sudo, sudo-i, passwd, systemd-user
bastions = 192.0.2.77
[geofence]
countries = NL
local = deny
[administrators]
networks = 10.9.0.0/24
[unmanaged]
origin = sshd
"""

pytestmark = pytest.mark.skipif(
    subprocess.run(["perl", "-MMaxMind::DB::Writer::Tree", "-e", "1"],
                   capture_output=True, check=False).returncode != 0,
    reason="libmaxmind-db-writer-perl is missing")


def rules(text=RULES):
    DROPIN.write_text(text)
    world.cloxxsd.restart()


@pytest.fixture(scope="module", autouse=True)
def places():
    abuse.configure()
    for address in DUTCH, GERMAN, NOWHERE, OFFICE, VPN, BASTION:
        run("ip", "addr", "add", address + "/32", "dev", "lo", check=False)
    file = pathlib.Path("/run/origin.mmdb")
    run(MAKE, file, "145.97.0.0/16=NL", "198.51.100.0/24=DE")
    cloxxsctl("geoip", "import", str(file))
    rules()
    yield
    DROPIN.unlink()


def ssh(user, address, answers=(STRONG,), mode=KBD, options=(),
        command="true"):
    return world.ssh(user, list(answers), command, mode,
                     [f"BindAddress={address}", *options])


def comes_in(user, address, **more):
    return ssh(user, address, **more).status == 0


def reason(since, user):
    """Why the last decision about user was made."""
    return abuse.events(since, user=user)[-1]["CLOXXS_REASON"]


def member(user, *more, **options):
    """A user with a password of his own."""
    temporary = abuse.temporary_user(user)
    assert abuse.verdict(user, temporary, STRONG, STRONG,
                         address=DUTCH) == "allow"
    if more:
        cloxxsctl("user", "set", user, *more)
    return user


@pytest.mark.parametrize("address, why", [
    (GERMAN, "country-not-allowed"), (NOWHERE, "country-unknown"),
    ("127.0.0.1", "local-address"), (VPN, "local-address")])
def test_abuse_62_refused_from_there(user, address, why):
    """The right password and a wrong one are refused alike, and not counted."""
    member(user)
    assert comes_in(user, DUTCH)
    since = world.cursor()
    for password in STRONG, WRONG, WRONG, WRONG, WRONG:
        assert not comes_in(user, address, answers=[password])
        assert reason(since, user) == why
    assert abuse.show(user)["failures"] == 0
    assert comes_in(user, DUTCH)


def test_abuse_10_by_key_too(user):
    member(user)
    world.sshd.configure("AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n")
    key = world.make_key(user)
    since = world.cursor()
    assert not comes_in(user, GERMAN, answers=[], mode=KEY, options=[key])
    assert reason(since, user) == "country-not-allowed"
    assert comes_in(user, DUTCH, answers=[], mode=KEY, options=[key])


def test_fixed_networks(user):
    """They satisfy the fence, and nothing else does."""
    member(user, "--networks", f"{OFFICE},198.51.100.0/24")
    since = world.cursor()
    assert comes_in(user, OFFICE) and comes_in(user, GERMAN)
    assert not comes_in(user, DUTCH)
    assert reason(since, user) == "outside-fixed-networks"
    assert not comes_in(user, BASTION)
    shown = cloxxsctl("user", "show", user).stdout
    assert "192.0.2.10" in shown and "198.51.100.0/24" in shown
    # Gone at the next check.
    cloxxsctl("user", "set", user, "--networks", "")
    assert not comes_in(user, GERMAN) and comes_in(user, DUTCH)


def test_bastion(user):
    member(user)
    assert comes_in(user, BASTION)


def test_administrators(user):
    member(user, "--role", "administrator")
    since = world.cursor()
    assert comes_in(user, VPN)
    assert not comes_in(user, DUTCH)
    assert reason(since, user) == "outside-administrator-networks"


def test_administrators_commands(user):
    """By the sessions that he has: one at least, and none from elsewhere."""
    member(user, "--role", "administrator")
    other = member(user + "b")

    def lock():
        done = run("cloxxsctl", "user", "lock", other, "--reason", "test",
                   check=False, user=user)
        cloxxsctl("user", "unlock", other, "--reason", "test", check=False)
        return done.returncode

    assert lock() == 4
    # What he opens for himself is no place, however often.
    uid = abuse.show(user)["uid"]
    with abuse.Wire(uid) as wire:
        wire.call(abuse.LOGIN + "OpenSession", {
            "user": user, "service": "systemd-user"})
    assert lock() == 4
    seen = ssh(user, VPN, command=f"cloxxsctl user lock {other} --reason x")
    assert seen.status == 0, seen.text
    cloxxsctl("user", "unlock", other, "--reason", "test")
    with abuse.Wire() as wire:
        opened = wire.call(abuse.LOGIN + "OpenSession", {
            "user": user, "service": "sshd", "address": VPN})
        assert opened["verdict"] == "allow"
        assert lock() == 0
    # Networks that are other ones now hold for who is in already.
    rules(RULES.replace("10.9.0.0/24", "10.8.0.0/24"))
    assert lock() == 4
    rules()


def test_root_and_local_accounts():
    """By key from an administrator network only; the console is not asked."""
    key = world.make_key("root")
    run("useradd", "-m", "lokaal", check=False)
    local = world.make_key("lokaal")
    world.sshd.configure("PermitRootLogin prohibit-password\n"
                         "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n")
    since = world.cursor()
    for user, option in ("root", key), ("lokaal", local):
        assert comes_in(user, VPN, answers=[], mode=KEY, options=[option])
        assert not comes_in(user, DUTCH, answers=[], mode=KEY,
                            options=[option])
        assert reason(since, user) == "outside-administrator-networks"
        assert pam(user, "account").codes == [0]
    with world.cloxxsd.stopped():
        assert not comes_in("root", VPN, answers=[], mode=KEY, options=[key])
        assert pam("root", "account").codes == [0]
    rules(RULES.replace("origin = sshd", "origin = none"))
    assert comes_in("root", DUTCH, answers=[], mode=KEY, options=[key])
    rules(RULES.replace("origin = sshd", "origin = none\ndeny = sshd"))
    assert not comes_in("root", VPN, answers=[], mode=KEY, options=[key])
    rules()


@pytest.mark.parametrize("host", ["evil.example", "203.0.113.005", "10.1",
                                  "0x7f.1", "3405803781"])
def test_abuse_58_a_name_is_no_address(user, host):
    """No DNS: who comes from afar by a name comes from nowhere."""
    member(user)
    since = world.cursor()
    assert pam(user, f"item:rhost={host}", f"answer:{STRONG}", "auth",
               "account").codes[0] != 0
    assert reason(since, user) == "origin-unknown"


def test_abuse_57_no_address(user):
    """A service that is not of this host itself must name one."""
    member(user)
    since = world.cursor()
    service = abuse.stack(abuse.COMMON, "webmail")
    cloxxsctl("user", "set", user, "--services", "webmail,abuse")
    assert pam(user, f"answer:{STRONG}", "auth", service=service).codes != [0]
    assert reason(since, user) == "origin-unknown"
    assert pam(user, f"answer:{STRONG}", "auth").codes == [0]


@pytest.mark.parametrize("claimed", [DUTCH, VPN, "127.0.0.1"])
def test_abuse_42_an_address_is_roots_to_tell(user, claimed):
    """Who is not root comes from where the kernel says, whatever he claims."""
    member(user)
    uid = abuse.show(user)["uid"]
    since = world.cursor()
    assert abuse.verdict(user, STRONG, uid=uid, address=claimed) == "deny"
    assert reason(since, user) == "origin-unknown"
    assert abuse.show(user)["failures"] == 0


def test_abuse_67_asked_again_where_he_is_now(user):
    """The account phase alone, as a program asks it of a session that goes
    on: the address of now decides, not that of the login."""
    member(user)
    assert pam(user, f"item:rhost={DUTCH}", f"answer:{STRONG}", "auth",
               "account").codes == [0, 0]
    assert pam(user, f"item:rhost={DUTCH}", "account").codes == [0]
    since = world.cursor()
    assert pam(user, f"item:rhost={GERMAN}", "account").codes != [0]
    assert reason(since, user) == "country-not-allowed"


@pytest.mark.parametrize("spelt", [
    f"::ffff:{DUTCH}", "0:0:0:0:0:ffff:9161:1401", f"64:ff9b::{DUTCH}"])
def test_abuse_59_one_address_one_verdict(user, spelt):
    member(user)
    assert abuse.verdict(user, STRONG, address=spelt) == "allow"


def test_missing_database(user):
    """Refused with its own reason; fixed and administrator networks go on."""
    member(user)
    other = member(user + "b", "--networks", OFFICE)
    own = world.STATE / "private/country.mmdb"
    kept = own.read_bytes()
    with world.cloxxsd.stopped():
        own.unlink()
    since = world.cursor()
    assert not comes_in(user, DUTCH)
    assert reason(since, user) == "geoip-missing"
    assert comes_in(other, OFFICE)
    with world.cloxxsd.stopped():
        own.write_bytes(kept)
        os.chown(own, *os.stat(own.parent)[4:6])
        own.chmod(0o600)
    assert comes_in(user, DUTCH)


def test_abuse_120_weaker_rules_are_recorded():
    since = world.cursor()
    DROPIN.write_text(RULES.replace("countries = NL", "countries = any"))
    world.cloxxsd.send(1)
    record = world.wait_until(
        lambda: abuse.events(since, event="configuration-loaded"), 10,
        "the reload")[-1]
    assert "geofence.countries: NL -> any" in record["CLOXXS_DETAILS"]
    record, = abuse.events(since, event="configuration-weakened")
    assert record["CLOXXS_DETAILS"] == \
        "weakened=geofence.countries: NL -> any"
    assert record["PRIORITY"] == "4"
    rules()


def test_abuse_120_what_was_weakened_while_stopped():
    since = world.cursor()
    with world.cloxxsd.stopped():
        DROPIN.write_text(RULES.replace("countries = NL", "countries = any"))
    record, = abuse.events(since, event="configuration-loaded")
    assert record["CLOXXS_DETAILS"].startswith("while stopped: ")
    record, = abuse.events(since, event="configuration-weakened")
    assert "weakened=geofence.countries: NL -> any" in record["CLOXXS_DETAILS"]
    since = world.cursor()
    with world.cloxxsd.stopped():
        DROPIN.write_text(RULES)
    assert not abuse.events(since, event="configuration-weakened")
    assert abuse.events(since, event="configuration-loaded")
