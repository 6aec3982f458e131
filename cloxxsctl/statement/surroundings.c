/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the promises about the host and what the operator declares are looked at.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cloxxsctl/doctor/lines.h"
#include "cloxxsctl/statement/evidence.h"
#include "cloxxsctl/statement/outside.h"
#include "cloxxsctl/statement/promise.h"
#include "cloxxsctl/statement/ports.h"
#include "cloxxsctl/statement/ruleset.h"

#define PROGRAM_MS 20000
#define OUTPUT_MAX (2 * 1024 * 1024)
#define DAY_S INT64_C(86400)
#define LISTS_AGE_MAX_S (7 * DAY_S)

/* What a program says, freed by the caller; NULL where it said nothing good. */
static char *ask(const struct evidence *evidence, const char *const *argv)
{
	scope(scope_free) char *output = malloc(OUTPUT_MAX);
	struct text text;

	if (!output || !host_is_live(&evidence->doctor.host))
		return NULL;
	text_init(&text, output, OUTPUT_MAX);
	if (evidence->doctor.host.capture(argv[0], argv, PROGRAM_MS, &text) !=
		    0 ||
	    text_is_cut(&text))
		return NULL;
	return scope_take_ptr(output);
}

/* Declarations. */

static bool declare(const struct evidence *evidence, const char *key,
		    struct answer *answer)
{
	const char *value = evidence_setting(evidence, "statement", key);

	if (!value || strcmp(value, "none") == 0 || strlen(value) < 12) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "Not declared ([statement] %s in cloxxsd.conf).",
			   "Niet verklaard ([statement] %s in cloxxsd.conf).",
			   key);
		return false;
	}
	answer_say(answer, ANSWER_DECLARED, "Declared on %.10s: %s",
		   "Verklaard op %.10s: %s", value, value + 11);
	return true;
}

void look_soc2(struct evidence *evidence, struct answer *answer)
{
	(void)declare(evidence, "soc2", answer);
}

void look_physical(struct evidence *evidence, struct answer *answer)
{
	(void)declare(evidence, "physical_protection", answer);
}

void look_location(struct evidence *evidence, struct answer *answer)
{
	(void)declare(evidence, "location", answer);
	outside_say_providers(evidence, answer);
}

/* Firewall. */

static bool look_host_firewall(const struct evidence *evidence,
			       struct answer *answer)
{
	const char *const argv[] = { "/usr/sbin/nft", "-j", "list", "ruleset",
				     NULL };
	scope(scope_free) char *rules = ask(evidence, argv);
	struct ruleset ruleset;

	if (!rules || !ruleset_read(rules, &ruleset)) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The rules of the host's firewall could not be read "
			   "(nft, as root).",
			   "De regels van de firewall van deze machine waren "
			   "niet te lezen (nft, als root).");
		return false;
	}
	answer_say(answer, ANSWER_NOT_KEPT,
		   ruleset.guards_input
			   ? "The host's firewall guards what comes in (rules: "
			     "%d)."
			   : "The host's firewall lets everything in (rules: "
			     "%d).",
		   ruleset.guards_input
			   ? "De firewall van deze machine bewaakt wat "
			     "binnenkomt (regels: %d)."
			   : "De firewall van deze machine laat alles binnen "
			     "(regels: %d).",
		   ruleset.n_rules);
	return ruleset.guards_input;
}

static void say_ports(const struct evidence *evidence, struct answer *answer)
{
	char shown[200];
	struct text text;
	int n;

	text_init(&text, shown, sizeof(shown));
	n = ports_listening(&evidence->doctor.host, &text);
	if (n < 0)
		return;
	answer_say(answer, answer->outcome,
		   n > 0 ? "It listens on TCP ports (%d):"
			 : "It listens on no TCP port (%d).",
		   n > 0 ? "Zij luistert op TCP-poorten (%d):"
			 : "Zij luistert op geen TCP-poort (%d).",
		   n);
	text_add(&text, ".");
	if (n > 0)
		answer_say_foreign(answer, shown);
}

void look_firewall(struct evidence *evidence, struct answer *answer)
{
	bool guarded = look_host_firewall(evidence, answer);
	struct answer other = { 0 };

	say_ports(evidence, answer);
	/* What was measured counts; what is declared is named so. */
	if (!outside_look_firewall(evidence, &other))
		(void)declare(evidence, "web_application_firewall", &other);
	answer_say(answer,
		   guarded && other.outcome != ANSWER_NOT_KEPT
			   ? ANSWER_KEPT
			   : ANSWER_NOT_KEPT,
		   "Web application firewall:", "Webapplicatie-firewall:");
	answer_add(answer, &other);
}

/* Patches. */

static int count_pending(const char *plan)
{
	int n = 0;

	for (const char *line = plan; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "Inst ", 5) == 0) {
			const char *end = strchrnul(line, '\n');
			const char *security = strcasestr(line, "-security");

			n += security && security < end;
		}
		if (!*line)
			break;
	}
	return n;
}

static bool is_fresh(const struct evidence *evidence, const char *path)
{
	struct stat status;

	return host_stat(&evidence->doctor.host, path, &status) == 0 &&
	       evidence->now - status.st_mtime <= LISTS_AGE_MAX_S;
}

/*
 * Whether apt knows what there is to be had, and since lately: its lists, of
 * which Debian signs those of security anew every few days, or the stamp of
 * its own timer. (Its caches are made anew by whoever asks it.)
 */
static bool has_fresh_lists(const struct evidence *evidence)
{
	static const char lists[] = "/var/lib/apt/lists";
	scope(host_names_deinit) struct host_names names = { 0 };
	bool any = false, fresh = false;

	if (host_list(&evidence->doctor.host, lists, &names) != 0)
		return false;
	for (size_t i = 0; i < names.n && !fresh; i++) {
		size_t n = strlen(names.names[i]);
		char path[PATH_MAX];

		if (n < 9 || strcmp(names.names[i] + n - 9, "InRelease") != 0)
			continue;
		any = true;
		(void)snprintf(path, sizeof(path), "%s/%s", lists,
			       names.names[i]);
		fresh = is_fresh(evidence, path);
	}
	return fresh || (any && is_fresh(evidence,
					 "/var/lib/apt/periodic/update-stamp"));
}

static bool is_unattended(const struct evidence *evidence)
{
	const char *const argv[] = { "/usr/bin/apt-config", "dump",
				     "APT::Periodic::Unattended-Upgrade",
				     NULL };
	scope(scope_free) char *dump = ask(evidence, argv);
	const char *value = dump ? strchr(dump, '"') : NULL;

	return value && value[1] >= '1' && value[1] <= '9';
}

void look_patches(struct evidence *evidence, struct answer *answer)
{
	/* A kernel's update is a package of another name: without new ones it
	 * would be no update that waits. */
	const char *const argv[] = {
		"/usr/bin/apt-get", "-s",      "-o", "Debug::NoLocking=true",
		"--with-new-pkgs",  "upgrade", NULL
	};
	scope(scope_free) char *plan = ask(evidence, argv);
	bool fresh = has_fresh_lists(evidence);
	bool reboot = host_has(&evidence->doctor.host, "/run/reboot-required");
	int n = plan ? count_pending(plan) : -1;

	if (n < 0) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "Pending updates could not be counted (apt-get).",
			   "Wachtende updates waren niet te tellen (apt-get).");
		return;
	}
	answer_say(answer,
		   n == 0 && fresh && !reboot ? ANSWER_KEPT : ANSWER_NOT_KEPT,
		   "Security updates that wait: %d.",
		   "Wachtende beveiligingsupdates: %d.", n);
	if (!fresh)
		answer_say(answer, answer->outcome,
			   "The lists of packages are older than 7 days.",
			   "De lijsten van pakketten zijn ouder dan 7 dagen.");
	if (is_unattended(evidence))
		answer_say(answer, answer->outcome,
			   "Updates are installed by themselves.",
			   "Updates worden vanzelf geïnstalleerd.");
	if (reboot)
		answer_say(answer, answer->outcome, "A restart is needed.",
			   "Een herstart is nodig.");
}

/* The disk below the store. */

static bool is_crypt(const struct host *host, unsigned int major,
		     unsigned int minor, int depth)
{
	char path[128];
	scope(scope_free) char *uuid = NULL;
	struct host_names slaves;
	bool found = false;

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dm/uuid",
		       major, minor);
	if (host_read(host, path, &uuid) == 0 &&
	    strncmp(uuid, "CRYPT-", 6) == 0)
		return true;
	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/slaves", major,
		       minor);
	if (depth == 0 || host_list(host, path, &slaves) != 0)
		return false;
	for (size_t i = 0; i < slaves.n && !found; i++) {
		char device[192];
		scope(scope_free) char *numbers = NULL;
		unsigned int a, b;

		(void)snprintf(device, sizeof(device), "%s/%.40s/dev", path,
			       slaves.names[i]);
		found = host_read(host, device, &numbers) == 0 &&
			sscanf(numbers, "%u:%u", &a, &b) == 2 &&
			is_crypt(host, a, b, depth - 1);
	}
	host_names_deinit(&slaves);
	return found;
}

void look_encryption(struct evidence *evidence, struct answer *answer)
{
	const struct host *host = &evidence->doctor.host;
	struct stat status;
	bool crypt =
		host_stat(host, CLOXXS_STATEDIR, &status) == 0 &&
		is_crypt(host, major(status.st_dev), minor(status.st_dev), 4);

	answer_say(answer, crypt ? ANSWER_KEPT : ANSWER_OFF,
		   crypt ? "Secrets are sealed, and the disk below is "
			   "encrypted."
			 : "Secrets are sealed; the disk below is not "
			   "encrypted.",
		   crypt ? "Geheimen zijn verzegeld, en de schijf daaronder is "
			   "versleuteld."
			 : "Geheimen zijn verzegeld; de schijf daaronder is "
			   "niet versleuteld.");
}
