/*
 * expr_value: see expr_value.h.
 */
#include "io/expr_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_number.h"

/* ---- text to value ---- */

struct builder {
	jv open[JSON_DEPTH_MAX]; /* containers not ended yet */
	jv keys[JSON_DEPTH_MAX]; /* of an open object: the key whose value comes next */
	bool is_object[JSON_DEPTH_MAX];
	size_t depth;
	jv root;
};

static void put(struct builder *builder, jv value)
{
	size_t top = builder->depth - 1;

	if (builder->depth == 0) {
		builder->root = value;
	} else if (builder->is_object[top]) {
		builder->open[top] = jv_object_set(builder->open[top], builder->keys[top], value);
		builder->keys[top] = jv_null();
	} else {
		builder->open[top] = jv_array_append(builder->open[top], value);
	}
}

static void put_null(void *ctx)
{
	put(ctx, jv_null());
}

static void put_boolean(void *ctx, bool value)
{
	put(ctx, jv_bool(value));
}

static bool put_number(void *ctx, double value, const char *text, size_t len)
{
	if (text && !expr_number_is_kept(text, len, value))
		return false;
	put(ctx, jv_number(value));
	return true;
}

static void put_string(void *ctx, const char *text, size_t len)
{
	put(ctx, jv_string_sized(text, (int)len));
}

static void put_begin(void *ctx, bool is_object)
{
	struct builder *builder = ctx;

	must(builder->depth < JSON_DEPTH_MAX);
	builder->open[builder->depth] = is_object ? jv_object() : jv_array();
	builder->keys[builder->depth] = jv_null();
	builder->is_object[builder->depth++] = is_object;
}

static void put_key(void *ctx, const char *text, size_t len)
{
	struct builder *builder = ctx;

	builder->keys[builder->depth - 1] = jv_string_sized(text, (int)len);
}

static void put_end(void *ctx)
{
	struct builder *builder = ctx;

	builder->depth--;
	put(builder, builder->open[builder->depth]);
}

int expr_value_parse(struct json_checker *checker, struct bytes bytes, jv *ret, struct err *err)
{
	static const struct json_sink sink = {.null = put_null,
					      .boolean = put_boolean,
					      .number = put_number,
					      .string = put_string,
					      .begin = put_begin,
					      .key = put_key,
					      .end = put_end};
	struct builder builder;

	builder.depth = 0;
	builder.root = jv_invalid();
	if (bytes.len > INT32_MAX / 2)
		return err_set(err, ERR_DATA, JSON_BAD_FORM, "value: %zu bytes are too long",
			       bytes.len);
	if (json_check_read(checker, bytes, &sink, &builder, err)) {
		while (builder.depth > 0) {
			builder.depth--;
			jv_free(builder.open[builder.depth]);
			jv_free(builder.keys[builder.depth]);
		}
		return -1;
	}
	must(builder.depth == 0 && jv_is_valid(builder.root));
	*ret = builder.root;
	return 0;
}

/* ---- value to text ---- */

#define TEXT_BYTES_MIN 1024

/* Integers below this are printed with all their digits by libjq, and are exact. */
#define PLAIN_INTEGER_MAX 1e15

void expr_text_fini(struct expr_text *text)
{
	free(text->data);
	text->data = NULL;
	text->len = text->size = 0;
}

static int too_long(const struct expr_text *text, struct err *err)
{
	return err_set(err, ERR_DATA, 0, "the result is longer than %zu bytes", text->bytes_max);
}

static int reserve(struct expr_text *text, size_t more, struct err *err)
{
	size_t size = text->size ? text->size : TEXT_BYTES_MIN;

	if (more > text->bytes_max - text->len)
		return too_long(text, err);
	while (size - text->len < more)
		size *= 2;
	if (size != text->size) {
		char *data = realloc(text->data, size);

		must(data != NULL);
		text->data = data;
		text->size = size;
	}
	return 0;
}

static int append(struct expr_text *text, const char *data, size_t len, struct err *err)
{
	if (text->size - text->len < len || len > text->bytes_max - text->len)
		if (reserve(text, len, err))
			return -1;
	memcpy(text->data + text->len, data, len);
	text->len += len;
	return 0;
}

/* What libjq writes for a byte in a string; 0 = the byte itself, 'u' = \u00xx. */
static char escape_of(unsigned char c)
{
	switch (c) {
	case '"':
		return '"';
	case '\\':
		return '\\';
	case '\b':
		return 'b';
	case '\t':
		return 't';
	case '\r':
		return 'r';
	case '\n':
		return 'n';
	case '\f':
		return 'f';
	default:
		return c < 0x20 || c == 0x7f ? 'u' : 0;
	}
}

static int write_string(jv string, struct expr_text *text, struct err *err)
{
	static const char hex[] = "0123456789abcdef";
	const char *data = jv_string_value(string);
	size_t len = (size_t)jv_string_length_bytes(jv_copy(string)), plain = 0;

	if (append(text, "\"", 1, err))
		return -1;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];
		char escape = escape_of(c);
		char written[6] = {'\\', escape, '0', '0', hex[c >> 4], hex[c & 15]};

		if (!escape)
			continue;
		if (append(text, data + plain, i - plain, err) ||
		    append(text, written, escape == 'u' ? 6 : 2, err))
			return -1;
		plain = i + 1;
	}
	return append(text, data + plain, len - plain, err) || append(text, "\"", 1, err) ? -1 : 0;
}

static int write_number(double value, enum expr_form form, struct expr_text *text, struct err *err)
{
	char digits[24];
	size_t at = sizeof(digits);
	int result;
	jv printed;

	if (!isfinite(value))
		return err_set(
			err, ERR_DATA, 0,
			"the result holds a number that JSON has no form for (nan or infinite)");
	if (value == 0 && form == EXPR_FORM_CANONICAL)
		value = 0; /* not -0 */
	if (fabs(value) < PLAIN_INTEGER_MAX && value == trunc(value) &&
	    !(value == 0 && signbit(value))) {
		int64_t rest = (int64_t)fabs(value);

		do
			digits[--at] = (char)('0' + rest % 10);
		while ((rest /= 10) > 0);
		if (value < 0)
			digits[--at] = '-';
		return append(text, digits + at, sizeof(digits) - at, err);
	}
	printed = jv_dump_string(jv_number(value), 0);
	result = append(text, jv_string_value(printed),
			(size_t)jv_string_length_bytes(jv_copy(printed)), err);
	jv_free(printed);
	return result;
}

static int write_value(jv value, enum expr_form form, size_t depth, struct expr_text *text,
		       struct err *err);

static int write_array(jv array, enum expr_form form, size_t depth, struct expr_text *text,
		       struct err *err)
{
	int len = jv_array_length(jv_copy(array)), result = append(text, "[", 1, err);

	for (int i = 0; i < len && !result; i++) {
		jv item = jv_array_get(jv_copy(array), i);

		result = (i && append(text, ",", 1, err)) ||
			 write_value(item, form, depth, text, err);
		jv_free(item);
	}
	return result || append(text, "]", 1, err) ? -1 : 0;
}

static int write_field(jv key, jv value, bool first, enum expr_form form, size_t depth,
		       struct expr_text *text, struct err *err)
{
	int result = (!first && append(text, ",", 1, err)) || write_string(key, text, err) ||
		     append(text, ":", 1, err) || write_value(value, form, depth, text, err);

	jv_free(key);
	jv_free(value);
	return result ? -1 : 0;
}

static int write_object(jv object, enum expr_form form, size_t depth, struct expr_text *text,
			struct err *err)
{
	int result = append(text, "{", 1, err);
	bool first = true;

	if (form == EXPR_FORM_CANONICAL) {
		jv keys = jv_keys(jv_copy(object)); /* sorted by bytes */
		int len = jv_array_length(jv_copy(keys));

		for (int i = 0; i < len && !result; i++, first = false) {
			jv key = jv_array_get(jv_copy(keys), i);
			jv value = jv_object_get(jv_copy(object), jv_copy(key));

			result = write_field(key, value, first, form, depth, text, err);
		}
		jv_free(keys);
	} else {
		for (int i = jv_object_iter(object); jv_object_iter_valid(object, i) && !result;
		     i = jv_object_iter_next(object, i), first = false)
			result = write_field(jv_object_iter_key(object, i),
					     jv_object_iter_value(object, i), first, form, depth,
					     text, err);
	}
	return result || append(text, "}", 1, err) ? -1 : 0;
}

/* Recursion: at most JSON_DEPTH_MAX deep. */
static int write_value(jv value, enum expr_form form, size_t depth, struct expr_text *text,
		       struct err *err)
{
	switch (jv_get_kind(value)) {
	case JV_KIND_NULL:
		return append(text, "null", 4, err);
	case JV_KIND_FALSE:
		return append(text, "false", 5, err);
	case JV_KIND_TRUE:
		return append(text, "true", 4, err);
	case JV_KIND_NUMBER:
		return write_number(jv_number_value(value), form, text, err);
	case JV_KIND_STRING:
		return write_string(value, text, err);
	case JV_KIND_ARRAY:
	case JV_KIND_OBJECT:
		break;
	case JV_KIND_INVALID:
		must(false && "a value is valid");
	}
	if (depth == JSON_DEPTH_MAX)
		return err_set(err, ERR_DATA, JSON_TOO_DEEP, "the result is nested deeper than %d",
			       JSON_DEPTH_MAX);
	if (jv_get_kind(value) == JV_KIND_ARRAY)
		return write_array(value, form, depth + 1, text, err);
	return write_object(value, form, depth + 1, text, err);
}

int expr_value_write(jv value, enum expr_form form, struct expr_text *text, struct err *err)
{
	text->len = 0;
	return write_value(value, form, 0, text, err);
}
