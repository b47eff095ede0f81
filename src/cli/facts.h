/*
 * facts: where every partition of a pipeline's inputs stands: what the broker has committed, the
 * log's ends, and, if the state can be opened, the local checkpoint; in the form that
 * core/recover judges, so that a command says what the daemon would do.
 *
 * Thread: main. Blocks: until the ask's deadline.
 */
#ifndef ONCED_CLI_FACTS_H
#define ONCED_CLI_FACTS_H

#include "cli/ask.h"
#include "core/pipeline.h"
#include "core/recover.h"
#include "port/broker.h"
#include "port/store.h"

struct facts_part {
	struct tp tp;
	bool is_added; /* no C, but the topic was processed when it had fewer partitions */
	struct recover_in in;
};

struct facts {
	struct facts_part *parts; /* owned; by topic as in the pipeline, then by partition */
	size_t count;
};

/* store: NULL = the local state is not looked at. Fills *ret (facts_fini) or nothing. */
int facts_read(struct broker *broker, struct store *store, const struct pipeline *pipeline,
	       const struct ask *ask, struct facts *ret, struct err *err) CHECKED;
void facts_fini(struct facts *facts);

#endif
