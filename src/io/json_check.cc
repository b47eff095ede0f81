/*
 * json_check: see json_check.h. simdjson parses into its DOM, which has neither the spelling nor
 * the position of a number; both are found by counting tokens in the text, only where they are
 * needed. simdjson's one NUMBER_ERROR says "malformed" as well as "an integer beyond 64 bits" and
 * "beyond a double": the grammar of each number token tells these apart.
 */
#include "io/json_check.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#define SIMDJSON_EXCEPTIONS 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <simdjson.h>
#pragma GCC diagnostic pop

extern "C" {
#include "base/must.h"
}

namespace dom = simdjson::dom;

namespace
{

/* Up to here every integer is a double and the shortest text of that double is the integer. */
constexpr int64_t exact_max = (int64_t)1 << 53;
/* Above this number of keys sorting is cheaper than comparing each with each. */
constexpr size_t pairwise_max = 16;
/* simdjson's own integers end at 64 bits; one digit less is always inside. */
constexpr size_t safe_digits = 18;

/* Walks the tokens of a text in which simdjson has found the strings to be well-formed (or which is
 * about to be refused): never reads beyond the end. */
struct tokens {
	const char *text;
	size_t len;
	size_t pos = 0;
	size_t numbers = 0; /* tokens passed so far */
	size_t strings = 0;
	bool is_number = false;
	size_t start = 0; /* of the token found last */

	tokens(const char *text_, size_t len_) : text(text_), len(len_)
	{
	}

	/* The next string or number. */
	bool next()
	{
		while (pos < len) {
			char c = text[pos];

			start = pos;
			if (c == '"') {
				skip_string();
				strings++;
				is_number = false;
				return true;
			}
			if (c == '-' || (c >= '0' && c <= '9')) {
				while (pos < len && is_number_char(text[pos]))
					pos++;
				numbers++;
				is_number = true;
				return true;
			}
			pos++;
		}
		return false;
	}

	/* The token that is the nth number, counted from 0; not before those found already. */
	void seek_number(size_t nth)
	{
		while (numbers <= nth)
			must(next());
	}

	std::string_view token() const
	{
		return std::string_view(text + start, pos - start);
	}

      private:
	static bool is_number_char(char c)
	{
		return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
		       c == 'E';
	}

	void skip_string()
	{
		for (pos++; pos < len && text[pos] != '"'; pos++)
			if (text[pos] == '\\')
				pos++;
		pos = std::min(pos + 1, len);
	}
};

/* RFC 8259's number: -? (0|[1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)? */
bool is_number_well_formed(std::string_view token)
{
	size_t i = 0;
	auto digits = [&]() {
		size_t before = i;

		while (i < token.size() && token[i] >= '0' && token[i] <= '9')
			i++;
		return i - before;
	};

	if (i < token.size() && token[i] == '-')
		i++;
	if (i < token.size() && token[i] == '0')
		i++;
	else if (digits() == 0)
		return false;
	if (i < token.size() && token[i] == '.') {
		i++;
		if (digits() == 0)
			return false;
	}
	if (i < token.size() && (token[i] == 'e' || token[i] == 'E')) {
		i++;
		if (i < token.size() && (token[i] == '+' || token[i] == '-'))
			i++;
		if (digits() == 0)
			return false;
	}
	return i == token.size();
}

bool is_long_integer(std::string_view token)
{
	return token.size() > safe_digits && token.find_first_of(".eE") == std::string_view::npos;
}

} /* namespace */

struct json_checker {
	dom::parser parser;
	std::vector<char> padded; /* the document with simdjson's padding behind it */
	std::vector<std::string_view> keys;
};

namespace
{

struct walk {
	struct json_checker *checker;
	const char *text;
	size_t len;
	const struct json_sink *sink;
	void *ctx;
	struct err *err;
	size_t numbers = 0; /* met so far, in the document's order */
	size_t strings = 0; /* likewise, keys included */
	tokens cursor;

	walk(struct json_checker *checker_, struct bytes bytes, const struct json_sink *sink_,
	     void *ctx_, struct err *err_)
	    : checker(checker_), text(static_cast<const char *>(bytes.data)), len(bytes.len),
	      sink(sink_), ctx(ctx_), err(err_), cursor(text, bytes.len)
	{
	}

	int fail(enum json_fault fault, size_t pos, const char *what)
	{
		return err_set(err, ERR_DATA, fault, "value: byte %zu: %s", pos, what);
	}

	int number(double value, bool exact)
	{
		size_t nth = numbers++;

		/* The tape forgets the sign of an integer -0. */
		if (exact && (value != 0 || !has_minus_zero())) {
			must(sink->number(ctx, value, nullptr, 0));
			return 0;
		}
		cursor.seek_number(nth);
		std::string_view token = cursor.token();
		if (exact) {
			must(sink->number(ctx, token[0] == '-' ? -0.0 : 0.0, nullptr, 0));
			return 0;
		}
		if (sink->number(ctx, value, token.data(), token.size()))
			return 0;
		return fail(JSON_NUMBER, cursor.start,
			    "a number that cannot be held without changing its value");
	}

	int minus_zero = -1; /* -1: not looked for yet */
	bool has_minus_zero()
	{
		if (minus_zero < 0)
			minus_zero =
				std::string_view(text, len).find("-0") != std::string_view::npos;
		return minus_zero == 1;
	}

	/* Are all keys of the object different? The keys' places are counted from strings_before.
	 */
	int unique(const dom::object &object)
	{
		std::vector<std::string_view> &keys = checker->keys;

		keys.clear();
		for (dom::key_value_pair field : object)
			keys.push_back(field.key);
		if (keys.size() <= pairwise_max) {
			for (size_t i = 1; i < keys.size(); i++)
				for (size_t j = 0; j < i; j++)
					if (keys[i] == keys[j])
						return duplicate();
			return 0;
		}
		std::sort(keys.begin(), keys.end());
		if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
			return duplicate();
		return 0;
	}

	/* Names the place of the object: the string that comes next in the text is its first key.
	 */
	int duplicate()
	{
		tokens from_start(text, len);

		while (from_start.strings <= strings)
			must(from_start.next());
		return fail(JSON_DUPLICATE_KEY, from_start.start,
			    "the object whose first key is here has the same key twice");
	}

	int object(const dom::object &object_, unsigned depth)
	{
		if (unique(object_))
			return -1;
		sink->begin(ctx, true);
		for (dom::key_value_pair field : object_) {
			strings++;
			sink->key(ctx, field.key.data(), field.key.size());
			if (element(field.value, depth))
				return -1;
		}
		sink->end(ctx);
		return 0;
	}

	int array(const dom::array &array_, unsigned depth)
	{
		sink->begin(ctx, false);
		for (dom::element item : array_)
			if (element(item, depth))
				return -1;
		sink->end(ctx);
		return 0;
	}

	/* Recursion: at most JSON_DEPTH_MAX deep. */
	int element(const dom::element &item, unsigned depth)
	{
		switch (item.type()) {
		case dom::element_type::NULL_VALUE:
			sink->null(ctx);
			return 0;
		case dom::element_type::BOOL:
			sink->boolean(ctx, item.get_bool().value_unsafe());
			return 0;
		case dom::element_type::INT64: {
			int64_t value = item.get_int64().value_unsafe();

			return number((double)value, value >= -exact_max && value <= exact_max);
		}
		case dom::element_type::UINT64:
			return number((double)item.get_uint64().value_unsafe(), false);
		case dom::element_type::DOUBLE:
			return number(item.get_double().value_unsafe(), false);
		case dom::element_type::STRING: {
			std::string_view value = item.get_string().value_unsafe();

			strings++;
			sink->string(ctx, value.data(), value.size());
			return 0;
		}
		case dom::element_type::ARRAY:
		case dom::element_type::OBJECT:
			break;
		}
		if (depth == JSON_DEPTH_MAX)
			return err_set(err, ERR_DATA, JSON_TOO_DEEP, "value: nested deeper than %d",
				       JSON_DEPTH_MAX);
		if (item.type() == dom::element_type::ARRAY)
			return array(item.get_array().value_unsafe(), depth + 1);
		return object(item.get_object().value_unsafe(), depth + 1);
	}
};

/* Copies the text, each long integer written as a decimal (".0" behind it) when `decimals`, so that
 * simdjson takes it for a double. */
simdjson::error_code parse(struct json_checker *checker, const char *text, size_t len,
			   bool decimals, dom::element *ret)
{
	std::vector<char> &padded = checker->padded;

	if (!decimals) {
		padded.assign(text, text + len);
	} else {
		tokens all(text, len);
		size_t copied = 0;

		padded.clear();
		while (all.next()) {
			padded.insert(padded.end(), text + copied, text + all.pos);
			copied = all.pos;
			if (all.is_number && is_long_integer(all.token()))
				padded.insert(padded.end(), {'.', '0'});
		}
		padded.insert(padded.end(), text + copied, text + len);
	}
	size_t size = padded.size();
	padded.resize(size + simdjson::SIMDJSON_PADDING, ' ');
	return checker->parser.parse(padded.data(), size, false).get(*ret);
}

/* The text has a number that simdjson refuses. Is one malformed? Else is one beyond a double? */
int explain_number(walk &at, bool decimals)
{
	tokens all(at.text, at.len);

	while (all.next()) {
		if (!all.is_number)
			continue;
		std::string token(all.token());
		if (!is_number_well_formed(token))
			return at.fail(JSON_BAD_FORM, all.start, "not a JSON number");
		if (decimals && std::isinf(std::strtod(token.c_str(), nullptr)))
			return at.fail(JSON_NUMBER, all.start,
				       "a number beyond what the engine can hold");
	}
	return decimals ? err_set(at.err, ERR_DATA, JSON_BAD_FORM, "value: a bad number") : 0;
}

int refuse(walk &at, simdjson::error_code code)
{
	if (code == simdjson::DEPTH_ERROR)
		return err_set(at.err, ERR_DATA, JSON_TOO_DEEP, "value: nested deeper than %d",
			       JSON_DEPTH_MAX);
	if (code == simdjson::UTF8_ERROR || !bytes_is_utf8(bytes_of(at.text, at.len)))
		return err_set(at.err, ERR_DATA, JSON_BAD_UTF8, "value: not UTF-8");
	if (code == simdjson::MEMALLOC || code == simdjson::CAPACITY)
		return err_set(at.err, ERR_STOP, EXIT_INTERNAL,
			       "value: no memory to parse %zu bytes", at.len);
	if (code == simdjson::EMPTY)
		return err_set(at.err, ERR_DATA, JSON_BAD_FORM, "value: empty, not JSON");
	/* simdjson's words for its codes hold nothing of the document. */
	return err_set(at.err, ERR_DATA, JSON_BAD_FORM, "value: not JSON (RFC 8259): %s",
		       simdjson::error_message(code));
}

} /* namespace */

extern "C" struct json_checker *json_check_new(void)
{
	struct json_checker *checker = new (std::nothrow) json_checker;

	must(checker != nullptr);
	return checker;
}

extern "C" void json_check_free(struct json_checker *checker)
{
	delete checker;
}

extern "C" int json_check_read(struct json_checker *checker, struct bytes text,
			       const struct json_sink *sink, void *ctx, struct err *err)
{
	walk at(checker, text, sink, ctx, err);
	dom::element root;
	simdjson::error_code code;

	must(text.data != nullptr);
	code = parse(checker, at.text, at.len, false, &root);
	if (code == simdjson::NUMBER_ERROR) {
		if (explain_number(at, false))
			return -1;
		code = parse(checker, at.text, at.len, true, &root);
		if (code == simdjson::NUMBER_ERROR)
			return explain_number(at, true);
	}
	if (code != simdjson::SUCCESS)
		return refuse(at, code);
	return at.element(root, 0);
}
