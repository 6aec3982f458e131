/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/geoip.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloxxsctl/base64.h"
#include "cloxxsctl/request.h"
#include "varlink/client.h"

/* The daemon takes 64 KiB a message. */
#define PIECE_BYTES 45000
/* It answers when it has read all of it. */
#define TIMEOUT_MS 600000
#define ADMIN "nl.cloxxs.Admin."

struct sending {
	const struct ctl *ctl;
	const struct command *command;
	const char *path;
	const char *source; /* where it was fetched from, or NULL */
	FILE *stream;       /* for progress, or NULL */
	int fd;
	uint64_t bytes, n;
	struct varlink_client *client;
};

/* Calls the method and gives its reply; a status, told, where there is none. */
static int ask(const struct sending *sending, const char *method,
	       json_t *parameters, json_t **ret_reply)
{
	scope(json_decrefp) json_t *reply = NULL;
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status = STATUS_OK;
	const char *error = NULL;
	struct text text;
	int r;

	text_init(&text, sentence, sizeof(sentence));
	r = varlink_client_call(sending->client, method, parameters, &reply,
				&error);
	if (r != 0)
		status = failure_of_client(&text, sending->ctl->socket,
					   FAILURE_CHANGE_ASKED, r);
	else if (error)
		status =
			failure_of_reply(&text, sending->command, error, reply);
	if (status != STATUS_OK)
		return ctl_fail(sending->ctl, sending->command, status,
				sentence);
	*ret_reply = scope_take_ptr(reply);
	return STATUS_OK;
}

static int failed(const struct sending *sending, int error)
{
	return ctl_fail_errno(sending->ctl, sending->command, sending->path,
			      error);
}

/* One line, written over and over. */
static void tell(const struct sending *sending, const char *what)
{
	if (!sending->stream)
		return;
	fprintf(sending->stream, "\r\033[K%s", what);
	if (sending->n < sending->bytes)
		fprintf(sending->stream, " %" PRIu64 " %%",
			sending->n * 100 / sending->bytes);
	fflush(sending->stream);
}

/* As many bytes as there are, size at most; -errno. */
static ssize_t read_piece(int fd, unsigned char *bytes, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, bytes + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static int send_pieces(struct sending *sending)
{
	unsigned char bytes[PIECE_BYTES];
	char base64[BASE64_SIZE(PIECE_BYTES)];
	ssize_t n;

	while ((n = read_piece(sending->fd, bytes, sizeof(bytes))) > 0) {
		scope(json_decrefp) json_t *reply = NULL;
		int r;

		base64_write(bytes, (size_t)n, base64);
		r = ask(sending, ADMIN "GeoipPut",
			json_pack("{s:s}", "data", base64), &reply);
		if (r != STATUS_OK)
			return r;
		sending->n += (uint64_t)n;
		tell(sending, "Handing over:");
	}
	return n < 0 ? failed(sending, (int)n) : STATUS_OK;
}

static int send_all(struct sending *sending, json_t **ret_reply)
{
	scope(json_decrefp) json_t *begun = NULL;
	int r;

	r = ask(sending, ADMIN "GeoipBegin",
		json_pack("{s:I}", "bytes", (json_int_t)sending->bytes),
		&begun);
	if (r == STATUS_OK)
		r = send_pieces(sending);
	if (r != STATUS_OK)
		return r;
	tell(sending, "Proving ...");
	return ask(sending, ADMIN "GeoipCommit",
		   json_pack("{s:s?}", "source", sending->source), ret_reply);
}

static int measure(struct sending *sending)
{
	struct stat status;

	if (fstat(sending->fd, &status) < 0)
		return failed(sending, -errno);
	if (S_ISDIR(status.st_mode))
		return failed(sending, -EISDIR);
	if (!S_ISREG(status.st_mode) || status.st_size == 0)
		return ctl_fail(sending->ctl, sending->command, STATUS_USAGE,
				"it is empty, or not a file");
	sending->bytes = (uint64_t)status.st_size;
	return STATUS_OK;
}

static int connect_daemon(struct sending *sending)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;
	int r;

	r = request_connect(sending->ctl, TIMEOUT_MS, &sending->client);
	if (r == 0)
		return STATUS_OK;
	text_init(&text, sentence, sizeof(sentence));
	return ctl_fail(sending->ctl, sending->command,
			failure_of_client(&text, sending->ctl->socket,
					  FAILURE_NOT_ASKED, r),
			sentence);
}

static int hand_over(struct sending *sending, json_t **ret_reply)
{
	const struct ctl *ctl = sending->ctl;
	int r;

	sending->stream = isatty(fileno(ctl->errors)) ? ctl->errors : NULL;
	r = measure(sending);
	if (r == STATUS_OK)
		r = connect_daemon(sending);
	if (r == STATUS_OK)
		r = send_all(sending, ret_reply);
	if (sending->stream && sending->n > 0)
		fputs("\r\033[K", sending->stream);
	varlink_client_free(sending->client);
	return r;
}

int geoip_import(const struct ctl *ctl, const struct command *command,
		 const char *path, json_t **ret_reply)
{
	struct sending sending = { .ctl = ctl,
				   .command = command,
				   .path = path };
	int r;

	sending.fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (sending.fd < 0)
		return failed(&sending, -errno);
	r = hand_over(&sending, ret_reply);
	scope_close(&sending.fd);
	return r;
}

int geoip_adopt(const struct ctl *ctl, const struct command *command,
		const char *source, const char *path, int fd,
		json_t **ret_reply)
{
	struct sending sending = { .ctl = ctl,
				   .command = command,
				   .path = path,
				   .source = source,
				   .fd = fd };

	return hand_over(&sending, ret_reply);
}

int geoip_run_import(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	int r = geoip_import(ctl, command, command->operands[0], &reply);

	return r == STATUS_OK ? request_show(ctl, command, reply) : r;
}
