/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse-130: the Nth allocation fails, while a configuration is read and while
 * a message is begun. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "courier/delivery.h"
#include "tests/unit/failing_malloc.h"
#include "tests/unit/scratch.h"

static const char config[] = "[sms]\ngateways = a, b\n"
			     "[mail]\nlocation = here\nhost = localhost\n"
			     "from = a@b.nl\nuser = a\n"
			     "password = credential:c\n"
			     "[countries]\nsource = maxmind\n"
			     "location = here\naccount = 1\n"
			     "key = credential:e\n"
			     "[webhook ops]\nlocation = here\n"
			     "url = http://127.0.0.1:1/\n";
static const char gateway[] =
	"[gateway]\nlocation = here\nurl = http://127.0.0.1:1/\n"
	"body = {\"t\":\"{text}\",\"s\":\"{secret:c}\"}\n"
	"header_1 = A: {phone_00}\nauth = bearer\ntoken = credential:d\n"
	"accepted_json = /a == 0\naccepted_body = ^a\n";

struct rig {
	struct scratch scratch;
	char file[128], directory[128], gateways[128];
	struct configuration_args args;
};

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	scratch_init(&rig->scratch);
	scratch_write(&rig->scratch, "a.conf", gateway, strlen(gateway), 0600);
	scratch_write(&rig->scratch, "b.conf", gateway, strlen(gateway), 0600);
	scratch_write(&rig->scratch, "config", config, strlen(config), 0600);
	rig->args.file = scratch_path(&rig->scratch, "config", rig->file);
	rig->args.directory =
		scratch_path(&rig->scratch, "config.d", rig->directory);
	(void)snprintf(rig->gateways, sizeof(rig->gateways), "%s",
		       rig->scratch.path);
	rig->args.gateways = rig->gateways;
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

static void test_abuse_130_configuration(void **state)
{
	struct rig *rig = *state;

	for (unsigned int n = 1;; n++) {
		struct configuration *configuration = NULL;
		char buffer[4096];
		struct text why;
		int r;

		text_init(&why, buffer, sizeof(buffer));
		failing_malloc_start(n);
		r = configuration_load(&rig->args, &why, &configuration);
		(void)failing_malloc_stop();
		if (failing_malloc_has_failed())
			assert_int_equal(r, -ENOMEM);
		else
			assert_int_equal(r, 0);
		assert_int_equal(configuration != NULL, r == 0);
		configuration_unref(configuration);
		if (r == 0)
			break;
	}
}

static void count_answer(const struct delivery_answer *answer, void *waiter)
{
	unsigned int *n = waiter;

	assert_int_not_equal(answer->result, RESULT_ACCEPTED);
	(*n)++;
}

/* It is answered, or not begun; never both, and never neither. */
static void begin_one(struct courier *courier, unsigned int n, bool *ret_failed)
{
	static unsigned int serial;
	unsigned int n_answers = 0;
	char reference[32];
	const struct message_args message = { "sms", "+31612345678", NULL,
					      "text", reference };
	const struct delivery_args args = { .message = &message,
					    .timeout_ms = 2000,
					    .answer = count_answer,
					    .waiter = &n_answers };
	int r;

	(void)snprintf(reference, sizeof(reference), "r%u", serial++);
	failing_malloc_start(n);
	r = delivery_begin(courier, &args);
	while (r == 0 && n_answers == 0)
		assert_true(sd_event_run(courier->event, UINT64_MAX) >= 0);
	(void)failing_malloc_stop();
	assert_true(r == 0 || r == -ENOMEM);
	assert_int_equal(n_answers, r == 0);
	assert_int_equal(courier->n_deliveries, 0);
	*ret_failed = failing_malloc_has_failed();
}

static void test_abuse_130_delivery(void **state)
{
	struct rig *rig = *state;
	struct courier courier;
	sd_event *event = NULL;
	char buffer[4096];
	struct text why;
	bool failed = true;

	text_init(&why, buffer, sizeof(buffer));
	/* Not web_prepare(), which would have libcurl's own allocations fail:
	 * libcurl 7.88.1 divides by zero then, and the daemon starts anew. */
	assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), CURLE_OK);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(courier_init(&courier, event, &rig->args, &why), 0);
	for (unsigned int n = 1; failed; n++)
		begin_one(&courier, n, &failed);
	courier_deinit(&courier);
	sd_event_unref(event);
	curl_global_cleanup();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_abuse_130_configuration,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_abuse_130_delivery, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
