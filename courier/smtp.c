/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A mail has left once all of it was handed to libcurl: a server takes none
 *     before its end was said (RFC 5321, section 4.1.1.4), and what it answers
 *     to that end decides.
 *  2. libcurl says goodbye to a server and waits for its answer, in the loop
 *     and for up to two minutes. Once the answer that decides is there nothing
 *     more is read of that connection (watch()), so that there is no waiting.
 */
#include "courier/attempt.h"

#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "courier/mail.h"

/* RFC 3463: "5.1.1", which stands behind the code of a reply. */
#define STATUS_MAX 12

struct smtp {
	struct attempt attempt;
	struct web_transfer transfer;
	struct wiped mail;
	struct curl_slist *recipients;
	size_t n_read;
	bool is_at_end; /* libcurl has all of it */
	bool has_mail;  /* MAIL was said: no word of before that decides */
	/* The last reply decides; what is said behind it is not heard. */
	bool is_decided;
	int fd;
	int code;                /* of the last reply */
	char status[STATUS_MAX]; /* of the last reply, or "" */
};

static struct smtp *smtp_free(struct smtp *smtp)
{
	web_transfer_deinit(&smtp->transfer);
	curl_slist_free_all(smtp->recipients);
	wiped_deinit(&smtp->mail);
	free(smtp);
	return NULL;
}

static void smtp_freep(struct smtp **smtp)
{
	if (*smtp)
		*smtp = smtp_free(*smtp);
}

static size_t read_mail(char *buffer, size_t size, size_t n, void *userdata)
{
	struct smtp *smtp = userdata;
	size_t left = smtp->mail.n - smtp->n_read, room = size * n;

	if (left > room)
		left = room;
	if (left > 0)
		memcpy(buffer, smtp->mail.bytes + smtp->n_read, left);
	smtp->n_read += left;
	smtp->is_at_end = smtp->n_read == smtp->mail.n;
	return left;
}

/* "250 2.0.0 Ok", the last line of a reply. */
static void take_reply(struct smtp *smtp, const char *line, size_t n)
{
	size_t k = 0;

	if (smtp->is_decided || n < 4 || line[0] < '2' || line[0] > '5' ||
	    line[3] == '-')
		return;
	smtp->code =
		(line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	for (size_t i = 4; i < n && k < STATUS_MAX - 1; i++, k++) {
		if ((line[i] < '0' || line[i] > '9') && line[i] != '.')
			break;
		smtp->status[k] = line[i];
	}
	smtp->status[k] = '\0';
	smtp->is_decided =
		smtp->has_mail &&
		(smtp->code >= 400 || (smtp->is_at_end && smtp->code < 300));
	if (smtp->is_decided && smtp->fd >= 0)
		(void)shutdown(smtp->fd, SHUT_RD);
}

/* All that is said; of our side only what is no secret is looked at. */
static int watch(CURL *easy, curl_infotype type, char *bytes, size_t n,
		 void *userdata)
{
	struct smtp *smtp = userdata;

	(void)easy;
	if (type == CURLINFO_HEADER_IN)
		take_reply(smtp, bytes, n);
	else if (type == CURLINFO_HEADER_OUT && n > 10 &&
		 memcmp(bytes, "MAIL FROM:", 10) == 0)
		smtp->has_mail = true;
	return 0;
}

static int keep_fd(void *userdata, curl_socket_t fd, curlsocktype purpose)
{
	struct smtp *smtp = userdata;

	(void)purpose;
	smtp->fd = fd;
	return CURL_SOCKOPT_OK;
}

/* A code of 400 is "not now", one of 500 "no". */
static enum result judge(const struct smtp *smtp, CURLcode code)
{
	if (code == CURLE_OK)
		return RESULT_ACCEPTED;
	if (code == CURLE_LOGIN_DENIED || smtp->code >= 500)
		return RESULT_REFUSED;
	if (smtp->code >= 400)
		return RESULT_UNREACHABLE;
	return smtp->is_at_end ? RESULT_UNCERTAIN : RESULT_UNREACHABLE;
}

static void on_done(struct web_transfer *transfer, CURLcode code)
{
	struct smtp *smtp =
		(struct smtp *)(void *)((char *)transfer -
					offsetof(struct smtp, transfer));
	struct attempt_args args = smtp->attempt.args;
	enum result result = judge(smtp, code);
	char buffer[DETAIL_SIZE];
	struct text detail;

	text_init(&detail, buffer, sizeof(buffer));
	if (smtp->code > 0 && (smtp->has_mail || code == CURLE_LOGIN_DENIED))
		text_add_format(&detail, "SMTP %d%s%s", smtp->code,
				*smtp->status ? " " : "", smtp->status);
	if (code != CURLE_OK && (smtp->code < 400 || !smtp->has_mail))
		text_add_format(&detail, "%s%s", detail.n > 0 ? ", " : "",
				web_fault(code));
	smtp_free(smtp);
	args.done(result, buffer, args.userdata);
}

static int compose(struct smtp *smtp)
{
	const struct mail_server *server =
		&smtp->attempt.args.configuration->mail;
	struct mail_args args = { .message = smtp->attempt.args.message,
				  .from = server->from,
				  .from_name = server->from_name,
				  .seconds = clock_realtime_us() / 1000000 };

	if (getrandom(args.unique, sizeof(args.unique), 0) !=
	    sizeof(args.unique))
		return -EIO;
	mail_compose(&args, &smtp->mail);
	if (smtp->mail.error != 0)
		return smtp->mail.error;
	smtp->recipients =
		curl_slist_append(NULL, smtp->attempt.args.message->to);
	return smtp->recipients ? 0 : -ENOMEM;
}

/* "smtps://[::1]:465/HELLO" */
static int set_url(struct smtp *smtp, const struct mail_server *server)
{
	bool ipv6 = strchr(server->host, ':') != NULL;
	char buffer[512];
	struct text url;

	text_init(&url, buffer, sizeof(buffer));
	text_add_format(&url, "%s://%s%s%s:%u/%s",
			server->tls == MAIL_TLS_TLS ? "smtps" : "smtp",
			ipv6 ? "[" : "", server->host, ipv6 ? "]" : "",
			server->port, server->hello ? server->hello : "");
	if (text_is_cut(&url))
		return -EINVAL;
	return curl_easy_setopt(smtp->transfer.easy, CURLOPT_URL, buffer) ==
			       CURLE_OK
		       ? 0
		       : -ENOMEM;
}

static CURLcode set_session(struct smtp *smtp, const struct mail_server *server)
{
	const struct vault *vault = &smtp->attempt.args.configuration->vault;
	CURL *easy = smtp->transfer.easy;
	CURLcode code;

	code = curl_easy_setopt(easy, CURLOPT_USE_SSL,
				server->tls == MAIL_TLS_NONE
					? (long)CURLUSESSL_NONE
					: (long)CURLUSESSL_ALL);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	if (code == CURLE_OK && server->user)
		code = curl_easy_setopt(easy, CURLOPT_USERNAME, server->user);
	if (code == CURLE_OK && server->user)
		code = curl_easy_setopt(
			easy, CURLOPT_PASSWORD,
			vault_at(vault, server->password_at)->bytes);
	return code;
}

static CURLcode set_envelope(struct smtp *smtp,
			     const struct mail_server *server)
{
	CURL *easy = smtp->transfer.easy;
	char from[MESSAGE_TO_MAX + 3];
	struct text text;
	CURLcode code;

	text_init(&text, from, sizeof(from));
	text_add_format(&text, "<%s>", server->from);
	code = curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_MAIL_RCPT,
					smtp->recipients);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
					(curl_off_t)smtp->mail.n);
	return code;
}

static CURLcode set_callbacks(struct smtp *smtp)
{
	CURL *easy = smtp->transfer.easy;
	CURLcode code;

	code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_mail);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_READDATA, smtp);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, watch);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_DEBUGDATA, smtp);
	/* For watch() alone: libcurl itself prints nothing then. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, keep_fd);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, smtp);
	return code;
}

static int set_up(struct smtp *smtp)
{
	const struct attempt_args *args = &smtp->attempt.args;
	const struct mail_server *server = &args->configuration->mail;
	const struct web_limits limits = {
		.protocols = server->tls == MAIL_TLS_TLS ? "smtps" : "smtp",
		.ca = server->ca,
		.connect_timeout_ms = server->connect_timeout_ms,
		.timeout_ms = attempt_timeout_ms(args, server->timeout_ms),
	};
	CURLcode code;
	int r = web_transfer_init(&smtp->transfer, args->web, &limits);

	if (r < 0)
		return r;
	smtp->transfer.done = on_done;
	r = set_url(smtp, server);
	if (r < 0)
		return r;
	code = set_session(smtp, server);
	if (code == CURLE_OK)
		code = set_envelope(smtp, server);
	if (code == CURLE_OK)
		code = set_callbacks(smtp);
	return code == CURLE_OK              ? 0
	       : code == CURLE_OUT_OF_MEMORY ? -ENOMEM
					     : -EINVAL;
}

static int smtp_start(const struct attempt_args *args,
		      struct attempt **ret_attempt)
{
	scope(smtp_freep) struct smtp *smtp = calloc(1, sizeof(*smtp));
	int r;

	if (!smtp)
		return -ENOMEM;
	smtp->attempt = (struct attempt){ .way = &smtp_way, .args = *args };
	smtp->fd = -1;
	r = compose(smtp);
	if (r == 0)
		r = set_up(smtp);
	if (r == 0)
		r = web_transfer_start(&smtp->transfer);
	if (r == 0) {
		*ret_attempt = &smtp->attempt;
		smtp = NULL;
	}
	return r;
}

static bool smtp_cancel(struct attempt *attempt)
{
	struct smtp *smtp = (struct smtp *)(void *)attempt;
	bool left = smtp->is_at_end;

	smtp_free(smtp);
	return left;
}

const struct attempt_way smtp_way = { smtp_start, smtp_cancel };
