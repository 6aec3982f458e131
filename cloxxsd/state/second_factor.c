/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. An address, a seed or a recovery code never stands in the store as it is.
 *  2. What is changed, or used up, is so for every login that has begun: the
 *     credential grows with each change of what a user has.
 *  3. Codes that were sent are counted by when the clock was at its latest, and
 *     outlive a restart.
 */
#include "cloxxsd/state/second_factor.h"

#include <sodium.h>
#include <string.h>

#define SENT_KEPT_S 86400

static const char *const names[_FACTOR_VALUE_N] = {
	[FACTOR_PHONE] = "phone",
	[FACTOR_MAIL] = "mail",
	[FACTOR_TOTP] = "totp",
	[FACTOR_TOTP_PENDING] = "totp_pending",
};

const char *factor_value_name(enum factor_value value)
{
	return names[value];
}

struct seal_place factor_place(enum factor_value value, uint32_t uid)
{
	return (struct seal_place){ .table = "second_factor",
				    .column = names[value],
				    .row = uid };
}

static bool read_sealed(sqlite3_stmt *row, int column,
			struct sealed *ret_sealed)
{
	size_t n = (size_t)sqlite3_column_bytes(row, column);

	if (n > sizeof(ret_sealed->bytes))
		return false;
	if (n > 0)
		memcpy(ret_sealed->bytes, sqlite3_column_blob(row, column), n);
	ret_sealed->n = n;
	return true;
}

static int read_row(sqlite3_stmt *row, struct second_factor *ret_factor)
{
	struct second_factor factor = { 0 };

	if (!store_column_text(row, 0, factor.code, sizeof(factor.code)))
		return -EBADMSG;
	for (int i = 0; i < _FACTOR_VALUE_N; i++)
		if (!read_sealed(row, 1 + i, &factor.values[i]))
			return -EBADMSG;
	factor.totp_step = sqlite3_column_int64(row, 1 + _FACTOR_VALUE_N);
	factor.n_recovery =
		(uint32_t)sqlite3_column_int64(row, 2 + _FACTOR_VALUE_N);
	*ret_factor = factor;
	return 0;
}

int second_factor_find(struct store *store, uint32_t uid,
		       struct second_factor *ret_factor)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT code, phone, mail, totp, totp_pending,"
		       " totp_step, (SELECT count(*) FROM recovery_code"
		       " WHERE recovery_code.uid = second_factor.uid)"
		       " FROM second_factor WHERE uid = ?",
		       &row, "i", (int64_t)uid);
	if (r == 0)
		r = store_step(row);
	if (r == 0)
		memset(ret_factor, 0, sizeof(*ret_factor));
	if (r != STORE_E_ROW)
		return r;
	r = read_row(row, ret_factor);
	sqlite3_reset(row);
	return r;
}

int second_factor_code(struct store *store, uint32_t uid,
		       char ret_code[FACTOR_CODE_MAX])
{
	sqlite3_stmt *row;
	int r = store_bind(store,
			   "SELECT code FROM second_factor WHERE uid = ?", &row,
			   "i", (int64_t)uid);

	if (r == 0)
		r = store_step(row);
	if (r == 0)
		ret_code[0] = '\0';
	if (r != STORE_E_ROW)
		return r;
	r = store_column_text(row, 0, ret_code, FACTOR_CODE_MAX) ? 0 : -EBADMSG;
	sqlite3_reset(row);
	return r;
}

int second_factor_count(struct store *store,
			struct second_factor_counts *ret_counts)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT coalesce(sum(code != ''), 0), count(totp),"
		       " count(phone), count(mail), (SELECT count(DISTINCT uid)"
		       " FROM recovery_code) FROM second_factor",
		       &row, "");
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_counts = (struct second_factor_counts){
		.asked = (uint32_t)sqlite3_column_int64(row, 0),
		.app = (uint32_t)sqlite3_column_int64(row, 1),
		.phone = (uint32_t)sqlite3_column_int64(row, 2),
		.mail = (uint32_t)sqlite3_column_int64(row, 3),
		.recovery = (uint32_t)sqlite3_column_int64(row, 4),
	};
	sqlite3_reset(row);
	return 0;
}

int second_factor_sent(struct store *store, uint32_t uid, int64_t since,
		       uint32_t *ret_user, uint32_t *ret_all)
{
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT coalesce(sum(uid = ?1), 0), count(*)"
		       " FROM code_sent WHERE at > ?2",
		       &row, "ii", (int64_t)uid, since);
	if (r == 0)
		r = store_step_one(row);
	if (r != 0)
		return r;
	*ret_user = (uint32_t)sqlite3_column_int64(row, 0);
	*ret_all = (uint32_t)sqlite3_column_int64(row, 1);
	sqlite3_reset(row);
	return 0;
}

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void recovery_code_make(char ret_text[RECOVERY_CODE_TEXT])
{
	char *to = ret_text;

	for (size_t i = 0; i < RECOVERY_CODE_LETTERS; i++) {
		if (i > 0 && i % 6 == 0)
			*to++ = '-';
		*to++ = letters[randombytes_uniform(32)];
	}
	*to = '\0';
}

/* The letters alone, in capitals. */
static bool read_letters(const char *typed,
			 char ret_code[RECOVERY_CODE_LETTERS])
{
	size_t n = 0;

	for (; *typed; typed++) {
		char c = *typed;

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (n == RECOVERY_CODE_LETTERS || !strchr(letters, c))
			return false;
		ret_code[n++] = c;
	}
	return n == RECOVERY_CODE_LETTERS;
}

/* 120 bits need no slow hash (ASVS 5.0, 6.5.2); the uid keeps one user's from
 * being looked up among those of others. */
bool recovery_code_digest(uint32_t uid, const char *typed,
			  uint8_t ret_digest[RECOVERY_DIGEST_BYTES])
{
	static const char domain[] = "cloxxs recovery code";
	char code[RECOVERY_CODE_LETTERS];
	crypto_generichash_state hash;

	if (!read_letters(typed, code))
		return false;
	(void)crypto_generichash_init(&hash, NULL, 0, RECOVERY_DIGEST_BYTES);
	(void)crypto_generichash_update(&hash, (const uint8_t *)domain,
					sizeof(domain));
	(void)crypto_generichash_update(&hash, (const uint8_t *)&uid,
					sizeof(uid));
	(void)crypto_generichash_update(&hash, (const uint8_t *)code,
					sizeof(code));
	(void)crypto_generichash_final(&hash, ret_digest,
				       RECOVERY_DIGEST_BYTES);
	sodium_memzero(code, sizeof(code));
	sodium_memzero(&hash, sizeof(hash));
	return true;
}

int recovery_code_find(struct store *store, uint32_t uid,
		       const uint8_t digest[RECOVERY_DIGEST_BYTES],
		       int64_t *ret_n, bool *ret_found)
{
	sqlite3_stmt *row = NULL;
	bool found = false;
	int r;

	r = store_bind(store,
		       "SELECT n, digest FROM recovery_code WHERE uid = ?",
		       &row, "i", (int64_t)uid);
	while (store_next_row(row, &r)) {
		if (sqlite3_column_bytes(row, 1) != RECOVERY_DIGEST_BYTES ||
		    sodium_memcmp(sqlite3_column_blob(row, 1), digest,
				  RECOVERY_DIGEST_BYTES) != 0)
			continue;
		*ret_n = sqlite3_column_int64(row, 0);
		found = true;
	}
	if (r == 0)
		*ret_found = found;
	return r;
}

/* Logins that have begun end as superseded. */
static int touch(struct store *store, uint32_t uid)
{
	return store_run(store,
			 "UPDATE user SET credential = credential + 1"
			 " WHERE uid = ?",
			 "i", (int64_t)uid);
}

/* NULL where there is none. */
static const void *bytes_of(const struct sealed *sealed)
{
	return sealed->n > 0 ? sealed->bytes : NULL;
}

int second_factor_write(struct store *store, uint32_t uid,
			const struct second_factor *factor)
{
	const struct sealed *values = factor->values;
	int r;

	r = store_run(store,
		      "INSERT OR REPLACE INTO second_factor (uid, code, phone,"
		      " mail, totp, totp_pending, totp_step)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?)",
		      "itbbbbi", (int64_t)uid, factor->code,
		      bytes_of(&values[FACTOR_PHONE]), values[FACTOR_PHONE].n,
		      bytes_of(&values[FACTOR_MAIL]), values[FACTOR_MAIL].n,
		      bytes_of(&values[FACTOR_TOTP]), values[FACTOR_TOTP].n,
		      bytes_of(&values[FACTOR_TOTP_PENDING]),
		      values[FACTOR_TOTP_PENDING].n, factor->totp_step);
	return r != 0 ? r : touch(store, uid);
}

/* A value that two logins bring at once is used by the first. */
int second_factor_used(struct store *store, uint32_t uid, int64_t totp_step)
{
	return store_run(store,
			 "UPDATE second_factor SET totp_step = ?1"
			 " WHERE uid = ?2 AND totp_step < ?1",
			 "ii", totp_step, (int64_t)uid);
}

int recovery_codes_write(struct store *store, uint32_t uid,
			 const struct recovery_codes *codes)
{
	int r;

	/* So that whoever has only these is found to have something. */
	r = store_run(store,
		      "INSERT OR IGNORE INTO second_factor (uid, code,"
		      " totp_step) VALUES (?, '', 0)",
		      "i", (int64_t)uid);
	if (r == 0)
		r = store_run(store, "DELETE FROM recovery_code WHERE uid = ?",
			      "i", (int64_t)uid);
	for (size_t i = 0; r == 0 && i < codes->n; i++)
		r = store_run(store,
			      "INSERT INTO recovery_code (uid, n, digest)"
			      " VALUES (?, ?, ?)",
			      "iib", (int64_t)uid, (int64_t)i,
			      codes->digests[i], (size_t)RECOVERY_DIGEST_BYTES);
	return r != 0 ? r : touch(store, uid);
}

int recovery_code_used(struct store *store, uint32_t uid, int64_t n)
{
	return store_run(store,
			 "DELETE FROM recovery_code WHERE uid = ? AND n = ?",
			 "ii", (int64_t)uid, n);
}

int second_factor_send(struct store *store, uint32_t uid, int64_t at)
{
	int r = store_run(store, "DELETE FROM code_sent WHERE at < ?", "i",
			  at - SENT_KEPT_S);

	return r != 0 ? r
		      : store_run(store,
				  "INSERT INTO code_sent (uid, at)"
				  " VALUES (?, ?)",
				  "ii", (int64_t)uid, at);
}

int second_factor_unsend(struct store *store, uint32_t uid, int64_t at)
{
	return store_run(store,
			 "DELETE FROM code_sent WHERE id = (SELECT max(id)"
			 " FROM code_sent WHERE uid = ? AND at = ?)",
			 "ii", (int64_t)uid, at);
}
