/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock, the journal's limits, and the packages. */
#include "cloxxsctl/doctor/doctor.h"

#include <string.h>
#include <sys/timex.h>

#include "base/timestamp.h"
#include "cloxxsctl/doctor/lines.h"

static void check_clock(struct doctor *doctor)
{
	struct timex timex = { .modes = 0 };

	if (!host_is_live(&doctor->host)) {
		doctor_skip(doctor, CHECK_CLOCK, "the clock", -ENOTSUP);
		return;
	}
	if (adjtimex(&timex) < 0)
		doctor_skip(doctor, CHECK_CLOCK, "the clock", -errno);
	else if (timex.status & STA_UNSYNC)
		doctor_say(doctor, CHECK_CLOCK, SEVERITY_WARNING,
			   "nothing keeps the clock right");
	else
		doctor_say(doctor, CHECK_CLOCK, SEVERITY_OK,
			   "the clock is synchronised");
}

/* A clock that is set by the network is corrected by less. */
#define BEHIND_S 60
#define DAY_S 86400

/* Against the clock of the daemon's host, which is this one. */
static void check_behind(struct doctor *doctor)
{
	int64_t latest, behind;
	char when[64];
	struct text text;

	if (!output_member_int(doctor->status, "latest", &latest))
		return;
	behind = latest - doctor->host.now;
	if (behind <= BEHIND_S) {
		doctor_say(doctor, CHECK_CLOCK_BEHIND, SEVERITY_OK,
			   "it was never later than now");
		return;
	}
	text_init(&text, when, sizeof(when));
	timestamp_write(latest, &text);
	doctor_say(doctor, CHECK_CLOCK_BEHIND,
		   behind > DAY_S ? SEVERITY_ERROR : SEVERITY_WARNING,
		   "the clock was set back: it was %s once", when);
}

struct journal {
	char storage[32], max_use[32];
	char where[160]; /* of Storage= */
};

static void keep(char *buffer, size_t size, const char *value)
{
	struct text text;

	text_init(&text, buffer, size);
	text_add(&text, value);
}

static void read_journald(const struct host *host, const char *path,
			  struct journal *journal)
{
	scope(scope_free) char *text = NULL;
	struct lines lines;
	struct text where;
	char *line;

	if (host_read(host, path, &text) < 0)
		return;
	lines = lines_of(text);
	while ((line = lines_next(&lines))) {
		char *key = lines_trim(line), *value = strchr(key, '=');

		if (!value || *key == '#' || *key == ';')
			continue;
		*value++ = '\0';
		if (strcmp(key, "SystemMaxUse") == 0)
			keep(journal->max_use, sizeof(journal->max_use), value);
		if (strcmp(key, "Storage") != 0)
			continue;
		keep(journal->storage, sizeof(journal->storage), value);
		text_init(&where, journal->where, sizeof(journal->where));
		text_add_format(&where, " (%s:%u)", path, lines.n);
	}
}

static void read_dropins(const struct host *host, const char *directory,
			 struct journal *journal)
{
	scope(host_names_deinit) struct host_names names = { 0 };

	if (host_list(host, directory, &names) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		char path[PATH_MAX];
		struct text text;

		text_init(&text, path, sizeof(path));
		text_add_format(&text, "%s/%s", directory, names.names[i]);
		if (strlen(names.names[i]) > 5 &&
		    strcmp(names.names[i] + strlen(names.names[i]) - 5,
			   ".conf") == 0)
			read_journald(host, path, journal);
	}
}

/* "200M" in MiB; 0 for what says nothing. */
static unsigned long long mebibytes(const char *size)
{
	unsigned long long n = strtoull(size, NULL, 10);

	switch (size[strspn(size, "0123456789")]) {
	case 'G':
		return n * 1024;
	case 'T':
		return n * 1024 * 1024;
	case 'K':
		return n / 1024 + 1;
	case 'M':
		return n;
	default:
		return n / (1024 * 1024);
	}
}

static void check_journal(struct doctor *doctor)
{
	struct journal journal = { .storage = "auto" };
	bool kept = host_has(&doctor->host, "/var/log/journal");

	read_journald(&doctor->host, "/usr/lib/systemd/journald.conf",
		      &journal);
	read_journald(&doctor->host, "/etc/systemd/journald.conf", &journal);
	read_dropins(&doctor->host, "/usr/lib/systemd/journald.conf.d",
		     &journal);
	read_dropins(&doctor->host, "/etc/systemd/journald.conf.d", &journal);
	if (strcmp(journal.storage, "none") == 0 ||
	    strcmp(journal.storage, "volatile") == 0)
		finding_mend(doctor_say(doctor, CHECK_JOURNAL, SEVERITY_WARNING,
					"Storage=%s%s: records are gone after "
					"a boot",
					journal.storage, journal.where),
			     "Storage=persistent, then: systemctl restart "
			     "systemd-journald");
	else if (strcmp(journal.storage, "auto") == 0 && !kept)
		doctor_say(doctor, CHECK_JOURNAL, SEVERITY_WARNING,
			   "there is no /var/log/journal: records are gone "
			   "after a boot");
	if (*journal.max_use && mebibytes(journal.max_use) < 64)
		finding_mend(doctor_say(doctor, CHECK_JOURNAL, SEVERITY_NOTE,
					"SystemMaxUse=%s: a few days of "
					"logins",
					journal.max_use),
			     "SystemMaxUse=1G in /etc/systemd/journald.conf");
	if (findings_worst_of(&doctor->findings, CHECK_JOURNAL) == SEVERITY_OK)
		doctor_say(doctor, CHECK_JOURNAL, SEVERITY_OK,
			   "the journal is kept");
}

/* One line "STATUS PACKAGE VERSION" of dpkg-query. */
static void judge_package(struct doctor *doctor, char *line, char version[64],
			  size_t *n)
{
	const char *status = lines_word(&line), *name, *its;

	/* What it says of unknown packages is no such line. */
	if (!status || strlen(status) > 3 || strlen(status) < 2)
		return;
	name = lines_word(&line);
	its = lines_word(&line);
	if (!name || strcmp(status, "un") == 0 || strcmp(status, "pn") == 0)
		return;
	if (status[1] == 'c') {
		finding_mend(doctor_say(doctor, CHECK_PACKAGES, SEVERITY_NOTE,
					"%s is removed, its settings are still "
					"there",
					name),
			     "dpkg --purge %s", name);
		return;
	}
	(*n)++;
	if (status[1] != 'i' || status[2] != '\0')
		doctor_say(doctor, CHECK_PACKAGES, SEVERITY_ERROR,
			   "%s is half installed (dpkg: %s)", name, status);
	if (!its)
		return;
	if (!*version)
		keep(version, 64, its);
	else if (strcmp(version, its) != 0)
		finding_mend(doctor_say(doctor, CHECK_PACKAGES,
					SEVERITY_WARNING,
					"%s is of version %s, others of %s",
					name, its, version),
			     "apt-get install cloxxs");
}

static void check_packages(struct doctor *doctor)
{
	static const char *const argv[] = {
		"/usr/bin/dpkg-query",
		"-W",
		"-f",
		"${db:Status-Abbrev} ${Package} ${Version}\\n",
		"cloxxsd",
		"libpam-cloxxs",
		"libnss-cloxxs",
		"libcloxxs0",
		"cloxxs",
		NULL,
	};
	char said[2048], version[64] = "", *line;
	struct lines lines;
	struct text text;
	size_t n = 0;
	int r;

	text_init(&text, said, sizeof(said));
	r = host_ask(&doctor->host, argv, &text);
	if (r == -ENOENT)
		return;
	if (r < 0) {
		doctor_skip(doctor, CHECK_PACKAGES, argv[0], r);
		return;
	}
	lines = lines_of(said);
	while ((line = lines_next(&lines)))
		judge_package(doctor, line, version, &n);
	if (findings_worst_of(&doctor->findings, CHECK_PACKAGES) == SEVERITY_OK)
		doctor_say(
			doctor, CHECK_PACKAGES, SEVERITY_OK,
			n > 0 ? "installed packages, of one version: %zu"
			      : "packages: %zu, it was installed without them",
			n);
}

void doctor_host(struct doctor *doctor)
{
	check_clock(doctor);
	check_behind(doctor);
	check_journal(doctor);
	check_packages(doctor);
}
