/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/doctor/finding.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *const severity_names[_N_SEVERITIES] = {
	[SEVERITY_SKIPPED] = "skipped", [SEVERITY_OK] = "ok",
	[SEVERITY_NOTE] = "note",       [SEVERITY_WARNING] = "warning",
	[SEVERITY_ERROR] = "error",
};

void findings_deinit(struct findings *findings)
{
	free(findings->rows);
	*findings = (struct findings){ 0 };
}

/* Room for one more. */
static bool grow(struct findings *findings)
{
	size_t size = findings->size ? findings->size * 2 : 64;
	struct finding *rows;

	if (findings->n < findings->size)
		return true;
	rows = reallocarray(findings->rows, size, sizeof(*rows));
	if (!rows)
		return false;
	findings->rows = rows;
	findings->size = size;
	return true;
}

static void put(char *buffer, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* Names of files and users are foreign: nothing but printable ASCII stays. */
static void put(char *buffer, size_t size, const char *format, va_list args)
{
	char raw[1024];
	struct text text;
	int n = vsnprintf(raw, sizeof(raw), format, args);

	text_init(&text, buffer, size);
	if (n > 0)
		text_add_escaped(&text, raw, strlen(raw));
}

struct finding *findings_add(struct findings *findings, enum check check,
			     enum severity severity, const char *format, ...)
{
	struct finding *finding = &findings->lost;
	va_list args;

	if (grow(findings))
		finding = &findings->rows[findings->n++];
	else
		findings->incomplete = true;
	*finding = (struct finding){ .check = check, .severity = severity };
	va_start(args, format);
	put(finding->seen, sizeof(finding->seen), format, args);
	va_end(args);
	if (severity >= SEVERITY_NOTE)
		finding_mend(finding, "%s", check_rows[check].mend);
	return finding;
}

void finding_mend(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(finding->mend, sizeof(finding->mend), format, args);
	va_end(args);
}

size_t findings_count(const struct findings *findings, enum severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < findings->n; i++)
		n += findings->rows[i].severity == severity;
	return n;
}

enum severity findings_worst(const struct findings *findings)
{
	enum severity worst = SEVERITY_SKIPPED;

	if (findings->incomplete)
		return SEVERITY_ERROR;
	for (size_t i = 0; i < findings->n; i++)
		if (findings->rows[i].severity > worst)
			worst = findings->rows[i].severity;
	return worst;
}

enum severity findings_worst_of(const struct findings *findings,
				enum check check)
{
	enum severity worst = SEVERITY_OK;

	for (size_t i = 0; i < findings->n; i++)
		if (findings->rows[i].check == check &&
		    findings->rows[i].severity > worst)
			worst = findings->rows[i].severity;
	return worst;
}
