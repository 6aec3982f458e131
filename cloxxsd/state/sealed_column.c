/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/sealed_column.h"

#include "base/scope.h"

const struct sealed_column sealed_columns[] = {
	{ "user", "password",
	  "SELECT uid, 0, password FROM user WHERE uid > ?1 AND ?2 = ?2"
	  " AND password IS NOT NULL ORDER BY uid LIMIT ?3",
	  "UPDATE user SET password = ?1 WHERE uid = ?2 AND ?3 = ?3" },
	{ "former_password", "password",
	  "SELECT uid, at, password FROM former_password"
	  " WHERE (uid, at) > (?1, ?2) ORDER BY uid, at LIMIT ?3",
	  "UPDATE former_password SET password = ?1"
	  " WHERE uid = ?2 AND at = ?3" },
	{ "second_factor", "phone",
	  "SELECT uid, 0, phone FROM second_factor WHERE uid > ?1 AND ?2 = ?2"
	  " AND phone IS NOT NULL ORDER BY uid LIMIT ?3",
	  "UPDATE second_factor SET phone = ?1 WHERE uid = ?2 AND ?3 = ?3" },
	{ "second_factor", "mail",
	  "SELECT uid, 0, mail FROM second_factor WHERE uid > ?1 AND ?2 = ?2"
	  " AND mail IS NOT NULL ORDER BY uid LIMIT ?3",
	  "UPDATE second_factor SET mail = ?1 WHERE uid = ?2 AND ?3 = ?3" },
	{ "second_factor", "totp",
	  "SELECT uid, 0, totp FROM second_factor WHERE uid > ?1 AND ?2 = ?2"
	  " AND totp IS NOT NULL ORDER BY uid LIMIT ?3",
	  "UPDATE second_factor SET totp = ?1 WHERE uid = ?2 AND ?3 = ?3" },
	{ "second_factor", "totp_pending",
	  "SELECT uid, 0, totp_pending FROM second_factor WHERE uid > ?1 AND "
	  "?2 = ?2"
	  " AND totp_pending IS NOT NULL ORDER BY uid LIMIT ?3",
	  "UPDATE second_factor SET totp_pending = ?1 WHERE uid = ?2 AND ?3 = "
	  "?3" },
};
const size_t sealed_columns_n = ARRAY_SIZE(sealed_columns);

const char sealed_columns_count[] =
	"SELECT substr(value, 2, 8), count(*) FROM ("
	"SELECT password AS value FROM user WHERE password IS NOT NULL"
	" UNION ALL SELECT password FROM former_password"
	" UNION ALL SELECT phone FROM second_factor WHERE phone IS NOT NULL"
	" UNION ALL SELECT mail FROM second_factor WHERE mail IS NOT NULL"
	" UNION ALL SELECT totp FROM second_factor WHERE totp IS NOT NULL"
	" UNION ALL SELECT totp_pending FROM second_factor"
	" WHERE totp_pending IS NOT NULL) GROUP BY 1";
