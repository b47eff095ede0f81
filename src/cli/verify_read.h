/*
 * verify_read: the broker's side of `onced verify`: the bounds of one pass, then both passes.
 *
 * The order of questions makes it exact while the daemon runs: first C, then the outputs' ends,
 * then C again. What lies below the first C must be below the ends; whatever lies below the ends
 * comes from below the second C.
 */
#ifndef ONCED_CLI_VERIFY_READ_H
#define ONCED_CLI_VERIFY_READ_H

#include "cli/ask.h"
#include "cli/verify_model.h"
#include "io/kafka_topic.h"

#define VERIFY_NOTES_MAX 64

/* What could not be checked, one sentence each. */
struct verify_notes {
	char *lines[VERIFY_NOTES_MAX]; /* owned */
	size_t count;
	size_t more; /* that did not fit */
};

void verify_notes_add(struct verify_notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void verify_notes_fini(struct verify_notes *notes);

struct verify_bounds {
	struct verify_part *parts; /* owned: the inputs */
	size_t part_count;
	struct kafka_topic_span *outputs; /* owned */
	size_t output_count;
};

/* Fills *ret (verify_bounds_fini) and the notes. STOP 69 at the deadline. */
int verify_read_bounds(struct kafka_topic *reader, const struct pipeline *pipeline,
		       const struct ask *ask, struct verify_bounds *ret, struct verify_notes *notes,
		       struct err *err) CHECKED;
void verify_bounds_fini(struct verify_bounds *bounds);

/* Have the outputs' ends moved since? */
int verify_read_moved(struct kafka_topic *reader, const struct verify_bounds *bounds,
		      const struct ask *ask, bool *ret, struct err *err) CHECKED;

/* The inputs through the model; the outputs into the list. */
int verify_read_inputs(struct kafka_topic *reader, const struct verify_bounds *bounds,
		       struct verify_model *model, struct err *err) CHECKED;
int verify_read_outputs(struct kafka_topic *reader, const struct pipeline *pipeline,
			const struct verify_bounds *bounds, struct verify_list *found,
			struct err *err) CHECKED;

#endif
