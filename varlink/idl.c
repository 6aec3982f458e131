/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "varlink/idl.h"

#include <string.h>

#define NESTED_MAX 8

struct reader {
	const char *at;
	struct idl_name token; /* n is 0 at the end */
	unsigned line;
	unsigned depth;
	struct text *why;
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static void skip_space(struct reader *reader)
{
	for (;; reader->at++) {
		if (*reader->at == '#')
			reader->at += strcspn(reader->at, "\n");
		if (*reader->at == '\n')
			reader->line++;
		else if (*reader->at != ' ' && *reader->at != '\t')
			return;
	}
}

/* The next word, "->" or single character. */
static void next(struct reader *reader)
{
	skip_space(reader);
	reader->token = (struct idl_name){ .start = reader->at };
	while (is_word(*reader->at) ||
	       (*reader->at == '-' && reader->token.start != reader->at))
		reader->at++;
	if (reader->at == reader->token.start) {
		if (strncmp(reader->at, "->", 2) == 0)
			reader->at += 2;
		else if (*reader->at)
			reader->at++;
	}
	reader->token.n = (size_t)(reader->at - reader->token.start);
}

static bool name_is(const struct idl_name *name, const char *string)
{
	return strlen(string) == name->n &&
	       memcmp(name->start, string, name->n) == 0;
}

static bool take(struct reader *reader, const char *string)
{
	if (!name_is(&reader->token, string))
		return false;
	next(reader);
	return true;
}

static int fault(struct reader *reader, const char *expected)
{
	text_add_format(reader->why, "line %u: expected %s, found '",
			reader->line, expected);
	text_add_escaped(reader->why, reader->token.start, reader->token.n);
	text_add(reader->why, "'");
	return IDL_E_SYNTAX;
}

static int expect(struct reader *reader, const char *string)
{
	return take(reader, string) ? 0 : fault(reader, string);
}

static int take_name(struct reader *reader, struct idl_name *ret_name)
{
	if (reader->token.n == 0 || !is_word(reader->token.start[0]) ||
	    reader->token.start[0] == '.')
		return fault(reader, "a name");
	*ret_name = reader->token;
	next(reader);
	return 0;
}

static enum varlink_type scalar(const struct idl_name *name)
{
	static const struct {
		const char *name;
		enum varlink_type type;
	} types[] = {
		{ "string", VARLINK_STRING },
		{ "int", VARLINK_INT },
		{ "bool", VARLINK_BOOL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (name_is(name, types[i].name))
			return types[i].type;
	return _VARLINK_NONE;
}

static int take_fields(struct reader *reader, struct idl_method *method);

static int take_type(struct reader *reader, struct idl_parameter *parameter)
{
	bool array = false, map = false, nested = false;
	struct idl_name name;
	int r;

	parameter->optional = take(reader, "?");
	while (take(reader, "[")) {
		nested = array;
		map = take(reader, "string") || map;
		array = true;
		r = expect(reader, "]");
		if (r != 0)
			return r;
	}
	parameter->type = _VARLINK_NONE;
	if (name_is(&reader->token, "("))
		return take_fields(reader, NULL);
	r = take_name(reader, &name);
	if (r != 0)
		return r;
	if (!array)
		parameter->type = scalar(&name);
	else if (!nested && scalar(&name) == VARLINK_STRING)
		parameter->type = map ? VARLINK_MAP : VARLINK_STRINGS;
	else if (!nested && !map && *name.start >= 'A' && *name.start <= 'Z')
		parameter->type = VARLINK_OBJECTS;
	return 0;
}

/* One "name: type"; in an enumeration, which has no method, the name alone. */
static int take_field(struct reader *reader, struct idl_method *method)
{
	struct idl_parameter parameter = { 0 };
	int r;

	r = take_name(reader, &parameter.name);
	if (r != 0)
		return r;
	if (!method && !name_is(&reader->token, ":"))
		return 0;
	r = expect(reader, ":");
	if (r == 0)
		r = take_type(reader, &parameter);
	if (r != 0 || !method)
		return r;
	if (method->n_parameters == IDL_PARAMETERS_MAX)
		return fault(reader, "fewer parameters");
	method->parameters[method->n_parameters++] = parameter;
	return 0;
}

/* "(…)", put into method where that is not NULL. */
static int take_fields(struct reader *reader, struct idl_method *method)
{
	int r = expect(reader, "(");

	if (r != 0 || take(reader, ")"))
		return r;
	if (++reader->depth > NESTED_MAX)
		return fault(reader, "less nesting");
	do {
		r = take_field(reader, method);
		if (r != 0)
			return r;
	} while (take(reader, ","));
	reader->depth--;
	return expect(reader, ")");
}

static int take_method(struct reader *reader,
		       int (*each)(const struct idl_method *, void *),
		       void *userdata)
{
	struct idl_method method = { 0 };
	int r;

	r = take_name(reader, &method.name);
	if (r == 0)
		r = take_fields(reader, &method);
	if (r == 0)
		r = expect(reader, "->");
	if (r == 0)
		r = take_fields(reader, NULL);
	return r == 0 ? each(&method, userdata) : r;
}

static int take_member(struct reader *reader,
		       int (*each)(const struct idl_method *, void *),
		       void *userdata)
{
	struct idl_name name;
	int r;

	if (take(reader, "method"))
		return take_method(reader, each, userdata);
	if (!take(reader, "type") && !take(reader, "error"))
		return fault(reader, "type, method or error");
	r = take_name(reader, &name);
	return r == 0 ? take_fields(reader, NULL) : r;
}

int idl_read(const char *description, struct text *why,
	     int (*each)(const struct idl_method *method, void *userdata),
	     void *userdata, struct idl_name *ret_interface)
{
	struct reader reader = { .at = description, .line = 1, .why = why };
	struct idl_name interface;
	int r;

	next(&reader);
	r = expect(&reader, "interface");
	if (r == 0)
		r = take_name(&reader, &interface);
	while (r == 0 && reader.token.n > 0)
		r = take_member(&reader, each, userdata);
	if (r == 0)
		*ret_interface = interface;
	return r;
}

/* A comparison under way. */
struct comparison {
	const struct varlink_interface *interface;
	struct text *why;
	size_t n_described;
};

static int differs(struct comparison *comparison, const struct idl_name *method,
		   const struct idl_name *parameter, const char *what)
{
	struct text *why = comparison->why;

	text_add(why, comparison->interface->name);
	text_add(why, ".");
	text_add_bytes(why, method->start, method->n);
	if (parameter) {
		text_add(why, ", parameter ");
		text_add_bytes(why, parameter->start, parameter->n);
	}
	text_add(why, ": ");
	text_add(why, what);
	return IDL_E_DIFFERS;
}

static const struct varlink_method *find_row(
	const struct varlink_interface *interface, const struct idl_name *name)
{
	size_t n = strlen(interface->name);

	for (const struct varlink_method *m = interface->methods; m->name; m++)
		if (strncmp(m->name, interface->name, n) == 0 &&
		    m->name[n] == '.' && name_is(name, m->name + n + 1))
			return m;
	return NULL;
}

static const struct varlink_parameter *find_parameter(
	const struct varlink_method *row, const struct idl_name *name)
{
	const struct varlink_parameter *p = row->parameters;

	for (; p && p->name; p++)
		if (name_is(name, p->name))
			return p;
	return NULL;
}

static size_t n_parameters(const struct varlink_method *row)
{
	size_t n = 0;

	while (row->parameters && row->parameters[n].name)
		n++;
	return n;
}

static bool has_no_size(const struct varlink_parameter *row)
{
	return (row->type == VARLINK_STRING || row->type == VARLINK_STRINGS ||
		row->type == VARLINK_MAP || row->type == VARLINK_OBJECTS) &&
	       row->max == 0;
}

static int compare_method(const struct idl_method *method, void *userdata)
{
	struct comparison *comparison = userdata;
	const struct varlink_method *row =
		find_row(comparison->interface, &method->name);

	if (!row)
		return differs(comparison, &method->name, NULL, "has no row");
	if (!row->handle)
		return differs(comparison, &method->name, NULL,
			       "has no handler");
	for (size_t i = 0; i < method->n_parameters; i++) {
		const struct idl_parameter *described = &method->parameters[i];
		const struct varlink_parameter *p =
			find_parameter(row, &described->name);
		const char *what = NULL;

		if (!p)
			what = "is not in the row";
		else if (p->type != described->type || p->type == _VARLINK_NONE)
			what = "is of another type in the row";
		else if (p->optional != described->optional)
			what = "is optional in one of the two only";
		else if (has_no_size(p))
			what = "has no size in the row";
		if (what)
			return differs(comparison, &method->name,
				       &described->name, what);
	}
	if (n_parameters(row) != method->n_parameters)
		return differs(comparison, &method->name, NULL,
			       "has more parameters in the row");
	comparison->n_described++;
	return 0;
}

int varlink_interface_check(const struct varlink_interface *interface,
			    struct text *why)
{
	struct comparison comparison = { .interface = interface, .why = why };
	struct idl_name name;
	size_t n_rows = 0;
	int r;

	r = idl_read(interface->description, why, compare_method, &comparison,
		     &name);
	if (r != 0)
		return r;
	while (interface->methods[n_rows].name)
		n_rows++;
	if (!name_is(&name, interface->name)) {
		text_add(why, "the description is of another interface");
		return IDL_E_DIFFERS;
	}
	if (n_rows != comparison.n_described) {
		text_add_format(why, "%s: %zu rows, %zu methods described",
				interface->name, n_rows,
				comparison.n_described);
		return IDL_E_DIFFERS;
	}
	return 0;
}
