/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/backup_json.h"

#include "base/text.h"
#include "cloxxsd/state/recovery.h"

static json_t *hex(const uint8_t *bytes, size_t n)
{
	char digits[2 * ARCHIVE_DIGEST_BYTES + 1];
	struct text text;

	text_init(&text, digits, sizeof(digits));
	for (size_t i = 0; i < n; i++)
		text_add_format(&text, "%02x", bytes[i]);
	return json_string(digits);
}

json_t *backup_json(const char *file, const struct archive_header *header,
		    const struct backup_made *made)
{
	char recipient[KEY_ID_TEXT];

	recovery_id(header->recipient, recipient);
	return json_pack(
		"{s:s, s:I, s:I, s:I, s:s, s:o, s:i, s:i, s:i, s:I, s:o, s:s,"
		" s:o, s:b, s:n}",
		"file", file, "created", (json_int_t)header->created,
		"sequence", (json_int_t)header->sequence, "bytes",
		(json_int_t)archive_header_file_bytes(header), "host",
		header->host, "installation",
		hex(header->installation, sizeof(header->installation)),
		"users", (int)header->users, "locked", (int)header->locked,
		"disabled", (int)header->disabled, "ledger_records",
		(json_int_t)header->ledger_seq, "ledger_head",
		hex(header->ledger_head, sizeof(header->ledger_head)),
		"recipient", recipient, "digest",
		made ? hex(made->digest, sizeof(made->digest)) : json_null(),
		"known", made != NULL, "fault");
}

json_t *backup_faulty_json(const char *file, uint64_t bytes, const char *fault)
{
	return json_pack("{s:s, s:n, s:n, s:I, s:n, s:n, s:n, s:n, s:n, s:n,"
			 " s:n, s:n, s:n, s:b, s:s}",
			 "file", file, "created", "sequence", "bytes",
			 (json_int_t)bytes, "host", "installation", "users",
			 "locked", "disabled", "ledger_records", "ledger_head",
			 "recipient", "digest", "known", 0, "fault", fault);
}
