/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stacks of every service, and whether a denial ends them. */
#include "cloxxsctl/doctor/doctor.h"

#include <string.h>

#include "cloxxsctl/doctor/pam_judgement.h"

#define PAM_D "/etc/pam.d"
#define PAM_D_VENDOR "/usr/lib/pam.d"

static const char *const commons[] = {
	"common-auth",
	"common-account",
	"common-password",
	"common-session",
	"common-session-noninteractive",
};

/* Where users of Cloxxs come in on any host, whatever their own services. */
static const char *const usual[] = { "sshd",   "login", "su",
				     "su-l",   "sudo",  "sudo-i",
				     "passwd", "cron",  "systemd-user" };

static int load(void *userdata, const char *name, char **ret_text)
{
	const struct host *host = userdata;
	char path[PATH_MAX];
	struct text text;
	int r;

	text_init(&text, path, sizeof(path));
	text_add_format(&text, PAM_D "/%s", name);
	r = host_read(host, path, ret_text);
	if (r != -ENOENT)
		return r;
	text_init(&text, path, sizeof(path));
	text_add_format(&text, PAM_D_VENDOR "/%s", name);
	return host_read(host, path, ret_text);
}

static bool has_line(const struct pam_stack *stack)
{
	for (size_t i = 0; i < stack->n_lines; i++)
		if (strcmp(stack->lines[i].module, PAM_OURS) == 0)
			return true;
	return false;
}

static void check_profile(struct doctor *doctor)
{
	const struct pam_source source = { load, &doctor->host };
	char without[200];
	size_t n = 0, n_there = 0;
	struct text text;

	text_init(&text, without, sizeof(without));
	for (size_t i = 0; i < ARRAY_SIZE(commons); i++) {
		scope(pam_stack_freep) struct pam_stack *stack = NULL;

		if (!host_has(&doctor->host, PAM_D "/common-auth") ||
		    pam_stack_read(&source, commons[i], &stack) != 0)
			continue;
		n_there++;
		if (has_line(stack))
			n++;
		else
			text_add_format(&text, "%s%s", *without ? ", " : "",
					commons[i]);
	}
	doctor->has_pam = n > 0;
	if (n_there == 0)
		doctor_say(doctor, CHECK_PAM_PROFILE, SEVERITY_NOTE,
			   PAM_D " has no common-* files: each service needs "
				 "its lines by hand");
	else if (n == 0)
		doctor_say(doctor, CHECK_PAM_PROFILE, SEVERITY_ERROR,
			   "the profile cloxxs is off: no " PAM_D
			   "/common-* has the module");
	else if (n < n_there)
		doctor_say(doctor, CHECK_PAM_PROFILE, SEVERITY_ERROR,
			   "the module is missing in " PAM_D ": %s", without);
	else
		doctor_say(doctor, CHECK_PAM_PROFILE, SEVERITY_OK,
			   "the profile cloxxs is on");
}

static void check_module(struct doctor *doctor)
{
	if (host_has(&doctor->host, CLOXXS_PAMDIR "/pam_cloxxs.so"))
		doctor_say(doctor, CHECK_PAM_MODULE, SEVERITY_OK,
			   CLOXXS_PAMDIR "/pam_cloxxs.so is there");
	else
		doctor_say(doctor, CHECK_PAM_MODULE, SEVERITY_ERROR,
			   CLOXXS_PAMDIR "/pam_cloxxs.so is not there%s",
			   doctor->has_pam ? ", and the stacks name it" : "");
}

/* A file that many services include is told of once. */
static bool is_told(const struct findings *findings, const char *seen)
{
	char escaped[sizeof(findings->rows->seen)];
	struct text text;

	text_init(&text, escaped, sizeof(escaped));
	text_add_escaped(&text, seen, strlen(seen));
	for (size_t i = 0; i < findings->n; i++)
		if (strcmp(findings->rows[i].seen, escaped) == 0)
			return true;
	return false;
}

static void report_faults(struct doctor *doctor, const struct pam_stack *stack)
{
	for (size_t i = 0; i < stack->n_faults && i < ARRAY_SIZE(stack->faults);
	     i++) {
		const struct pam_fault *one = &stack->faults[i];
		char seen[200];
		struct text text;

		text_init(&text, seen, sizeof(seen));
		text_add_format(&text, PAM_D "/%s:%u: %s", one->file,
				one->number, one->what);
		if (!is_told(&doctor->findings, seen))
			doctor_say(doctor, CHECK_PAM_FILE, SEVERITY_ERROR, "%s",
				   seen);
	}
}

/* A phase without us: how bad that is. */
static enum severity severity_without(enum pam_phase phase)
{
	switch (phase) {
	case PAM_PHASE_AUTH:
	case PAM_PHASE_ACCOUNT:
		return SEVERITY_ERROR;
	case PAM_PHASE_PASSWORD:
	case PAM_PHASE_SESSION:
		return SEVERITY_WARNING;
	case _N_PAM_PHASES:
		break;
	}
	return SEVERITY_ERROR;
}

/* Returns whether all is well with the phase. */
static bool report_phase(struct doctor *doctor, const char *service,
			 enum pam_phase phase,
			 const struct pam_judgement *judgement)
{
	const char *name = pam_phase_names[phase];
	const struct pam_line *line = judgement->ours;

	if (!line) {
		doctor_say(doctor, CHECK_PAM_STACK, severity_without(phase),
			   "%s: pam_cloxxs.so is not asked in %s", service,
			   name);
		return false;
	}
	if (judgement->through)
		doctor_say(doctor, CHECK_PAM_STACK, SEVERITY_ERROR,
			   "%s: " PAM_D "/%s:%u: a denial (%s) in %s falls "
			   "through to %s, " PAM_D "/%s:%u, which lets in",
			   service, line->file, line->number,
			   pam_code_names[judgement->denial], name,
			   judgement->through->module, judgement->through->file,
			   judgement->through->number);
	else if (judgement->after)
		doctor_say(doctor, CHECK_PAM_STACK, SEVERITY_WARNING,
			   "%s: " PAM_D "/%s:%u: pam_unix.so is asked after a "
			   "denial in %s",
			   service, judgement->after->file,
			   judgement->after->number, name);
	if (judgement->around)
		doctor_say(doctor, CHECK_PAM_STACK,
			   phase == PAM_PHASE_SESSION ? SEVERITY_WARNING
						      : SEVERITY_ERROR,
			   "%s: " PAM_D "/%s:%u: %s ends %s in success before "
			   "pam_cloxxs.so is asked",
			   service, judgement->around->file,
			   judgement->around->number, judgement->around->module,
			   name);
	if (!judgement->admits)
		doctor_say(doctor, CHECK_PAM_STACK, SEVERITY_ERROR,
			   "%s: " PAM_D "/%s:%u: no success of pam_cloxxs.so "
			   "can be the end of %s",
			   service, line->file, line->number, name);
	return !judgement->through && !judgement->after && !judgement->around &&
	       judgement->admits;
}

static int judge_service(struct doctor *doctor, const char *service,
			 const struct pam_stack *stack, bool *ret_good)
{
	bool good = true;

	for (int i = 0; i < _N_PAM_PHASES; i++) {
		struct pam_judgement judgement;
		int r = pam_judge(stack, (enum pam_phase)i, &judgement);

		if (r < 0)
			return r;
		good = report_phase(doctor, service, (enum pam_phase)i,
				    &judgement) &&
		       good;
	}
	*ret_good = good;
	return 0;
}

static bool user_uses(const json_t *user, const char *service)
{
	const json_t *services = json_object_get(user, "services"), *one;
	size_t i;

	json_array_foreach(services, i, one)
	{
		if (json_is_string(one) &&
		    strcmp(json_string_value(one), service) == 0)
			return true;
	}
	return false;
}

static bool is_used(const struct doctor *doctor, const char *service)
{
	const json_t *user;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(usual); i++)
		if (strcmp(usual[i], service) == 0)
			return true;
	json_array_foreach(doctor->users, i, user)
	{
		if (user_uses(user, service))
			return true;
	}
	return false;
}

/* Files of pam.d that are no services. */
static bool is_part(const char *name)
{
	return strncmp(name, "common-", strlen("common-")) == 0 ||
	       strchr(name, '.') || strchr(name, '~');
}

static void check_service(struct doctor *doctor, const char *service,
			  struct text *guarded)
{
	const struct pam_source source = { load, &doctor->host };
	scope(pam_stack_freep) struct pam_stack *stack = NULL;
	bool good = false;
	int r;

	r = pam_stack_read(&source, service, &stack);
	if (r < 0) {
		doctor_skip(doctor, CHECK_PAM_STACK, service, r);
		return;
	}
	report_faults(doctor, stack);
	if (!has_line(stack)) {
		if (doctor->has_pam && is_used(doctor, service))
			doctor_say(doctor, CHECK_PAM_STACK, SEVERITY_ERROR,
				   "%s: " PAM_D "/%s asks pam_cloxxs.so in no "
				   "phase",
				   service, service);
		return;
	}
	/* Others get a word only where a denial comes to nothing. */
	if (!is_used(doctor, service) && strcmp(service, "other") != 0)
		return;
	r = judge_service(doctor, service, stack, &good);
	if (r < 0)
		doctor_skip(doctor, CHECK_PAM_STACK, service, r);
	else if (good)
		text_add_format(guarded, "%s%s", guarded->n ? ", " : "",
				service);
}

static void check_services(struct doctor *doctor)
{
	scope(host_names_deinit) struct host_names names = { 0 };
	char guarded[300];
	struct text text;
	int r;

	r = host_list(&doctor->host, PAM_D, &names);
	if (r < 0) {
		doctor_skip(doctor, CHECK_PAM_STACK, PAM_D, r);
		return;
	}
	text_init(&text, guarded, sizeof(guarded));
	for (size_t i = 0; i < names.n; i++)
		if (!is_part(names.names[i]))
			check_service(doctor, names.names[i], &text);
	if (text.n > 0)
		doctor_say(doctor, CHECK_PAM_STACK, SEVERITY_OK,
			   "a denial ends every phase of %s", guarded);
	if (findings_worst_of(&doctor->findings, CHECK_PAM_FILE) == SEVERITY_OK)
		doctor_say(doctor, CHECK_PAM_FILE, SEVERITY_OK,
			   "every line of the stacks can be read");
}

static void check_leftovers(struct doctor *doctor)
{
	scope(host_names_deinit) struct host_names names = { 0 };

	if (host_list(&doctor->host, PAM_D, &names) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		const char *dot = strrchr(names.names[i], '.');

		if (dot &&
		    (strcmp(dot, ".pam-old") == 0 ||
		     strcmp(dot, ".dpkg-old") == 0 || strcmp(dot, ".bak") == 0))
			finding_mend(doctor_say(doctor, CHECK_PAM_LEFTOVER,
						SEVERITY_NOTE,
						PAM_D "/%s is a former stack",
						names.names[i]),
				     "rm " PAM_D "/%s", names.names[i]);
	}
	if (findings_worst_of(&doctor->findings, CHECK_PAM_LEFTOVER) ==
	    SEVERITY_OK)
		doctor_say(doctor, CHECK_PAM_LEFTOVER, SEVERITY_OK,
			   "no former stacks lie in " PAM_D);
}

void doctor_pam(struct doctor *doctor)
{
	check_profile(doctor);
	check_module(doctor);
	check_services(doctor);
	check_leftovers(doctor);
}
