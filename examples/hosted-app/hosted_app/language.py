# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages in English and Dutch. English stands where it is used, and here
beside its Dutch; a text without it is shown in English.

The user chooses, else his browser says what he reads. What cloxxsd asks and
says comes in the language that cloxxsd knows of the user, once he has proved
his password.
"""

import datetime

import flask

LANGUAGES = {"en": "English", "nl": "Nederlands"}
COOKIE = "language"
YEAR_SECONDS = 366 * 86400

DUTCH = {
    # everywhere
    "Budgets": "Budgetten",
    "Projects": "Projecten",
    "Administration": "Beheer",
    "Change password": "Wachtwoord wijzigen",
    "Log out": "Afmelden",
    "Log in": "Aanmelden",
    "Logged in as {}": "Aangemeld als {}",
    "Skip to the content": "Naar de inhoud",
    "Language": "Taal",
    "Your address: {}": "Uw adres: {}",
    "Every action is recorded with user name and address.":
        "Elke handeling wordt vastgelegd met gebruikersnaam en adres.",
    "Menu": "Menu",
    "Save": "Opslaan",
    "Cancel": "Annuleren",
    "Back to the projects": "Terug naar de projecten",
    "yes": "ja",
    "no": "nee",
    # what goes wrong
    "This form is no longer valid. Please try again.":
        "Dit formulier is niet meer geldig. Probeer het opnieuw.",
    "You may not do this.": "Dit mag u niet.",
    "There is no such page.": "Deze pagina is er niet.",
    "Somebody else has changed this meanwhile. Please look again.":
        "Iemand anders heeft dit intussen gewijzigd. Kijk opnieuw.",
    "That is too much text.": "Dat is te veel tekst.",
    "Something went wrong. Nothing was changed.":
        "Er ging iets mis. Er is niets gewijzigd.",
    "This is not possible at the moment. Nothing was changed. Please try "
    "again later.":
        "Dit kan nu niet. Er is niets gewijzigd. Probeer het later opnieuw.",
    "Refused.": "Geweigerd.",
    # login
    "User name": "Gebruikersnaam",
    "Password": "Wachtwoord",
    "Continue": "Verder",
    "Current password": "Huidig wachtwoord",
    "Choose a new password": "Kies een nieuw wachtwoord",
    "Code": "Code",
    "Please read this first": "Lees dit eerst",
    "I accept": "Ik ga akkoord",
    "I do not accept": "Ik ga niet akkoord",
    "Your session has ended. Please log in again.":
        "Uw sessie is beëindigd. Meld u opnieuw aan.",
    "Your password is changed.": "Uw wachtwoord is gewijzigd.",
    "Start again": "Opnieuw beginnen",
    # projects
    "No project is yours to see. The administrator can change that.":
        "U mag nog geen project zien. De beheerder kan dat wijzigen.",
    "Project": "Project",
    "Total": "Totaal",
    "You may": "U mag",
    "read and write": "lezen en schrijven",
    "read": "lezen",
    "write": "schrijven",
    "Budget of {}": "Budget van {}",
    "Line": "Regel",
    "Title": "Omschrijving",
    "Amount": "Bedrag",
    "Amount in euros": "Bedrag in euro",
    "Change": "Wijzigen",
    "Change line {}": "Regel {} wijzigen",
    "Change line {} of {}": "Regel {} van {} wijzigen",
    "Add a line": "Regel toevoegen",
    "Add a line to {}": "Regel toevoegen aan {}",
    "There are no lines yet.": "Er zijn nog geen regels.",
    "Saved, and recorded.": "Opgeslagen en vastgelegd.",
    "You may read this project, and not change it.":
        "U mag dit project lezen, niet wijzigen.",
    "Give a title of at most {} characters, and an amount such as 1250.00.":
        "Geef een omschrijving van hoogstens {} tekens, en een bedrag zoals "
        "1250,00.",
    # administration
    "Users": "Gebruikers",
    "User": "Gebruiker",
    "Grants": "Rechten",
    "Notice": "Instructie",
    "Refusals": "Weigeringen",
    "State": "Toestand",
    "Role": "Rol",
    "Last login": "Laatst aangemeld",
    "never": "nooit",
    "enabled": "toegelaten",
    "disabled": "niet toegelaten",
    "locked": "geblokkeerd",
    "user": "gebruiker",
    "administrator": "beheerder",
    "none": "geen",
    "temporary": "tijdelijk",
    "chosen": "zelf gekozen",
    "Notice accepted": "Instructie aanvaard",
    "not required": "niet gevraagd",
    "Failures since the last good login":
        "Mislukte pogingen sinds de laatste goede aanmelding",
    "When": "Wanneer",
    "Service": "Dienst",
    "Address": "Adres",
    "Reason": "Reden",
    "Reference": "Referentie",
    "There are none.": "Er zijn er geen.",
    "Lift the lock": "Blokkade opheffen",
    "He is locked since {}: {}": "Geblokkeerd sinds {}: {}",
    "Why may the lock be lifted?": "Waarom mag de blokkade eraf?",
    "The lock is lifted.": "De blokkade is opgeheven.",
    "Make a temporary password": "Tijdelijk wachtwoord maken",
    "The one he has opens nothing any more from then on. He must choose "
    "another one when he first logs in.":
        "Het huidige opent daarna niets meer. Bij de eerste aanmelding moet "
        "een ander worden gekozen.",
    "Temporary password of {}": "Tijdelijk wachtwoord van {}",
    "It is shown this once. It is valid until {}.":
        "Het wordt alleen nu getoond. Het is geldig tot {}.",
    "Sessions": "Sessies",
    "End": "Beëindigen",
    "End session {}": "Sessie {} beëindigen",
    "Since": "Sinds",
    "The session is ended.": "De sessie is beëindigd.",
    "Holder": "Houder",
    "Right": "Recht",
    "Until": "Tot",
    "Remove": "Intrekken",
    "Remove the right of {} in {}": "Recht van {} in {} intrekken",
    "The grant is removed.": "Het recht is ingetrokken.",
    "The grant is made.": "Het recht is gegeven.",
    "Give a right": "Recht geven",
    "A user, or a group written as @NAME":
        "Een gebruiker, of een groep geschreven als @NAAM",
    "write only": "alleen schrijven",
    "write-only": "alleen schrijven",
    "deny": "ontzegd",
    "denied": "ontzegd",
    "no end": "geen einde",
    "every project": "elk project",
    "Valid until (may be left empty)": "Geldig tot (mag leeg blijven)",
    "Version {}": "Versie {}",
    "{} of {} users have accepted this version.":
        "{} van {} gebruikers hebben deze versie aanvaard.",
    "Who accepted": "Wie heeft aanvaard",
    "Who has not yet accepted": "Wie nog niet heeft aanvaard",
    "Version": "Versie",
    "in force": "geldend",
    "What does a reference code stand for?":
        "Waar staat een referentiecode voor?",
    "Explain": "Uitleggen",
    "Rule": "Regel",
    "Outcome": "Uitkomst",
    "Explanation": "Uitleg",
    "What would allow it: {}": "Wat het zou toestaan: {}",
    "There is no such code.": "Deze code is er niet.",
    "There is none of this name: {}": "Deze naam is er niet: {}",
    "The first {} are shown.": "De eerste {} worden getoond.",
    "The day cannot be read.": "De dag kan niet worden gelezen.",
    "Locked users": "Geblokkeerde gebruikers",
    "Last refusals": "Laatste weigeringen",
}


def language():
    """Of this request: "en" or "nl"."""
    chosen = flask.request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return flask.request.accept_languages.best_match(LANGUAGES) or "en"


def say(text, *values):
    if language() == "nl":
        text = DUTCH.get(text, text)
    return text.format(*values) if values else text


def money(cents):
    """1,250.00 or 1.250,00"""
    text = f"{cents / 100:,.2f}"
    if language() == "nl":
        text = text.translate(str.maketrans(",.", ".,"))
    return text


def plain_money(cents):
    """As it is typed."""
    text = f"{cents / 100:.2f}"
    return text.replace(".", ",") if language() == "nl" else text


def moment(seconds):
    """A time as people write it, in UTC."""
    if not seconds:
        return ""
    at = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return at.strftime("%d-%m-%Y %H:%M UTC" if language() == "nl"
                       else "%Y-%m-%d %H:%M UTC")


def install(app):
    app.jinja_env.globals.update(say=say, language=language,
                                 languages=LANGUAGES)
    app.jinja_env.filters.update(money=money, plain_money=plain_money,
                                 moment=moment)

    @app.get("/language/<to>")
    def choose(to):
        """Remembers it, and goes back to where the reader was."""
        if to not in LANGUAGES:
            flask.abort(404)
        back = flask.request.args.get("back", "/")
        if not back.startswith("/") or back.startswith(("//", "/\\")):
            back = "/"
        response = flask.redirect(back)
        response.set_cookie(COOKIE, to, max_age=YEAR_SECONDS, httponly=True,
                            secure=app.config["GIVEN"].secure, samesite="Lax")
        return response
