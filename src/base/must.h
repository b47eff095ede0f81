/*
 * must: assertions that stay on. A broken invariant ends the process: that is safe here, the open
 * transaction is fenced or times out, and the restart recovers from Kafka's committed offset.
 */
#ifndef ONCED_BASE_MUST_H
#define ONCED_BASE_MUST_H

#define must(expr) ((expr) ? (void)0 : must_fail(#expr, __FILE__, __LINE__, __func__))

/* Prints the expression and its place to stderr and aborts. */
void must_fail(const char *expr, const char *file, int line, const char *func)
	__attribute__((noreturn, cold));

#endif
