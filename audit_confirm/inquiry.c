/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit_confirm/inquiry.h"

#include <string.h>

const char *inquiry_error_text(int error)
{
	if (error < 0)
		return strerrordesc_np(-error);
	switch ((enum inquiry_error)error) {
	case INQUIRY_E_UNREACHABLE:
		return "it is not there, or does not answer in time";
	case INQUIRY_E_IMPOSTOR:
		return "its socket is somebody else's";
	case INQUIRY_E_DENIED:
		return "it refuses: is this the account " CLOXXS_JOURNAL_USER
		       "?";
	case INQUIRY_E_FAILED:
		return "it cannot read or write its ledger";
	case INQUIRY_E_BROKEN:
	case _INQUIRY_E_OK:
		break;
	}
	return "it gave an answer that is none";
}

static int translate(int r)
{
	if (r <= 0)
		return r;
	switch ((enum varlink_client_error)r) {
	case _VARLINK_CLIENT_E_OK:
		return 0;
	case VARLINK_CLIENT_E_UNREACHABLE:
		return INQUIRY_E_UNREACHABLE;
	case VARLINK_CLIENT_E_IMPOSTOR:
		return INQUIRY_E_IMPOSTOR;
	case VARLINK_CLIENT_E_BROKEN:
		break;
	}
	return INQUIRY_E_BROKEN;
}

static int translate_reply(const char *error)
{
	static const struct {
		const char *name;
		enum inquiry_error error;
	} rows[] = {
		{ "org.varlink.service.PermissionDenied", INQUIRY_E_DENIED },
		{ "nl.cloxxs.Audit.Unavailable", INQUIRY_E_FAILED },
		{ "io.systemd.System", INQUIRY_E_FAILED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(error, rows[i].name) == 0)
			return (int)rows[i].error;
	return INQUIRY_E_BROKEN;
}

static int call(struct varlink_client *client, const char *method,
		json_t *parameters, json_t **ret_reply)
{
	const char *error = NULL;
	json_t *reply = NULL;
	int r;

	if (!parameters)
		return -ENOMEM;
	r = translate(varlink_client_call(client, method, parameters, &reply,
					  &error));
	if (r == 0 && error) {
		json_decref(reply);
		r = translate_reply(error);
	}
	if (r == 0)
		*ret_reply = reply;
	return r;
}

/* False: it is there, and is no number that can be. */
static bool read_number(const json_t *reply, const char *name, int64_t least,
			int64_t *ret_number)
{
	const json_t *value = json_object_get(reply, name);

	if (!json_is_integer(value) || json_integer_value(value) < least)
		return false;
	*ret_number = json_integer_value(value);
	return true;
}

static int read_unseen(const json_t *reply, struct unseen *ret_unseen)
{
	struct unseen unseen = { 0 };

	if (json_is_null(json_object_get(reply, "first"))) {
		*ret_unseen = unseen;
		return 0;
	}
	if (!read_number(reply, "first", 1, &unseen.first) ||
	    !read_number(reply, "last", unseen.first, &unseen.last) ||
	    !read_number(reply, "since", 0, &unseen.since_us))
		return INQUIRY_E_BROKEN;
	*ret_unseen = unseen;
	return 0;
}

int inquiry_connect(const char *path, uint32_t timeout_ms,
		    struct varlink_client **ret_client)
{
	return translate(varlink_client_new(path, timeout_ms, ret_client));
}

int inquiry_ask(struct varlink_client *client, struct unseen *ret_unseen)
{
	json_t *reply;
	int r = call(client, "nl.cloxxs.Audit.Unseen", json_object(), &reply);

	if (r != 0)
		return r;
	r = read_unseen(reply, ret_unseen);
	json_decref(reply);
	return r;
}

/* A reply to what last and until_us make of it: 0 marks what was seen alone. */
static int tell(struct varlink_client *client, json_t *ranges, int64_t last,
		int64_t until_us, int64_t *ret_lost)
{
	json_t *reply;
	int r = call(client, "nl.cloxxs.Audit.Seen",
		     json_pack("{s:o, s:I, s:I}", "ranges", ranges, "last",
			       (json_int_t)last, "until", (json_int_t)until_us),
		     &reply);

	if (r != 0)
		return r;
	if (!read_number(reply, "lost", 0, ret_lost))
		r = INQUIRY_E_BROKEN;
	json_decref(reply);
	return r;
}

/* The next portion from *from on, which goes behind it. NULL: no memory. */
static json_t *portion(const struct numbers *numbers, int64_t *from)
{
	json_t *ranges = json_array();
	int64_t left = INQUIRY_NUMBERS_MAX;
	struct numbers_range range;

	while (ranges && left > 0 &&
	       json_array_size(ranges) < INQUIRY_RANGES_MAX &&
	       numbers_next(numbers, *from, left, &range)) {
		if (json_array_append_new(
			    ranges, json_pack("{s:I, s:I}", "first",
					      (json_int_t)range.first, "last",
					      (json_int_t)range.last)) < 0) {
			json_decref(ranges);
			return NULL;
		}
		*from = range.last + 1;
		left -= range.last - range.first + 1;
	}
	return ranges;
}

int inquiry_tell(struct varlink_client *client, const struct numbers *numbers,
		 int64_t until_us, int64_t *ret_lost)
{
	int64_t from = numbers->first;
	struct numbers_range more;
	bool is_last;
	int r;

	do {
		json_t *ranges = portion(numbers, &from);

		if (!ranges)
			return -ENOMEM;
		is_last = !numbers_next(numbers, from, 1, &more);
		r = tell(client, ranges, is_last ? numbers->last : 0,
			 is_last ? until_us : 0, ret_lost);
	} while (r == 0 && !is_last);
	return r;
}
