# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the example application share: the site, as it stands
behind nginx, and its people."""

import pytest

import abuse
import cloxxs_world as world
import hosted_app
from cloxxs_world import STRONG
from hosted_app import SERVICE, Visitor

HOME, ABROAD, FIREWALL = hosted_app.HOME, "198.51.100.9", "192.0.2.1"
needed = pytest.mark.skipif(hosted_app.missing() is not None,
                            reason=f"{hosted_app.missing()} is missing")


@pytest.fixture(scope="module", autouse=True)
def site():
    if hosted_app.missing():
        yield
        return
    hosted_app.give_addresses(HOME, ABROAD, FIREWALL)
    hosted_app.install()
    abuse.configure()
    hosted_app.start()
    for name in "budget-2027", "building", "hidden":
        world.cloxxsctl("project", "add", name, "--service", SERVICE)
    yield
    hosted_app.nginx.stop()
    hosted_app.app.stop()


@pytest.fixture(autouse=True)
def all_is_up(site, services_run):
    hosted_app.app.start()
    hosted_app.nginx.start()


def user_add(name, *more):
    return world.user_add(name, SERVICE, *more)


def user_with_password(name, *more):
    """One who has chosen his password, by the pages."""
    page = Visitor().log_in(name, user_add(name, *more), STRONG, STRONG)
    assert page.path == "/projects", page.text
    return name


def grant(*arguments):
    world.cloxxsctl("grant", "add", *arguments)


def administrator():
    """One for all tests, and a visitor who is in as him."""
    name = "chief"
    if world.cloxxsctl("user", "show", name, check=False).returncode:
        user_with_password(name, "--role", "administrator")
    visitor = Visitor()
    assert visitor.log_in(name, STRONG).path == "/projects"
    return visitor
