/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The loop never waits for journald.
 *  2. Only what journald took is reported as sent, in order, without a gap:
 *     what it does not take is tried again until it does, and what follows
 *     waits.
 */
/* Where in the source a record was sent from is no part of it. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "cloxxsd/publish/journal.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "base/anchor.h"
#include "base/text.h"
#include "cloxxsd/audit/event.h"
#include "cloxxsd/audit/field.h"

#define QUEUE_MAX 512
#define JOURNALD "/run/systemd/journal/socket"
#define RETRY_S 1
#define FIELDS_MAX 24
#define FIELD_SIZE 2048

struct journal {
	pthread_mutex_t mutex;
	pthread_cond_t work;
	struct ledger_row *rows; /* a ring of QUEUE_MAX */
	size_t first, n;
	bool stopping, stopped;
	int64_t sent_first, sent_last; /* not yet reported; 0: none */
	int sent_fd;
	sd_event_source *source;
	void (*sent)(int64_t first_seq, int64_t last_seq, void *userdata);
	void *userdata;
	pthread_t thread;
	bool started;
};

struct fields {
	char texts[FIELDS_MAX][FIELD_SIZE];
	struct iovec vectors[FIELDS_MAX];
	int n;
};

static void add_field(struct fields *fields, const char *name,
		      const char *value)
{
	struct text text;

	if (!*value || fields->n == FIELDS_MAX)
		return;
	text_init(&text, fields->texts[fields->n], FIELD_SIZE);
	text_add(&text, name);
	text_add(&text, "=");
	text_add(&text, value);
	fields->vectors[fields->n++] =
		(struct iovec){ .iov_base = text.buffer, .iov_len = text.n };
}

/* A quotation mark within must not end the text: \" (a \ stands as \x5c). */
static void add_quoted(struct text *text, const char *name, const char *value)
{
	text_add(text, name);
	text_add(text, "\"");
	for (; *value; value++)
		if (*value == '"')
			text_add_bytes(text, "\\\"", 2);
		else
			text_add_bytes(text, value, 1);
	text_add(text, "\"");
}

/*
 * A word as it is, and what is none quoted: whoever reads the line must not
 * take an address out of a name that somebody typed.
 */
static void add_word(struct text *text, const char *name, const char *value)
{
	if (!*value)
		return;
	if (strpbrk(value, " \"")) {
		add_quoted(text, name, value);
		return;
	}
	text_add(text, name);
	text_add(text, value);
}

/* The line is promised: see cloxxs-events(7), "The line of a record". */
static void add_message(struct fields *fields, const struct ledger_row *row)
{
	char message[FIELD_SIZE - 16];
	struct text text;

	text_init(&text, message, sizeof(message));
	text_add_format(&text, "%s:", row->event);
	add_word(&text, " user=", *row->user ? row->user : "-");
	if (strcmp(row->actor, row->user) != 0)
		add_word(&text, " actor=", row->actor);
	add_word(&text, " service=", row->service);
	add_word(&text, " address=", row->address);
	add_word(&text, " project=", row->project);
	add_word(&text, " action=", row->action);
	if (*row->object)
		add_quoted(&text, " object=", row->object);
	text_add_format(&text, " result=%s reason=%s", row->result,
			row->reason);
	if (*row->reference)
		text_add_format(&text, " reference=%s", row->reference);
	if (*row->details)
		add_quoted(&text, " details=", row->details);
	add_field(fields, "MESSAGE", message);
}

static void add_number(struct fields *fields, const char *name, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	add_field(fields, name, text);
}

/* 0 where journald took it. */
static int send_row(struct fields *fields, const struct ledger_row *row)
{
	enum event event = event_find(row->event);
	char chain[ANCHOR_CHAIN_TEXT];

	fields->n = 0;
	anchor_write_hex(row->chain, sizeof(row->chain), chain);
	add_message(fields, row);
	add_field(fields, "MESSAGE_ID", event_message_id(event));
	add_number(fields, "PRIORITY", event_priority(event));
	add_field(fields, "SYSLOG_IDENTIFIER", "cloxxsd");
	add_number(fields, field_journal_name(FIELD_SEQUENCE), row->seq);
	add_number(fields, field_journal_name(FIELD_AT), row->at_us);
	add_field(fields, field_journal_name(FIELD_EVENT), row->event);
	add_field(fields, field_journal_name(FIELD_RESULT), row->result);
	add_field(fields, field_journal_name(FIELD_REASON), row->reason);
	add_field(fields, field_journal_name(FIELD_USER), row->user);
	add_field(fields, field_journal_name(FIELD_ACTOR), row->actor);
	add_field(fields, field_journal_name(FIELD_SERVICE), row->service);
	add_field(fields, field_journal_name(FIELD_ADDRESS), row->address);
	add_field(fields, field_journal_name(FIELD_TERMINAL), row->terminal);
	add_field(fields, field_journal_name(FIELD_REFERENCE), row->reference);
	add_field(fields, field_journal_name(FIELD_RULES), row->rules);
	add_field(fields, field_journal_name(FIELD_DETAILS), row->details);
	add_field(fields, field_journal_name(FIELD_PROJECT), row->project);
	add_field(fields, field_journal_name(FIELD_ACTION), row->action);
	add_field(fields, field_journal_name(FIELD_OBJECT), row->object);
	add_field(fields, field_journal_name(FIELD_CHAIN), chain);
	/* Without a journald sd_journal_sendv(3) says that all is well. */
	if (access(JOURNALD, F_OK) < 0)
		return -errno;
	return sd_journal_sendv(fields->vectors, fields->n);
}

static void report(struct journal *journal, int64_t seq)
{
	const uint64_t one = 1;

	if (journal->sent_first == 0)
		journal->sent_first = seq;
	journal->sent_last = seq;
	(void)!write(journal->sent_fd, &one, sizeof(one));
}

/* Until it may be tried again, or the end has come. */
static void pause_sending(struct journal *journal)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += RETRY_S;
	while (!journal->stopping && r == 0)
		r = pthread_cond_clockwait(&journal->work, &journal->mutex,
					   CLOCK_MONOTONIC, &until);
}

static void *work(void *userdata)
{
	struct journal *journal = userdata;
	struct fields fields;
	struct ledger_row row;
	int r;

	pthread_mutex_lock(&journal->mutex);
	for (;;) {
		while (journal->n == 0 && !journal->stopping)
			pthread_cond_wait(&journal->work, &journal->mutex);
		if (journal->n == 0)
			break;
		row = journal->rows[journal->first];
		pthread_mutex_unlock(&journal->mutex);
		r = send_row(&fields, &row);
		pthread_mutex_lock(&journal->mutex);
		if (r < 0 && journal->stopping)
			break;
		if (r < 0) {
			pause_sending(journal);
			continue;
		}
		journal->first = (journal->first + 1) % QUEUE_MAX;
		journal->n--;
		report(journal, row.seq);
	}
	journal->stopped = true;
	pthread_cond_broadcast(&journal->work);
	pthread_mutex_unlock(&journal->mutex);
	return NULL;
}

static int deliver(sd_event_source *source, int fd, uint32_t revents,
		   void *userdata)
{
	struct journal *journal = userdata;
	int64_t first, last;
	uint64_t count;

	(void)source;
	(void)revents;
	(void)!read(fd, &count, sizeof(count));
	pthread_mutex_lock(&journal->mutex);
	first = journal->sent_first;
	last = journal->sent_last;
	journal->sent_first = journal->sent_last = 0;
	pthread_mutex_unlock(&journal->mutex);
	if (first != 0)
		journal->sent(first, last, journal->userdata);
	return 0;
}

static int start(struct journal *journal, sd_event *event)
{
	sigset_t all, before;
	int r;

	journal->rows = calloc(QUEUE_MAX, sizeof(journal->rows[0]));
	if (!journal->rows)
		return -ENOMEM;
	journal->sent_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (journal->sent_fd < 0)
		return -errno;
	r = sd_event_add_io(event, &journal->source, journal->sent_fd, EPOLLIN,
			    deliver, journal);
	if (r < 0)
		return r;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&journal->thread, NULL, work, journal);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	journal->started = r == 0;
	return r;
}

int journal_new(sd_event *event,
		void (*sent)(int64_t first_seq, int64_t last_seq,
			     void *userdata),
		void *userdata, struct journal **ret_journal)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	int r;

	if (!journal)
		return -ENOMEM;
	journal->sent_fd = -1;
	journal->sent = sent;
	journal->userdata = userdata;
	pthread_mutex_init(&journal->mutex, NULL);
	pthread_cond_init(&journal->work, NULL);
	r = start(journal, event);
	if (r < 0) {
		journal_free(journal);
		return r;
	}
	*ret_journal = journal;
	return 0;
}

/* False where the thread is stuck in a send: it dies with the process. */
static bool stop_thread(struct journal *journal)
{
	struct timespec until;
	bool stopped;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	pthread_mutex_lock(&journal->mutex);
	journal->stopping = true;
	pthread_cond_broadcast(&journal->work);
	while (!journal->stopped && r == 0)
		r = pthread_cond_clockwait(&journal->work, &journal->mutex,
					   CLOCK_MONOTONIC, &until);
	stopped = journal->stopped;
	pthread_mutex_unlock(&journal->mutex);
	if (stopped)
		pthread_join(journal->thread, NULL);
	return stopped;
}

struct journal *journal_free(struct journal *journal)
{
	if (!journal)
		return NULL;
	sd_event_source_disable_unref(journal->source);
	if (journal->started && !stop_thread(journal))
		return NULL;
	scope_close(&journal->sent_fd);
	pthread_cond_destroy(&journal->work);
	pthread_mutex_destroy(&journal->mutex);
	free(journal->rows);
	free(journal);
	return NULL;
}

int journal_send(struct journal *journal, const struct ledger_row *row)
{
	int r = 0;

	pthread_mutex_lock(&journal->mutex);
	if (journal->n == QUEUE_MAX) {
		r = -EAGAIN;
	} else {
		journal->rows[(journal->first + journal->n) % QUEUE_MAX] = *row;
		journal->n++;
	}
	pthread_mutex_unlock(&journal->mutex);
	if (r == 0)
		pthread_cond_signal(&journal->work);
	return r;
}
