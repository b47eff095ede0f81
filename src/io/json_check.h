/*
 * json_check: the gate before the expression engine, which alone would take `nan`, `01`, broken
 * UTF-8 and the last of two equal keys. Strictly RFC 8259: UTF-8, no duplicate keys (compared
 * decoded), at most JSON_DEPTH_MAX deep. What passed is handed to a sink, so that the engine works
 * on exactly what was checked and no second parser can read it otherwise.
 *
 * On simdjson's DOM; the only C++ of the project is behind this interface.
 *
 * Thread: one checker belongs to one thread. Blocks: no.
 */
#ifndef ONCED_IO_JSON_CHECK_H
#define ONCED_IO_JSON_CHECK_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/bytes.h"
#include "base/err.h"

#define JSON_DEPTH_MAX 256

/* err.code of a DATA error. */
enum json_fault {
	JSON_BAD_FORM = 1,  /* not RFC 8259 */
	JSON_BAD_UTF8,      /* the text is not UTF-8 */
	JSON_DUPLICATE_KEY, /* an object names a key twice */
	JSON_TOO_DEEP,      /* nested deeper than JSON_DEPTH_MAX */
	JSON_NUMBER,        /* well-formed, but the engine cannot hold its value */
};

/* Told of the document in order. text is borrowed for the call and not NUL-terminated. After an
 * error nothing more is called: the sink frees what it has built. */
struct json_sink {
	void (*null)(void *ctx);
	void (*boolean)(void *ctx, bool value);
	/* text: as the document spells it; NULL for an integer that a double holds exactly. Returns
	 * false to refuse it: its value would be lost. */
	bool (*number)(void *ctx, double value, const char *text, size_t len);
	void (*string)(void *ctx, const char *text, size_t len);
	void (*begin)(void *ctx, bool is_object);
	void (*key)(void *ctx, const char *text, size_t len);
	void (*end)(void *ctx);
};

struct json_checker;

struct json_checker *json_check_new(void);
void json_check_free(struct json_checker *checker); /* NULL is fine */

/* Checks one document (text.data is not NULL) and hands it to the sink. DATA with an enum
 * json_fault; the message tells the position where it is known, never the content. */
int json_check_read(struct json_checker *checker, struct bytes text, const struct json_sink *sink,
		    void *ctx, struct err *err) CHECKED;

#ifdef __cplusplus
}
#endif

#endif
