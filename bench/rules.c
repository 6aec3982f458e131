/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the rules of a login cost, without store and socket, for a user with 100
 * fixed networks and as many for administrators. Prints, in microseconds:
 *
 *     core  the decision alone: where from, judged, and every rule asked
 *     all   with what is read before it: the user's networks out of their text
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/network.h"
#include "base/scope.h"
#include "base/text.h"
#include "bench/sample.h"
#include "policy/login.h"

#define N_NETWORKS 100
#define N_SAMPLES 200
#define N_IN_A_SAMPLE 1000

/* So that no decision is left out by the compiler. */
static volatile unsigned int sink;

static void write_networks(char *list, size_t size, int second)
{
	struct text text;

	text_init(&text, list, size);
	for (int i = 0; i < N_NETWORKS; i++)
		text_add_format(&text, "%s10.%d.%d.0/24", i > 0 ? ", " : "",
				second, 2 * i);
}

static struct networks read_networks(const char *list)
{
	struct networks networks;
	struct networks_fault fault;

	if (networks_parse(list, &networks, &fault) != 0)
		sample_fail(list, "cannot be read");
	return networks;
}

static struct login_facts facts_of(const struct origin_rules *rules,
				   const struct origin_source *source)
{
	return (struct login_facts){
		.purpose = LOGIN_PURPOSE_LOGIN,
		.user_known = true,
		.system_uid = LOGIN_UID_OURS,
		.enabled = true,
		.service_allowed = true,
		.origin = origin_judge(rules, source),
		.failures_max = 3,
		.has_password = true,
		.now_s = 1800000000,
		.password = LOGIN_PASSWORD_RIGHT,
	};
}

static void decide(const struct origin_rules *rules,
		   const struct origin_source *source)
{
	struct login_facts facts = facts_of(rules, source);

	sink += login_decide(&facts).verdict;
}

static void decide_all(const struct origin_rules *rules,
		       const struct origin_source *source, const char *list)
{
	scope(networks_deinit) struct networks fixed = read_networks(list);
	struct origin_source read = *source;

	read.fixed = &fixed;
	decide(rules, &read);
}

int main(void)
{
	static const char *const countries[] = { "NL", NULL };
	scope(networks_deinit) struct networks fixed = { 0 };
	scope(networks_deinit) struct networks administration = { 0 };
	struct sample core = { 0 }, all = { 0 };
	struct origin_rules rules = { .countries = countries };
	struct origin_source source = { .has_address = true,
					.administers = true,
					.database = ORIGIN_DATABASE_ASKED,
					.country = "NL" };
	char list[4096], other[4096];
	double start;

	write_networks(list, sizeof(list), 1);
	write_networks(other, sizeof(other), 2);
	fixed = read_networks(list);
	administration = read_networks(other);
	rules.administration = &administration;
	rules.bastions = &administration;
	source.fixed = &fixed;
	if (address_parse("10.1.99.7", &source.address) != 0)
		sample_fail("10.1.99.7", "is no address");
	for (int i = 0; i < N_SAMPLES; i++) {
		start = sample_now_us();
		for (int k = 0; k < N_IN_A_SAMPLE; k++)
			decide(&rules, &source);
		sample_add(&core, (sample_now_us() - start) / N_IN_A_SAMPLE);
		start = sample_now_us();
		for (int k = 0; k < N_IN_A_SAMPLE / 10; k++)
			decide_all(&rules, &source, list);
		sample_add(&all,
			   (sample_now_us() - start) / (N_IN_A_SAMPLE / 10));
	}
	sample_print(&core, "core");
	sample_print(&all, "all");
	sample_deinit(&core);
	sample_deinit(&all);
	return EXIT_SUCCESS;
}
