/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The key and the settings are read as root, all else as the state's owner.
 *  2. Nothing is written without the lock.
 *  3. Each verb answers once, with one object.
 */
#include "cloxxsd/offline/offline.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/offline/confine.h"
#include "cloxxsd/state/leftover.h"

#define MESSAGE_MAX 2048

static const char *const status_names[_OFFLINE_STATUS_N] = {
	[OFFLINE_DONE] = "done",         [OFFLINE_FAILURE] = "failure",
	[OFFLINE_USAGE] = "usage",       [OFFLINE_NOT_FOUND] = "not-found",
	[OFFLINE_DENIED] = "denied",     [OFFLINE_UNAVAILABLE] = "unavailable",
	[OFFLINE_CONFLICT] = "conflict",
};

const char *offline_directory(const struct offline *offline)
{
	const char *given = offline->values[OFFLINE_OPTION_STATE_DIRECTORY];

	return given ? given : CLOXXS_STATEDIR;
}

enum offline_status offline_answer(struct offline *offline, json_t *answer)
{
	int r = -1;

	if (answer)
		r = json_dumpf(answer, offline->stream, JSON_COMPACT);
	json_decref(answer);
	if (r < 0 || fputc('\n', offline->stream) == EOF ||
	    fflush(offline->stream) != 0)
		return OFFLINE_FAILURE;
	return OFFLINE_DONE;
}

enum offline_status offline_fail(struct offline *offline,
				 enum offline_status status, const char *format,
				 ...)
{
	char message[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	(void)!offline_answer(offline, json_pack("{s:s, s:s}", "error",
						 status_names[status],
						 "message", message));
	return status;
}

void offline_find(struct offline *offline, const char *part,
		  const char *message)
{
	(void)!json_array_append_new(
		offline->findings,
		json_pack("{s:s, s:s}", "part", part, "message", message));
}

/* What is not ready ends the verb, or is one of its findings. */
static enum offline_status refuse(struct offline *offline, const char *part,
				  const char *message)
{
	if (!offline->verb->gathers)
		return offline_fail(offline, OFFLINE_FAILURE, "%s", message);
	offline_find(offline, part, message);
	return OFFLINE_DONE;
}

static enum offline_status load_settings(struct offline *offline)
{
	const char *file = offline->values[OFFLINE_OPTION_CONFIG];
	char directory[512], findings[1024], message[MESSAGE_MAX];
	struct text path, error;
	int r;

	if (!file)
		file = CLOXXS_CONFDIR "/cloxxsd.conf";
	text_init(&path, directory, sizeof(directory));
	text_add_format(&path, "%s.d", file);
	if (text_is_cut(&path))
		return offline_fail(offline, OFFLINE_USAGE,
				    "--config: the name is too long");
	text_init(&error, findings, sizeof(findings));
	r = settings_load(file, directory, &error, &offline->settings);
	if (r == 0)
		return OFFLINE_DONE;
	(void)snprintf(message, sizeof(message),
		       "the configuration is refused: %s; mend it first",
		       r > 0 ? findings : strerror(-r));
	return refuse(offline, "configuration", message);
}

static bool read_descriptor(const char *text, int *ret_fd)
{
	char *end;
	long fd = strtol(text, &end, 10);

	if (end == text || *end || fd < 3 || fd > 1023)
		return false;
	*ret_fd = (int)fd;
	return true;
}

/* A key handed over by who decrypted it: to its end, which comes soon. */
static int read_key(const char *descriptor, struct key **ret_key)
{
	uint8_t *bytes;
	size_t size = (size_t)KEY_ROOTS_MAX * KEY_BYTES + 1, n = 0;
	ssize_t got = 1;
	int fd, r;

	if (!read_descriptor(descriptor, &fd))
		return -EBADF;
	bytes = sodium_malloc(size);
	if (!bytes)
		return -ENOMEM;
	while (got > 0 && n < size) {
		got = read(fd, bytes + n, size - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	r = got < 0 ? -errno : key_read(bytes, n, ret_key);
	sodium_free(bytes);
	return r;
}

/*
 * Where the key stands encrypted beside file, or in a place of systemd's: then
 * no file is lacking, and one in clear would undo what that is for.
 */
static bool has_credential(const char *file, char place[512])
{
	static const char *const places[] = {
		"/etc/credstore.encrypted/cloxxs.key",
		"/etc/credstore/cloxxs.key",
	};

	(void)snprintf(place, 512, "%s.cred", file);
	if (access(place, F_OK) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], F_OK) == 0) {
			(void)snprintf(place, 512, "%s", places[i]);
			return true;
		}
	return false;
}

static enum offline_status load_key(struct offline *offline)
{
	const char *file = offline->values[OFFLINE_OPTION_KEY];
	const char *descriptor = offline->values[OFFLINE_OPTION_KEY_FD];
	char message[MESSAGE_MAX], place[512];
	int r;

	if (!file)
		file = CLOXXS_CONFDIR "/cloxxs.key";
	r = descriptor ? read_key(descriptor, &offline->key)
		       : key_load(file, &offline->key);
	if (r == 0)
		return OFFLINE_DONE;
	if (r == KEY_E_MISSING && !descriptor && has_credential(file, place)) {
		(void)snprintf(
			message, sizeof(message),
			"%s: the key is a credential, %.400s: decrypt "
			"it to that file for the while, see "
			"systemd-creds(1); where nothing decrypts it any "
			"more, move it away",
			file, place);
		return refuse(offline, "key", message);
	}
	if (r == KEY_E_MISSING && !descriptor && offline->verb->may_lack_key) {
		r = key_writer_start(file, &offline->key_writer);
		if (r == 0)
			return OFFLINE_DONE;
	}
	(void)snprintf(message, sizeof(message), "%s: %s",
		       descriptor ? "the key handed over" : file,
		       state_key_sentence(r));
	return refuse(offline, "key", message);
}

/* A file that was named, by whoever may read it: nothing else is opened so. */
static enum offline_status open_named(struct offline *offline, const char *path,
				      int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return offline_fail(offline,
				    errno == ENOENT   ? OFFLINE_NOT_FOUND
				    : errno == EACCES ? OFFLINE_DENIED
						      : OFFLINE_FAILURE,
				    "%s: %s", path, strerror(errno));
	*ret_fd = fd;
	return OFFLINE_DONE;
}

static enum offline_status open_files(struct offline *offline)
{
	const char *identity = offline->values[OFFLINE_OPTION_IDENTITY];
	enum offline_status status = OFFLINE_DONE;

	if (offline->verb->operand_file)
		status = open_named(offline, offline->operand,
				    &offline->operand_fd);
	if (status == OFFLINE_DONE && identity)
		status = open_named(offline, identity, &offline->identity_fd);
	return status;
}

static enum offline_status give_up_rights(struct offline *offline)
{
	char why[MESSAGE_MAX];
	struct text text;

	text_init(&text, why, sizeof(why));
	if (confine(offline_directory(offline), &text) == 0)
		return OFFLINE_DONE;
	return offline_fail(offline, OFFLINE_FAILURE, "%s", why);
}

static enum offline_status take_lock(struct offline *offline)
{
	const char *ordinary = offline->verb->ordinary;
	char why[MESSAGE_MAX];
	struct text text;
	int r;

	text_init(&text, why, sizeof(why));
	r = lock_take(offline_directory(offline), "cloxxs-offline", &text,
		      &offline->lock);
	if (r == 0) {
		leftover_clear(offline_directory(offline));
		return OFFLINE_DONE;
	}
	if (r != -EBUSY)
		return offline_fail(offline, OFFLINE_FAILURE, "%s", why);
	return offline_fail(offline, OFFLINE_UNAVAILABLE,
			    "%s; %s%s\"systemctl stop cloxxsd.socket "
			    "cloxxsd.service\" before this",
			    why, ordinary ? ordinary : "",
			    ordinary ? ", or " : "");
}

static enum offline_status open_state(struct offline *offline)
{
	char why[MESSAGE_MAX];
	struct text text;
	int r;

	text_init(&text, why, sizeof(why));
	r = state_open(&offline->state, offline_directory(offline),
		       scope_take_ptr(offline->key), clock_realtime_us(),
		       &text);
	if (r == 0)
		return OFFLINE_DONE;
	return offline_fail(offline, OFFLINE_FAILURE, "%s (%s)", why,
			    strerror(r < 0 ? -r : EIO));
}

/* In the order of enum offline_need; what gives up root stands where the last
 * need of root is past. */
static enum offline_status prepare(struct offline *offline)
{
	enum offline_need needs = offline->verb->needs;
	enum offline_status status = OFFLINE_DONE;

	if (needs >= OFFLINE_NEEDS_SETTINGS)
		status = load_settings(offline);
	if (status == OFFLINE_DONE && needs >= OFFLINE_NEEDS_KEY)
		status = load_key(offline);
	if (status == OFFLINE_DONE)
		status = open_files(offline);
	if (status == OFFLINE_DONE)
		status = give_up_rights(offline);
	if (status == OFFLINE_DONE && needs >= OFFLINE_NEEDS_LOCK)
		status = take_lock(offline);
	if (status == OFFLINE_DONE && needs >= OFFLINE_NEEDS_STATE)
		status = open_state(offline);
	return status;
}

enum offline_status offline_run(struct offline *offline)
{
	enum offline_status status;

	if (!offline->verb->for_anybody && geteuid() != 0)
		return offline_fail(offline, OFFLINE_DENIED,
				    "only root may do this");
	if (offline->verb->gathers)
		offline->findings = json_array();
	status = prepare(offline);
	if (status == OFFLINE_DONE)
		status = offline->verb->run(offline);
	state_deinit(&offline->state);
	json_decref(offline->findings);
	offline->findings = NULL;
	offline->key = key_free(offline->key);
	offline->lock = lock_free(offline->lock);
	offline->settings = settings_free(offline->settings);
	key_writer_end(&offline->key_writer);
	scope_close(&offline->operand_fd);
	scope_close(&offline->identity_fd);
	return status;
}
