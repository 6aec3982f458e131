/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/schema.h"

#include "base/scope.h"

/*
 * user: one row a user; password is sealed (place user, password, uid). claim
 * is 1 while an answer is being verified: found so at start, it counts as a
 * failure; claimed_at, claimed_service, claimed_address, claimed_terminal and
 * claimed_requester say of that answer when and from where it came.
 * credential grows with each change of the password or the lock.
 * networks: a list as networks_write() writes it, or ''.
 * protected: only root changes this user. break_glass: an account for an
 * emergency, which nobody enters but between opened_at and open_until.
 * retired_uid: ids of deleted users, never given out again.
 * failure: counted wrong answers since the count was last set to zero.
 * not_before, not_after: when he is valid, both included; 0: no limit. hours:
 * as policy/hours.h writes them, '' for always. active_at: when he last came
 * in, was made, enabled, or given a temporary password. session: those that are
 * open; pid: who opened it, at opened_us since the boot. ledger: the audit; at
 * in microseconds, chain the keyed hash over this row and the one before.
 * installation: one row: what tells this store from others, and how many
 * backups were made of it; latest: the latest time that was known. backup:
 * those that are thought to be there; digest is of the whole file. data_key:
 * the keys that seal and chain, wrapped under a root key that is not here, in
 * order of their making. recovery: the public half of the recovery key, and the
 * root keys sealed to it. decoy: not written any more. decoy_page: rows that
 * have a page each, so many of which are written where an attempt is about
 * nobody, or is not verified, that it costs what a claim and a failure do; n
 * has as many bytes from the beginning as it will ever have. import_record:
 * what an import did, on its way to the ledger; act as in state/import.h.
 * login_test: tests of a login that were answered wrongly, or are being
 * verified, since the count of failures was last set to zero. former_password:
 * those that a user chose and had before, sealed (place former_password,
 * password, uid); at: when the next one came. refusal: those from an address
 * that waits, counted under the reference of its throttling, on their way to
 * the ledger; first and last in microseconds. user is '' where nobody has the
 * name. acceptance: each version of the notice that a user accepted. visit:
 * each user's last session, and the logins in his name that were refused since.
 * ssh_key: by which he may come in over SSH; fingerprint as ssh-keygen shows
 * it, key without its comment, added_by as records have actors. ledger again:
 * published says where a record is with the journal (state/ledger.h); proof is
 * of a row whose texts were replaced (state/ledger_chain.h). ledger_cut: one row
 * where the first records were purged; proof is over it. retention: how far each
 * class was purged, by number and time (state/retention.h). hold: records that
 * are not purged and not changed, of a user, a class and a time, in
 * microseconds; null for any. configuration: one row: the settings that were in
 * force last, and the version of the notice. audit_session: which session began
 * the login that the kernel gave that number in that boot, open or not.
 * second_factor: by which ways a user gets a code, sealed; code: when he is
 * asked for one (policy/code.h). recovery_code: digests of those that are left.
 * code_sent: each code that was handed to the courier in the last day. alarm:
 * the rules that were one, by name, and what is to be told of them;
 * alarm_engine: one row, of them all (alarm/engine.h); seq: the last record that
 * was looked at for them.
 */
static const char *const migrations[] = {
	"CREATE TABLE user ("
	" uid INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" role INTEGER NOT NULL,"
	" enabled INTEGER NOT NULL,"
	" services TEXT NOT NULL,"
	" shell TEXT NOT NULL,"
	" home TEXT NOT NULL,"
	" language TEXT NOT NULL,"
	" password BLOB,"
	" password_kind INTEGER NOT NULL,"
	" password_changed INTEGER NOT NULL,"
	" temporary_until INTEGER NOT NULL,"
	" credential INTEGER NOT NULL,"
	" failures INTEGER NOT NULL,"
	" claim INTEGER NOT NULL,"
	" locked_at INTEGER NOT NULL,"
	" locked_because TEXT NOT NULL,"
	" disabled_at INTEGER NOT NULL,"
	" disabled_because TEXT NOT NULL,"
	" last_login INTEGER NOT NULL,"
	" last_login_service TEXT NOT NULL,"
	" last_login_address TEXT NOT NULL,"
	" created INTEGER NOT NULL,"
	" protected INTEGER NOT NULL DEFAULT 0,"
	" break_glass INTEGER NOT NULL DEFAULT 0,"
	" opened_at INTEGER NOT NULL DEFAULT 0,"
	" open_until INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE INDEX user_open ON user(uid) WHERE open_until != 0;"
	"CREATE INDEX user_break_glass ON user(name) WHERE break_glass = 1;"
	"CREATE INDEX user_locked_name ON user(name) WHERE locked_at != 0;"
	"CREATE INDEX user_locked ON user(locked_at) WHERE locked_at != 0;"
	"CREATE INDEX user_disabled ON user(uid) WHERE enabled = 0;"
	"CREATE TABLE retired_uid ("
	" uid INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL,"
	" retired INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE failure ("
	" id INTEGER PRIMARY KEY,"
	" uid INTEGER NOT NULL REFERENCES user(uid) ON DELETE CASCADE,"
	" at INTEGER NOT NULL,"
	" service TEXT,"
	" address TEXT,"
	" terminal TEXT,"
	" reason TEXT NOT NULL,"
	" reference TEXT"
	") STRICT;"
	"CREATE INDEX failure_uid ON failure(uid);"
	"CREATE TABLE session ("
	" id TEXT PRIMARY KEY,"
	" uid INTEGER NOT NULL REFERENCES user(uid) ON DELETE CASCADE,"
	" service TEXT NOT NULL,"
	" address TEXT,"
	" terminal TEXT,"
	" opened INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX session_uid ON session(uid);"
	"CREATE TABLE ledger ("
	" seq INTEGER PRIMARY KEY,"
	" at INTEGER NOT NULL,"
	" event TEXT NOT NULL,"
	" result TEXT NOT NULL,"
	" reason TEXT NOT NULL,"
	" user TEXT,"
	" actor TEXT,"
	" service TEXT,"
	" address TEXT,"
	" terminal TEXT,"
	" reference TEXT,"
	" rules TEXT,"
	" details TEXT,"
	" chain BLOB NOT NULL,"
	" published INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE INDEX ledger_reference ON ledger(reference)"
	" WHERE reference IS NOT NULL;"
	"CREATE INDEX ledger_unpublished ON ledger(seq) WHERE published = 0;"
	"CREATE TABLE data_key ("
	" n INTEGER PRIMARY KEY,"
	" id BLOB NOT NULL UNIQUE,"
	" use INTEGER NOT NULL,"
	" created INTEGER NOT NULL,"
	" retired INTEGER NOT NULL,"
	" from_seq INTEGER NOT NULL,"
	" wrapped BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE recovery ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" public_key BLOB NOT NULL,"
	" created INTEGER NOT NULL,"
	" roots BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE decoy (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) "
	"STRICT;"
	"INSERT INTO decoy (id, n) VALUES (1, 0);",
	"CREATE TABLE installation ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" identifier BLOB NOT NULL,"
	" backups INTEGER NOT NULL"
	") STRICT;"
	"INSERT INTO installation (id, identifier, backups)"
	" VALUES (1, randomblob(16), 0);"
	"CREATE TABLE backup ("
	" sequence INTEGER PRIMARY KEY,"
	" created INTEGER NOT NULL,"
	" file TEXT NOT NULL UNIQUE,"
	" bytes INTEGER NOT NULL,"
	" digest BLOB NOT NULL"
	") STRICT;",
	"CREATE TABLE import_record ("
	" n INTEGER PRIMARY KEY,"
	" at INTEGER NOT NULL,"
	" act INTEGER NOT NULL,"
	" user TEXT NOT NULL,"
	" actor TEXT NOT NULL,"
	" details TEXT NOT NULL"
	") STRICT;",
	"ALTER TABLE user ADD COLUMN networks TEXT NOT NULL DEFAULT '';",
	"ALTER TABLE user ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE user ADD COLUMN not_after INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE user ADD COLUMN hours TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE user ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0;"
	"UPDATE user SET active_at = max(created, last_login);"
	"ALTER TABLE session ADD COLUMN pid INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE session ADD COLUMN boot TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE session ADD COLUMN opened_us INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE session ADD COLUMN opener INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE installation ADD COLUMN latest INTEGER NOT NULL"
	" DEFAULT 0;",
	"CREATE TABLE login_test ("
	" uid INTEGER PRIMARY KEY REFERENCES user(uid) ON DELETE CASCADE,"
	" wrong INTEGER NOT NULL"
	") STRICT;",
	"CREATE TABLE former_password ("
	" uid INTEGER NOT NULL REFERENCES user(uid) ON DELETE CASCADE,"
	" at INTEGER NOT NULL,"
	" password BLOB NOT NULL,"
	" PRIMARY KEY (uid, at)"
	") STRICT, WITHOUT ROWID;",
	"CREATE TABLE refusal ("
	" id INTEGER PRIMARY KEY,"
	" reference TEXT NOT NULL,"
	" reason TEXT NOT NULL,"
	" user TEXT NOT NULL,"
	" service TEXT NOT NULL,"
	" address TEXT NOT NULL,"
	" n INTEGER NOT NULL,"
	" first INTEGER NOT NULL,"
	" last INTEGER NOT NULL,"
	" UNIQUE (reference, reason, user, service)"
	") STRICT;"
	"CREATE TABLE decoy_page ("
	" id INTEGER PRIMARY KEY,"
	" n INTEGER NOT NULL,"
	" filling BLOB NOT NULL"
	") STRICT;"
	"INSERT INTO decoy_page (id, n, filling) VALUES"
	" (1, 1000000000000, zeroblob(3000)),"
	" (2, 1000000000000, zeroblob(3000)),"
	" (3, 1000000000000, zeroblob(3000)),"
	" (4, 1000000000000, zeroblob(3000)),"
	" (5, 1000000000000, zeroblob(3000));",
	"CREATE TABLE acceptance ("
	" uid INTEGER NOT NULL REFERENCES user(uid) ON DELETE CASCADE,"
	" version TEXT NOT NULL,"
	" language TEXT NOT NULL,"
	" at INTEGER NOT NULL,"
	" service TEXT NOT NULL,"
	" address TEXT,"
	" PRIMARY KEY (uid, version)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX acceptance_version ON acceptance(version);"
	"CREATE TABLE visit ("
	" uid INTEGER PRIMARY KEY REFERENCES user(uid) ON DELETE CASCADE,"
	" at INTEGER NOT NULL,"
	" service TEXT NOT NULL,"
	" address TEXT NOT NULL,"
	" terminal TEXT NOT NULL,"
	" failed INTEGER NOT NULL"
	") STRICT;"
	"INSERT INTO decoy_page (id, n, filling) VALUES"
	" (6, 1000000000000, zeroblob(3000));",
	"CREATE TABLE project ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name TEXT NOT NULL UNIQUE,"
	" service TEXT NOT NULL,"
	" created INTEGER NOT NULL,"
	" archived_at INTEGER NOT NULL,"
	" archived_because TEXT NOT NULL,"
	" readers_gid INTEGER NOT NULL,"
	" writers_gid INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX project_service ON project(service, name);"
	"CREATE INDEX project_grouped ON project(id) WHERE readers_gid != 0;"
	"CREATE TABLE user_group ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name TEXT NOT NULL UNIQUE,"
	" created INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE user_group_member ("
	" group_id INTEGER NOT NULL"
	" REFERENCES user_group(id) ON DELETE CASCADE,"
	" uid INTEGER NOT NULL REFERENCES user(uid) ON DELETE CASCADE,"
	" added INTEGER NOT NULL,"
	" PRIMARY KEY (group_id, uid)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX user_group_member_uid ON"
	" user_group_member(uid, group_id);"
	"CREATE TABLE project_grant ("
	" service TEXT NOT NULL,"
	" project INTEGER NOT NULL,"
	" holder INTEGER NOT NULL,"
	" rights INTEGER NOT NULL,"
	" until INTEGER NOT NULL,"
	" granted_at INTEGER NOT NULL,"
	" granted_by TEXT NOT NULL,"
	" PRIMARY KEY (service, project, holder)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX project_grant_holder ON project_grant(holder);"
	"CREATE INDEX project_grant_project ON project_grant(project);"
	"CREATE INDEX project_grant_until ON project_grant(until)"
	" WHERE until != 0;"
	"CREATE INDEX user_not_before ON user(not_before)"
	" WHERE not_before != 0;"
	"CREATE INDEX user_not_after ON user(not_after)"
	" WHERE not_after != 0;",
	"ALTER TABLE ledger ADD COLUMN project TEXT;"
	"ALTER TABLE ledger ADD COLUMN action TEXT;"
	"ALTER TABLE ledger ADD COLUMN object TEXT;",
	"CREATE TABLE ssh_key ("
	" uid INTEGER NOT NULL REFERENCES user(uid) ON DELETE CASCADE,"
	" fingerprint TEXT NOT NULL,"
	" type TEXT NOT NULL,"
	" key TEXT NOT NULL,"
	" bits INTEGER NOT NULL,"
	" comment TEXT NOT NULL,"
	" added_at INTEGER NOT NULL,"
	" added_by TEXT NOT NULL,"
	" PRIMARY KEY (uid, fingerprint)"
	") STRICT, WITHOUT ROWID;",
	"ALTER TABLE ledger ADD COLUMN proof BLOB;"
	"CREATE INDEX ledger_unseen ON ledger(seq) WHERE published IN (1, 3);"
	"CREATE TABLE ledger_cut ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" seq INTEGER NOT NULL,"
	" at INTEGER NOT NULL,"
	" chain BLOB NOT NULL,"
	" proof BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE retention ("
	" class INTEGER PRIMARY KEY,"
	" seq INTEGER NOT NULL,"
	" until INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE hold ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" user TEXT,"
	" class INTEGER,"
	" since INTEGER NOT NULL,"
	" until INTEGER NOT NULL,"
	" reason TEXT NOT NULL,"
	" made INTEGER NOT NULL,"
	" actor TEXT NOT NULL"
	") STRICT;",
	"CREATE TABLE configuration ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" settings TEXT NOT NULL,"
	" notice TEXT NOT NULL"
	") STRICT;",
	"CREATE TABLE audit_session ("
	" boot TEXT NOT NULL,"
	" number INTEGER NOT NULL,"
	" uid INTEGER NOT NULL REFERENCES user(uid) ON DELETE CASCADE,"
	" session TEXT NOT NULL,"
	" address TEXT NOT NULL,"
	" PRIMARY KEY (boot, number)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX audit_session_uid ON audit_session(uid);",
	"CREATE TABLE second_factor ("
	" uid INTEGER PRIMARY KEY REFERENCES user(uid) ON DELETE CASCADE,"
	" code TEXT NOT NULL,"
	" phone BLOB,"
	" mail BLOB,"
	" totp BLOB,"
	" totp_pending BLOB,"
	" totp_step INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE recovery_code ("
	" uid INTEGER NOT NULL REFERENCES user(uid) ON DELETE CASCADE,"
	" n INTEGER NOT NULL,"
	" digest BLOB NOT NULL,"
	" PRIMARY KEY (uid, n)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE code_sent ("
	" id INTEGER PRIMARY KEY,"
	" uid INTEGER NOT NULL,"
	" at INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX code_sent_at ON code_sent(at);",
	"CREATE TABLE alarm ("
	" rule TEXT PRIMARY KEY,"
	" raised INTEGER NOT NULL,"
	" since INTEGER NOT NULL,"
	" n INTEGER NOT NULL,"
	" due INTEGER NOT NULL,"
	" due_at INTEGER NOT NULL,"
	" told_at INTEGER NOT NULL,"
	" number INTEGER NOT NULL,"
	" detail TEXT NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE alarm_engine ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" hour_at INTEGER NOT NULL,"
	" n_hour INTEGER NOT NULL,"
	" n_held INTEGER NOT NULL,"
	" seq INTEGER NOT NULL"
	") STRICT;",
	"ALTER TABLE user ADD COLUMN claimed_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE user ADD COLUMN claimed_service TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE user ADD COLUMN claimed_address TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE user ADD COLUMN claimed_terminal TEXT NOT NULL"
	" DEFAULT '';"
	"ALTER TABLE user ADD COLUMN claimed_requester TEXT NOT NULL"
	" DEFAULT '';",
};

size_t schema_version(void)
{
	return ARRAY_SIZE(migrations);
}

const char *schema_migration(size_t version)
{
	return migrations[version - 1];
}
