/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/report_words.h"

/* Not in po/: its catalogues are compiled into a module that every login loads,
 * and none of its users is shown these. */
static const struct {
	const char *english, *dutch;
} words[_N_REPORT_WORDS] = {
	[WORD_REPORT_TITLE] = { "Access report", "Toegangsverslag" },
	[WORD_REPORT_MADE] = { "made", "opgemaakt" },
	[WORD_REPORT_PERIOD] = { "Period", "Periode" },
	[WORD_REPORT_FROM] = { "from", "van" },
	[WORD_REPORT_TO] = { "to", "tot" },
	[WORD_REPORT_WHOLE] = { "all records there are",
				"alle records die er zijn" },
	[WORD_REPORT_SUMMARY] = { "In short", "In het kort" },
	[WORD_REPORT_LOGINS] = { "Logins", "Aanmeldingen" },
	[WORD_REPORT_UNASKED] = { "No password", "Zonder wachtwoord" },
	[WORD_REPORT_REFUSALS] = { "Refusals", "Weigeringen" },
	[WORD_REPORT_LOCKS] = { "Locks", "Blokkeringen" },
	[WORD_REPORT_UNLOCKS] = { "Unlocks", "Opheffingen" },
	[WORD_REPORT_RIGHTS] = { "Changes of rights", "Rechtenwijzigingen" },
	[WORD_REPORT_ACTS] = { "Administrators' acts", "Beheershandelingen" },
	[WORD_REPORT_ACTIONS] = { "Actions", "Handelingen" },
	[WORD_REPORT_RECORDS] = { "Records read", "Gelezen records" },
	[WORD_REPORT_REPLACED] = { "Records with names replaced",
				   "Records met vervangen namen" },
	[WORD_REPORT_MISSING] = { "Records missing", "Ontbrekende records" },
	[WORD_REPORT_MISSING_NOTE] = { "Records are missing between the first "
				       "and the last one, so "
				       "this report is not complete: see "
				       "\"cloxxsctl audit verify\".",
				       "Tussen het eerste en het laatste "
				       "record ontbreken er, dus dit "
				       "verslag is niet volledig: zie "
				       "\"cloxxsctl audit verify\"." },
	[WORD_REPORT_REPLACED_NOTE] = { "In some records names were taken out "
					"or replaced by "
					"pseudonyms, as their time was over or "
					"somebody was erased.",
					"In sommige records zijn namen "
					"weggehaald of door pseudoniemen "
					"vervangen, omdat hun bewaartermijn om "
					"was of iemand is "
					"gewist." },
	[WORD_REPORT_NUMBERS] = { "numbers", "nummers" },
	[WORD_REPORT_DAYS_TITLE] = { "Logins and refusals",
				     "Aanmeldingen en weigeringen" },
	[WORD_REPORT_BY_DAY] = { "per day", "per dag" },
	[WORD_REPORT_BY_MONTH] = { "per month", "per maand" },
	[WORD_REPORT_BY_YEAR] = { "per year", "per jaar" },
	[WORD_REPORT_IN_ALL] = { "in all", "in totaal" },
	[WORD_REPORT_MOST] = { "most", "meeste" },
	[WORD_REPORT_DAY] = { "Day", "Dag" },
	[WORD_REPORT_MONTH] = { "Month", "Maand" },
	[WORD_REPORT_YEAR] = { "Year", "Jaar" },
	[WORD_REPORT_BY_USER] = { "Logins by user",
				  "Aanmeldingen per gebruiker" },
	[WORD_REPORT_BY_USER_NOTE] = { "No password: of the logins, those "
				       "without a "
				       "password that was "
				       "asked for. Actions: what he did in "
				       "applications.",
				       "Zonder wachtwoord: van de aanmeldingen "
				       "die "
				       "waarbij geen wachtwoord "
				       "is gevraagd. Handelingen: wat hij deed "
				       "in applicaties." },
	[WORD_REPORT_BY_REASON] = { "Refusals by reason",
				    "Weigeringen naar reden" },
	[WORD_REPORT_BY_COUNTRY] = { "Refusals by country",
				     "Weigeringen naar land" },
	[WORD_REPORT_BY_COUNTRY_NOTE] = { "The country is the one that was "
					  "recorded with the refusal. It "
					  "is not known where none was "
					  "recorded.",
					  "Het land is dat wat bij de "
					  "weigering is vastgelegd. Het is "
					  "niet bekend waar niets is "
					  "vastgelegd." },
	[WORD_REPORT_BY_NAME] = { "Refusals by name", "Weigeringen naar naam" },
	[WORD_REPORT_LOCKS_TITLE] = { "Locks and unlocks",
				      "Blokkeringen en opheffingen" },
	[WORD_REPORT_RIGHTS_TITLE] = { "Rights given and taken",
				       "Rechten gegeven en ingetrokken" },
	[WORD_REPORT_ACTS_TITLE] = { "Administrators' acts",
				     "Handelingen van beheerders" },
	[WORD_REPORT_ACTS_NOTE] = { "Who did what, and how often; what cloxxsd "
				    "does by itself is "
				    "not among these.",
				    "Wie deed wat en hoe vaak; wat cloxxsd uit "
				    "zichzelf doet, "
				    "staat hier niet bij." },
	[WORD_REPORT_ACTIONS_TITLE] = { "Actions in applications, by project",
					"Handelingen in applicaties, per "
					"project" },
	[WORD_REPORT_ACTIONS_NOTE] = { "As the applications recorded them.",
				       "Zoals de applicaties ze hebben "
				       "vastgelegd." },
	[WORD_REPORT_NOTHING] = { "None in this period.",
				  "Geen in deze periode." },
	[WORD_REPORT_OTHERS] = { "others", "overige" },
	[WORD_REPORT_MORE] = { "more in this period, not listed",
			       "meer in deze periode, niet vermeld" },
	[WORD_REPORT_USER] = { "User", "Gebruiker" },
	[WORD_REPORT_WHOM] = { "Whom", "Wie" },
	[WORD_REPORT_WHO] = { "Who", "Wie" },
	[WORD_REPORT_BY] = { "By", "Door" },
	[WORD_REPORT_WHEN] = { "When", "Wanneer" },
	[WORD_REPORT_WHAT] = { "What", "Wat" },
	[WORD_REPORT_WHY] = { "Why", "Waarom" },
	[WORD_REPORT_WHERE] = { "Where", "Waar" },
	[WORD_REPORT_CHANGE] = { "Change", "Wijziging" },
	[WORD_REPORT_REASON] = { "Reason", "Reden" },
	[WORD_REPORT_COUNTRY] = { "Country", "Land" },
	[WORD_REPORT_NAME] = { "Name", "Naam" },
	[WORD_REPORT_ADDRESS] = { "Address", "Adres" },
	[WORD_REPORT_NUMBER] = { "Number", "Aantal" },
	[WORD_REPORT_BAD] = { "Failed", "Mislukt" },
	[WORD_REPORT_LAST] = { "Last", "Laatste" },
	[WORD_REPORT_LAST_LOGIN] = { "Last login", "Laatste aanmelding" },
	[WORD_REPORT_PROJECT] = { "Project", "Project" },
	[WORD_REPORT_APPLICATION] = { "Application", "Applicatie" },
	[WORD_REPORT_ACTION] = { "Action", "Handeling" },
	[WORD_REPORT_NOT_KNOWN] = { "not known", "niet bekend" },
	[WORD_REPORT_UNKNOWN_NAMES] = { "names that nobody has",
					"namen die niemand heeft" },
	[WORD_REPORT_NO_PROJECT] = { "in no project", "in geen project" },
};

const char *report_word(enum report_word word, enum language language)
{
	return language == LANGUAGE_DUTCH ? words[word].dutch
					  : words[word].english;
}
