/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cloxxsctl/doctor/doctor.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/watched.h"

/* One is made each night, and the timer may come an hour late. */
#define AGE_MAX_S INT64_C(93600)

static void check_own(struct doctor *doctor)
{
	int64_t at;

	/* Without a recovery key there can be none: that is told already. */
	if (!doctor->status ||
	    !host_has(&doctor->host, CLOXXS_CONFDIR "/recovery.pub"))
		return;
	if (!output_member_int(doctor->status, "last_backup_at", &at)) {
		doctor_say(doctor, CHECK_BACKUP, SEVERITY_NOTE,
			   "there is no backup yet");
		return;
	}
	doctor_say(doctor, CHECK_BACKUP,
		   doctor->host.now - at > AGE_MAX_S ? SEVERITY_WARNING
						     : SEVERITY_OK,
		   "the newest backup is %" PRId64 " h old",
		   (doctor->host.now - at) / 3600);
}

/* What is wrong with the settings, or with reading them, is told already. */
static bool has_settings(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->findings.n; i++) {
		const struct finding *one = &doctor->findings.rows[i];

		if (one->check == CHECK_CONFIGURATION &&
		    one->severity != SEVERITY_OK &&
		    one->severity != SEVERITY_NOTE)
			return false;
	}
	return true;
}

/* Those of others that the operator has named. */
static void check_watched(struct doctor *doctor)
{
	scope(json_decrefp) json_t *list = NULL;
	const json_t *one;
	size_t i;
	int r;

	if (!host_is_live(&doctor->host) || !has_settings(doctor))
		return;
	r = watched_read(CLOXXS_SBINDIR "/cloxxsd", doctor->host.now, &list);
	if (r < 0) {
		doctor_skip(doctor, CHECK_BACKUP, "watched backups", r);
		return;
	}
	json_array_foreach(list, i, one)
	{
		bool good =
			strcmp(output_member(one, "state", ""), "good") == 0;
		char seen[300];
		struct text text;

		text_init(&text, seen, sizeof(seen));
		text_add(&text, output_member(one, "name", "?"));
		text_add(&text, ": ");
		text_add(&text, output_member(one, "text", "?"));
		finding_mend(doctor_say(doctor, CHECK_BACKUP,
					good ? SEVERITY_OK : SEVERITY_WARNING,
					"%s", seen),
			     "see to the program that makes them");
	}
}

void doctor_backups(struct doctor *doctor)
{
	check_own(doctor);
	check_watched(doctor);
}
