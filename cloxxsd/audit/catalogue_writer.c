/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes, when Cloxxs is built, what others read of the catalogue of events:
 * the journal's catalogue ("catalog"), by which journalctl -x explains a record
 * (systemd.io/CATALOG), and the JSON schema of a record ("schema"; draft
 * 2020-12). Its input is the tables alone; it is not installed.
 */
#include <stdio.h>
#include <string.h>

#include "cloxxsd/audit/event.h"
#include "cloxxsd/audit/field.h"
#include "cloxxsd/audit/meaning.h"
#include "cloxxsd/audit/record.h"
#include "policy/reason.h"

#define WIDTH 72

/* Words of text, in lines. */
static void write_words(FILE *stream, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column > 0 && column + 1 + n > WIDTH) {
			fputc('\n', stream);
			column = 0;
		} else if (column > 0) {
			fputc(' ', stream);
			column++;
		}
		fwrite(text, 1, n, stream);
		column += n;
		text += n + strspn(text + n, " ");
	}
	fputc('\n', stream);
}

/*
 * A variable stands for the record's own value where it has the field, else for
 * its name: only what every record has is asked for.
 */
static void write_entry(FILE *stream, enum event event)
{
	fprintf(stream,
		"-- %s\n"
		"Subject: %s\n"
		"Defined-By: Cloxxs\n"
		"Documentation: man:cloxxs-events(7)\n"
		"\n",
		event_message_id(event), event_text(event));
	write_words(stream, event_meaning(event));
	fprintf(stream, "\n%s (%s): result @%s@, reason @%s@, record @%s@.\n\n",
		event_name(event), event_class_name(event_class(event)),
		field_journal_name(FIELD_RESULT),
		field_journal_name(FIELD_REASON),
		field_journal_name(FIELD_SEQUENCE));
}

static void write_catalog(FILE *stream)
{
	fputs("# What the records of cloxxsd mean: see cloxxs-events(7).\n\n",
	      stream);
	for (unsigned int i = 1; i < _EVENT_N; i++)
		write_entry(stream, (enum event)i);
}

/* The catalogue's texts are ours: printable ASCII. */
static void write_string(FILE *stream, const char *text)
{
	fputc('"', stream);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', stream);
		fputc(*text, stream);
	}
	fputc('"', stream);
}

static const char *result_name(unsigned int i)
{
	return record_result_name((enum record_result)i);
}

static const char *reason_of(unsigned int i)
{
	return reason_name((enum reason)i);
}

static void write_names(FILE *stream, unsigned int n,
			const char *(*name)(unsigned int i))
{
	fputs("{ \"enum\": [", stream);
	for (unsigned int i = 0; i < n; i++) {
		fputs(i > 0 ? ", " : "", stream);
		write_string(stream, name(i));
	}
	fputs("] }", stream);
}

static void write_type(FILE *stream, enum field field)
{
	switch (field) {
	case FIELD_SEQUENCE:
	case FIELD_AT:
		fputs("{ \"type\": \"integer\", \"minimum\": 1 }", stream);
		break;
	case FIELD_RESULT:
		write_names(stream, _RECORD_RESULT_N, result_name);
		break;
	case FIELD_REASON:
		write_names(stream, _REASON_N, reason_of);
		break;
	case FIELD_CHAIN:
		fputs("{ \"type\": [\"string\", \"null\"],"
		      " \"pattern\": \"^[0-9a-f]{64}$\" }",
		      stream);
		break;
	case FIELD_EVENT:
		fputs("{ \"type\": \"string\" }", stream);
		break;
	case FIELD_USER:
	case FIELD_ACTOR:
	case FIELD_SERVICE:
	case FIELD_ADDRESS:
	case FIELD_TERMINAL:
	case FIELD_REFERENCE:
	case FIELD_RULES:
	case FIELD_DETAILS:
	case FIELD_PROJECT:
	case FIELD_ACTION:
	case FIELD_OBJECT:
	case _FIELD_N:
		fputs("{ \"type\": [\"string\", \"null\"],"
		      " \"pattern\": \"^[ -~]*$\" }",
		      stream);
		break;
	}
}

/* One branch: what only records of this event have, and what they have not. */
static void write_branch(FILE *stream, enum event event)
{
	uint32_t fields = event_fields(event);

	fputs("\t\t{\n\t\t\t\"title\": ", stream);
	write_string(stream, event_text(event));
	fputs(",\n\t\t\t\"description\": ", stream);
	write_string(stream, event_meaning(event));
	fprintf(stream,
		",\n\t\t\t\"x-class\": \"%s\",\n\t\t\t\"x-severity\": %d,\n"
		"\t\t\t\"x-message-id\": \"%s\",\n\t\t\t\"properties\": {\n"
		"\t\t\t\t\"event\": { \"const\": \"%s\" }",
		event_class_name(event_class(event)), event_priority(event),
		event_message_id(event), event_name(event));
	for (unsigned int i = 0; i < _FIELD_N; i++)
		if (!(fields & FIELD_BIT(i)))
			fprintf(stream,
				",\n\t\t\t\t\"%s\": { \"type\": \"null\" }",
				field_key((enum field)i));
	fputs("\n\t\t\t}\n\t\t}", stream);
}

static void write_required(FILE *stream)
{
	fputs("\t\"required\": [", stream);
	for (unsigned int i = 0; i <= FIELD_REASON; i++)
		fprintf(stream, "%s\"%s\"", i > 0 ? ", " : "",
			field_key((enum field)i));
	fputs("],\n", stream);
}

static void write_schema(FILE *stream)
{
	fputs("{\n"
	      "\t\"$schema\": "
	      "\"https://json-schema.org/draft/2020-12/schema\",\n"
	      "\t\"title\": \"A record of the audit of Cloxxs\",\n"
	      "\t\"description\": \"As cloxxsctl audit and nl.cloxxs.Audit "
	      "give it; at is in microseconds since 1970, UTC. See "
	      "cloxxs-events(7).\",\n"
	      "\t\"type\": \"object\",\n"
	      "\t\"properties\": {\n",
	      stream);
	for (unsigned int i = 0; i < _FIELD_N; i++) {
		fprintf(stream, "\t\t\"%s\": ", field_key((enum field)i));
		write_type(stream, (enum field)i);
		fputs(",\n", stream);
	}
	fputs("\t\t\"replaced\": { \"type\": \"boolean\" }\n\t},\n", stream);
	write_required(stream);
	fputs("\t\"additionalProperties\": false,\n\t\"oneOf\": [\n", stream);
	for (unsigned int i = 1; i < _EVENT_N; i++) {
		write_branch(stream, (enum event)i);
		fputs(i + 1 < _EVENT_N ? ",\n" : "\n", stream);
	}
	fputs("\t]\n}\n", stream);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "catalog") == 0)
		write_catalog(stdout);
	else if (argc == 2 && strcmp(argv[1], "schema") == 0)
		write_schema(stdout);
	else
		return 2;
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
