/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. 0 means that the daemon said it is written; nothing else does.
 *  2. A record is sent once: on a second connection only if it cannot have
 *     reached the daemon on the first.
 *  3. No call outlives its deadline, whoever holds the connection.
 */
#include "libcloxxs/cloxxs.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/name.h"
#include "libcloxxs/flat.h"
#include "libcloxxs/flat_writer.h"

#define TOTAL_MS 10000
#define PATH_SIZE 108 /* of struct sockaddr_un */
/* All that fits, each byte escaped. */
#define REQUEST_MAX 16384
#define REPLY_MAX 8192
/* Of many: as much as the daemon takes. */
#define REQUEST_MANY_MAX 65536
#define ACTIONS_MAX 256

#define INTERFACE "nl.cloxxs.Audit."

struct cloxxs_audit {
	char service[NAME_SERVICE_MAX + 1];
	char socket[PATH_SIZE];
	pthread_mutex_t mutex; /* of all below */
	uint32_t total_ms;
	struct channel channel;
	pid_t pid; /* that opened it: after a fork it is the other side's */
};

/* A message, and the member of its reply that is asked for. */
struct request {
	struct flat_writer writer;
	const char *member;
};

static const char *const results[] = {
	[CLOXXS_RESULT_DONE] = "done",
	[CLOXXS_RESULT_FAILED] = "failed",
	[CLOXXS_RESULT_ALLOWED] = "allowed",
	[CLOXXS_RESULT_DENIED] = "denied",
};

/* What the daemon answers, and what it comes to. */
static const struct {
	const char *name;
	enum cloxxs_error error;
} errors[] = {
	{ INTERFACE "Invalid", CLOXXS_E_UNFIT },
	{ INTERFACE "Unavailable", CLOXXS_E_UNAVAILABLE },
	{ INTERFACE "UnknownUser", CLOXXS_E_REFUSED },
	{ "org.varlink.service.InvalidParameter", CLOXXS_E_UNFIT },
};

static int from_daemon(const char *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (strcmp(errors[i].name, error) == 0)
			return (int)errors[i].error;
	return CLOXXS_E_REFUSED;
}

static int from_channel(int r)
{
	switch ((enum channel_error)r) {
	case _CHANNEL_E_OK:
		return 0;
	case CHANNEL_E_MISSING:
	case CHANNEL_E_CLOSED:
		return CLOXXS_E_UNREACHABLE;
	case CHANNEL_E_IMPOSTOR:
		return CLOXXS_E_IMPOSTOR;
	case CHANNEL_E_TIMEOUT:
		return CLOXXS_E_TIMEOUT;
	case CHANNEL_E_TOO_LARGE:
		return CLOXXS_E_BROKEN;
	}
	return r < 0 ? r : CLOXXS_E_BROKEN;
}

int cloxxs_audit_new(const char *service, struct cloxxs_audit **ret_audit)
{
	struct cloxxs_audit *audit;

	if (!service || !name_is_service(service, strlen(service)))
		return CLOXXS_E_UNFIT;
	audit = calloc(1, sizeof(*audit));
	if (!audit)
		return -ENOMEM;
	memcpy(audit->service, service, strlen(service) + 1);
	audit->total_ms = TOTAL_MS;
	audit->channel = CHANNEL_INIT;
	pthread_mutex_init(&audit->mutex, NULL);
	*ret_audit = audit;
	return cloxxs_audit_set_socket(audit, NULL);
}

struct cloxxs_audit *cloxxs_audit_free(struct cloxxs_audit *audit)
{
	if (!audit)
		return NULL;
	channel_deinit(&audit->channel);
	pthread_mutex_destroy(&audit->mutex);
	free(audit);
	return NULL;
}

int cloxxs_audit_set_socket(struct cloxxs_audit *audit, const char *path)
{
	if (!path)
		path = CLOXXS_RUNDIR "/cloxxsd.sock";
	if (strlen(path) >= sizeof(audit->socket))
		return CLOXXS_E_UNFIT;
	memcpy(audit->socket, path, strlen(path) + 1);
	channel_deinit(&audit->channel);
	return 0;
}

void cloxxs_audit_set_deadline(struct cloxxs_audit *audit, uint32_t total_ms)
{
	if (total_ms > 0)
		__atomic_store_n(&audit->total_ms, total_ms, __ATOMIC_RELAXED);
}

/* Whether the structure reaches to its present end; members that this library
 * does not know are not there for it. */
static bool is_action(const struct cloxxs_action *action)
{
	return action && action->size >= sizeof(*action) && action->user &&
	       action->action && action->result > CLOXXS_RESULT_NONE &&
	       (size_t)action->result < ARRAY_SIZE(results);
}

/* False: a name without a value, which an array with NULL in it hides. */
static bool add_details(struct flat_writer *writer, const char *const *details)
{
	flat_open(writer, "details");
	for (; details && details[0]; details += 2) {
		if (!details[1])
			return false;
		flat_add_string(writer, details[0], details[1]);
	}
	flat_close(writer);
	return true;
}

/* The members of one; false where it cannot be said. */
static bool add_action(const struct cloxxs_audit *audit,
		       const struct cloxxs_action *action,
		       struct flat_writer *writer)
{
	if (!is_action(action))
		return false;
	flat_add_string(writer, "service", audit->service);
	flat_add_string(writer, "user", action->user);
	flat_add_string(writer, "address", action->address);
	flat_add_string(writer, "project", action->project);
	flat_add_string(writer, "action", action->action);
	flat_add_string(writer, "object", action->object);
	flat_add_string(writer, "result", results[action->result]);
	return add_details(writer, action->details);
}

static void open_request(struct flat_writer *writer, const char *method)
{
	flat_open(writer, NULL);
	flat_add_string(writer, "method", method);
	flat_open(writer, "parameters");
}

static bool close_request(struct flat_writer *writer)
{
	flat_close(writer);
	flat_close(writer);
	return !flat_writer_is_bad(writer);
}

static bool write_one(const struct cloxxs_audit *audit,
		      const struct cloxxs_action *action,
		      struct flat_writer *writer)
{
	bool good;

	open_request(writer, INTERFACE "Record");
	good = add_action(audit, action, writer);
	return close_request(writer) && good;
}

static bool write_many(const struct cloxxs_audit *audit,
		       const struct cloxxs_action *const *actions, size_t n,
		       struct flat_writer *writer)
{
	bool good = true;

	open_request(writer, INTERFACE "RecordMany");
	flat_open_array(writer, "records");
	for (size_t i = 0; good && i < n; i++) {
		flat_open_item(writer);
		good = add_action(audit, actions[i], writer);
		flat_close(writer);
	}
	flat_close_array(writer);
	return close_request(writer) && good;
}

static int lock(struct cloxxs_audit *audit, int64_t deadline_us)
{
	const struct timespec until = {
		.tv_sec = (time_t)(deadline_us / 1000000),
		.tv_nsec = (long)(deadline_us % 1000000) * 1000,
	};
	int r = pthread_mutex_clocklock(&audit->mutex, CLOCK_MONOTONIC, &until);

	return r == ETIMEDOUT ? CLOXXS_E_TIMEOUT : -r;
}

/* Nothing comes unasked, but the end: of a daemon that was started anew, or of
 * a connection that nobody used. */
static bool is_open(const struct cloxxs_audit *audit)
{
	char byte;

	return audit->channel.fd >= 0 && audit->pid == getpid() &&
	       recv(audit->channel.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       errno == EAGAIN;
}

/* The connection, as good as can be told; *ret_used: it carried others. */
static int open_connection(struct cloxxs_audit *audit, int64_t deadline_us,
			   bool *ret_used)
{
	*ret_used = is_open(audit);
	if (*ret_used)
		return 0;
	channel_deinit(&audit->channel);
	audit->pid = getpid();
	return channel_connect(&audit->channel, audit->socket, REPLY_MAX,
			       deadline_us);
}

/* A request of which not all was taken reached nobody: a message ends with its
 * last byte. */
static int send_request(struct cloxxs_audit *audit,
			const struct request *request, int64_t deadline_us)
{
	bool used;
	int r;

	r = open_connection(audit, deadline_us, &used);
	if (r == 0)
		r = channel_send(&audit->channel, request->writer.buffer,
				 request->writer.n, deadline_us);
	if (r != CHANNEL_E_CLOSED || !used)
		return r;
	channel_deinit(&audit->channel);
	r = open_connection(audit, deadline_us, &used);
	if (r != 0)
		return r;
	return channel_send(&audit->channel, request->writer.buffer,
			    request->writer.n, deadline_us);
}

static int receive(struct cloxxs_audit *audit, const char *member,
		   int64_t deadline_us, int64_t *ret_sequence)
{
	const struct flat_field fields[] = {
		{ member, FLAT_INT, true, ret_sequence, 0, NULL },
	};
	struct flat_reply reply;
	const char *message;
	size_t n;
	int r;

	r = channel_receive(&audit->channel, deadline_us, &message, &n);
	if (r != 0)
		return from_channel(r);
	if (flat_read_reply(message, n, fields, ARRAY_SIZE(fields), &reply) !=
		    0 ||
	    reply.continues)
		return CLOXXS_E_BROKEN;
	return reply.error[0] != '\0' ? from_daemon(reply.error) : 0;
}

/* With the connection to itself. */
static int exchange(struct cloxxs_audit *audit, const struct request *request,
		    int64_t deadline_us, int64_t *ret_sequence)
{
	int r = from_channel(send_request(audit, request, deadline_us));

	if (r == 0)
		r = receive(audit, request->member, deadline_us, ret_sequence);
	/* No late answer may be the next one's; and who was refused may be let
	 * in on another. */
	if (r != 0)
		channel_deinit(&audit->channel);
	return r;
}

static int send_and_wait(struct cloxxs_audit *audit,
			 const struct request *request, int64_t *ret_sequence)
{
	int64_t deadline =
		clock_monotonic_us() +
		(int64_t)__atomic_load_n(&audit->total_ms, __ATOMIC_RELAXED) *
			1000;
	int64_t sequence = 0;
	int r;

	r = lock(audit, deadline);
	if (r != 0)
		return r;
	r = exchange(audit, request, deadline, &sequence);
	pthread_mutex_unlock(&audit->mutex);
	if (r == 0 && ret_sequence)
		*ret_sequence = sequence;
	return r;
}

int cloxxs_audit_record(struct cloxxs_audit *audit,
			const struct cloxxs_action *action,
			int64_t *ret_sequence)
{
	struct request request = { .member = "sequence" };
	char message[REQUEST_MAX];

	flat_writer_init(&request.writer, message, sizeof(message));
	if (!write_one(audit, action, &request.writer))
		return CLOXXS_E_UNFIT;
	return send_and_wait(audit, &request, ret_sequence);
}

int cloxxs_audit_record_many(struct cloxxs_audit *audit,
			     const struct cloxxs_action *const *actions,
			     size_t n, int64_t *ret_first)
{
	struct request request = { .member = "first" };
	char *message;
	int r = CLOXXS_E_UNFIT;

	if (!actions || n == 0 || n > ACTIONS_MAX)
		return CLOXXS_E_UNFIT;
	message = malloc(REQUEST_MANY_MAX);
	if (!message)
		return -ENOMEM;
	flat_writer_init(&request.writer, message, REQUEST_MANY_MAX);
	if (write_many(audit, actions, n, &request.writer))
		r = send_and_wait(audit, &request, ret_first);
	free(message);
	return r;
}
