/* journal_record: see journal_record.h. */
#include "io/journal_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define CUT_NAME "__ONCED_CUT"

struct text {
	char *data;
	size_t len, size;
};

static int compare_bytes(struct bytes a, struct bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.data, b.data, len) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_fields(const void *a, const void *b)
{
	const struct journal_field *left = a, *right = b;
	int order = compare_bytes(left->name, right->name);

	return order != 0 ? order : compare_bytes(left->value, right->value);
}

static void put(struct text *text, const char *data, size_t len)
{
	must(text->len + len <= text->size);
	memcpy(text->data + text->len, data, len);
	text->len += len;
}

static void put_char(struct text *text, char c)
{
	put(text, &c, 1);
}

static void put_string(struct text *text, struct bytes bytes)
{
	static const char hex[] = "0123456789abcdef";
	const char *at = bytes.data;

	put_char(text, '"');
	for (size_t i = 0; i < bytes.len; i++) {
		const unsigned char c = (unsigned char)at[i];

		if (c == '"' || c == '\\') {
			put_char(text, '\\');
			put_char(text, (char)c);
		} else if (c == '\n') {
			put(text, "\\n", 2);
		} else if (c < ' ' || c == 0x7f) {
			const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

			put(text, escape, sizeof(escape));
		} else {
			put_char(text, (char)c);
		}
	}
	put_char(text, '"');
}

static void put_number(struct text *text, unsigned char c)
{
	if (c >= 100)
		put_char(text, (char)('0' + c / 100));
	if (c >= 10)
		put_char(text, (char)('0' + c / 10 % 10));
	put_char(text, (char)('0' + c % 10));
}

static bool is_text(struct bytes bytes)
{
	return bytes_is_utf8(bytes) && (bytes.len == 0 || !memchr(bytes.data, '\0', bytes.len));
}

static void put_value(struct text *text, struct bytes value)
{
	const unsigned char *at = value.data;

	if (!value.data) {
		put(text, "null", 4);
		return;
	}
	if (is_text(value)) {
		put_string(text, value);
		return;
	}
	put_char(text, '[');
	for (size_t i = 0; i < value.len; i++) {
		if (i > 0)
			put_char(text, ',');
		put_number(text, at[i]);
	}
	put_char(text, ']');
}

static void put_name(struct text *text, struct bytes name)
{
	if (text->len > 1) /* behind the brace that opens it */
		put_char(text, ',');
	put_string(text, name);
	put_char(text, ':');
}

/* How many fields of this name there are from the first one on. */
static size_t run_of(const struct journal_field *fields, size_t count)
{
	size_t same = 1;

	while (same < count && bytes_equal(fields[same].name, fields[0].name))
		same++;
	return same;
}

static void put_fields(struct text *text, const struct journal_field *fields, size_t count)
{
	for (size_t i = 0, same; i < count; i += same) {
		same = run_of(fields + i, count - i);
		put_name(text, fields[i].name);
		if (same > 1)
			put_char(text, '[');
		for (size_t j = 0; j < same; j++) {
			if (j > 0)
				put_char(text, ',');
			put_value(text, fields[i + j].value);
		}
		if (same > 1)
			put_char(text, ']');
	}
}

static void put_cut(struct text *text, const struct journal_field *fields, size_t count)
{
	bool is_first = true;

	for (size_t i = 0, same; i < count; i += same) {
		bool cut = false;

		same = run_of(fields + i, count - i);
		for (size_t j = 0; j < same; j++)
			cut = cut || !fields[i + j].value.data;
		if (!cut)
			continue;
		if (is_first) {
			put_name(text, bytes_str(CUT_NAME));
			put_char(text, '[');
		} else {
			put_char(text, ',');
		}
		is_first = false;
		put_string(text, fields[i].name);
	}
	if (!is_first)
		put_char(text, ']');
}

/* How long the value is as JSON. */
static size_t json_len(struct bytes value)
{
	const unsigned char *at = value.data;
	size_t len = 2;

	if (!value.data)
		return 4;
	if (!is_text(value)) {
		for (size_t i = 0; i < value.len; i++)
			len += at[i] >= 100 ? 4U : at[i] >= 10 ? 3U : 2U;
		return len;
	}
	for (size_t i = 0; i < value.len; i++) {
		if (at[i] == '"' || at[i] == '\\' || at[i] == '\n')
			len += 2;
		else
			len += at[i] < ' ' || at[i] == 0x7f ? 6U : 1U;
	}
	return len;
}

void journal_record_make(struct journal_field *fields, size_t count, int64_t realtime_us,
			 struct arena *arena, struct record *ret)
{
	struct text text = {.size = sizeof("{}") + sizeof(CUT_NAME) + sizeof(",\"\":[]")};
	struct bytes key = BYTES_NULL;
	size_t taken = 0;

	must(count == 0 || fields != NULL);
	if (count > 1)
		qsort(fields, count, sizeof(*fields), compare_fields);
	for (size_t i = 0; i < count; i++) {
		struct journal_field *field = &fields[i];

		if (field->value.len > JOURNAL_FIELD_BYTES_MAX ||
		    taken + json_len(field->value) > JOURNAL_ENTRY_BYTES_MAX)
			field->value = BYTES_NULL;
		taken += json_len(field->value);
		if (bytes_equal(field->name, bytes_str("_SYSTEMD_UNIT")))
			key = field->value;
		/* The name comes once more if the field is cut. */
		text.size += json_len(field->value) + 2 * json_len(field->name) + 8;
	}
	text.data = arena_alloc(arena, text.size);
	put_char(&text, '{');
	put_fields(&text, fields, count);
	put_cut(&text, fields, count);
	put_char(&text, '}');
	*ret = (struct record){
		.key = key,
		.value = bytes_of(text.data, text.len),
		.timestamp = realtime_us / 1000,
	};
}
