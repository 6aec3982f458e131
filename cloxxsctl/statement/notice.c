/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the promises about what users are told are looked at. */
#include <string.h>

#include "cloxxsctl/statement/evidence.h"
#include "cloxxsctl/statement/promise.h"

/* Whether everybody who comes in is told it, or has accepted it. */
static bool is_told(const json_t *notice)
{
	return json_is_true(json_object_get(notice, "show")) ||
	       strcmp(output_member(notice, "require", "no"), "yes") == 0;
}

void look_notice(struct evidence *evidence, struct answer *answer)
{
	const json_t *notice = evidence->notices[STATEMENT_ENGLISH];
	int64_t accepted = 0, users = 0;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	if (!notice || !is_told(notice)) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "Users are not shown the notice.",
			   "Gebruikers krijgen de instructie niet te zien.");
		return;
	}
	(void)output_member_int(notice, "accepted", &accepted);
	(void)output_member_int(notice, "users", &users);
	if (strcmp(output_member(notice, "require", "no"), "no") == 0)
		answer_say(answer, ANSWER_KEPT,
			   "Each of %lld users is shown the notice when he "
			   "logs in; nobody is asked to accept it.",
			   "Elk van %lld gebruikers krijgt de instructie bij "
			   "het aanmelden te zien; niemand wordt gevraagd haar "
			   "te aanvaarden.",
			   (long long)users);
	else
		answer_say(answer, ANSWER_KEPT,
			   "It must be accepted, once a version: %lld of %lld "
			   "users have accepted the present one.",
			   "Zij moet worden aanvaard, eenmaal per versie: %lld "
			   "van %lld gebruikers aanvaardden de huidige.",
			   (long long)accepted, (long long)users);
	answer_say(answer, ANSWER_KEPT, "Version:", "Versie:");
	answer_say_foreign(answer, output_member(notice, "version", "?"));
}

/* In words of one's own only the subject can be found, not what is said. */
void look_free_text(struct evidence *evidence, struct answer *answer)
{
	static const char *const words[_N_STATEMENT_LANGUAGES] = {
		[STATEMENT_ENGLISH] = "free text",
		[STATEMENT_DUTCH] = "vrije tekst",
	};
	bool said = true;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const json_t *notice = evidence->notices[i];
		const char *language = output_member(notice, "language", "");
		/* Where English stands for it, English is what is read. */
		const char *word =
			words[strcmp(language, "nl") == 0 ? STATEMENT_DUTCH
							  : STATEMENT_ENGLISH];

		said = said && notice && is_told(notice) &&
		       strcasestr(output_member(notice, "text", ""), word);
	}
	answer_say(answer, said ? ANSWER_KEPT : ANSWER_NOT_KEPT,
		   said ? "The notice says so in each language."
			: "The notice is not shown, or does not speak of free "
			  "text.",
		   said ? "De instructie zegt het in elke taal."
			: "De instructie wordt niet getoond, of spreekt niet "
			  "over vrije tekst.");
	answer_say(answer, answer->outcome,
		   "Records of the ledger hold none of users.",
		   "Het grootboek bevat er geen van gebruikers.");
}
