/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/report_form.h"

#include "cloxxsctl/page.h"

/*
 * In tenths of what a pixel is on a screen: whole numbers, for a locale must
 * not put a comma into a picture.
 */
#define WIDTH 7200
#define HEIGHT 1750
#define LEFT 560
#define RIGHT 7050
#define TOP 120
#define BOTTOM 1450
#define TALL (BOTTOM - TOP)
#define NAMES_MAX 10

/* The step of the lines behind the bars: 1, 2 or 5 and noughts, five at most.
 */
static int64_t grid_of(int64_t most)
{
	static const int64_t steps[] = { 1, 2, 5 };

	for (int64_t ten = 1; ten < INT64_MAX / 100; ten *= 10)
		for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
			if (most / (steps[i] * ten) < 5)
				return steps[i] * ten;
	return most;
}

static int tall(int64_t count, int64_t top)
{
	return (int)((long double)count * TALL / (long double)top);
}

static void print_grid(FILE *stream, int64_t top, int64_t grid)
{
	for (int64_t at = 0; at <= top; at += grid) {
		int y = BOTTOM - tall(at, top);

		fprintf(stream,
			"<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>"
			"<text class=\"y\" x=\"%d\" y=\"%d\">%lld</text>\n",
			LEFT, RIGHT, y, y, LEFT - 80, y + 40, (long long)at);
	}
}

static void print_bars(FILE *stream, const struct report_days *days,
		       enum report_day_count column, int64_t top)
{
	int slot = (RIGHT - LEFT) / (int)days->n;

	for (size_t i = 0; i < days->n; i++) {
		const struct report_bucket *bucket = &days->buckets[i];
		int high = tall(bucket->counts[column], top);

		if (bucket->counts[column] == 0)
			continue;
		/* What is there is seen, however little it is. */
		if (high < 12)
			high = 12;
		fprintf(stream,
			"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\">"
			"<title>%s: %lld</title></rect>\n",
			LEFT + (int)i * slot + slot / 8, BOTTOM - high,
			slot - slot / 4, high, bucket->name,
			(long long)bucket->counts[column]);
	}
}

/* Each that has room; a day without its year. */
static void print_names(FILE *stream, const struct report_days *days)
{
	size_t each = (days->n + NAMES_MAX - 1) / NAMES_MAX;
	int slot = (RIGHT - LEFT) / (int)days->n;

	for (size_t i = 0; i < days->n; i += each)
		fprintf(stream,
			"<text class=\"x\" x=\"%d\" y=\"%d\">%s</text>\n",
			LEFT + (int)i * slot + slot / 2, BOTTOM + 180,
			days->buckets[i].name +
				(days->step == REPORT_STEP_DAY ? 5 : 0));
}

static void print_words(FILE *stream, const struct report_days *days,
			enum report_day_count column, const char *id,
			const char *title, enum language language)
{
	const struct report_bucket *most = report_days_most(days, column);

	fprintf(stream, "<title id=\"%s-title\">", id);
	page_text(stream, title);
	fprintf(stream, "</title>\n<desc id=\"%s-desc\">%s - %s; %s: %lld", id,
		days->buckets[0].name, days->buckets[days->n - 1].name,
		report_word(WORD_REPORT_IN_ALL, language),
		(long long)report_days_sum(days, column));
	if (most)
		fprintf(stream, "; %s: %lld (%s)",
			report_word(WORD_REPORT_MOST, language),
			(long long)most->counts[column], most->name);
	fputs("</desc>\n", stream);
}

void report_chart(FILE *stream, const struct report_days *days,
		  enum report_day_count column, const char *id,
		  enum language language)
{
	const struct report_bucket *most = report_days_most(days, column);
	int64_t grid, top = most ? most->counts[column] : 1;
	char title[128];

	if (days->n == 0)
		return;
	(void)snprintf(title, sizeof(title), "%s %s",
		       report_word(column == REPORT_DAY_LOGINS
					   ? WORD_REPORT_LOGINS
					   : WORD_REPORT_REFUSALS,
				   language),
		       report_word(report_step_word(days->step), language));
	grid = grid_of(top);
	top = (top + grid - 1) / grid * grid;
	fprintf(stream,
		"<figure>\n<figcaption>%s</figcaption>\n"
		"<svg class=\"chart %s\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-labelledby=\"%s-title %s-desc\">\n",
		title, id, WIDTH, HEIGHT, id, id);
	print_words(stream, days, column, id, title, language);
	print_grid(stream, top, grid);
	print_bars(stream, days, column, top);
	print_names(stream, days);
	fputs("</svg>\n</figure>\n", stream);
}
