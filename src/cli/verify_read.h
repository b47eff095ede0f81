/*
 * verify_read: the broker's side of `onced verify`, exact while the daemon runs by the order of its
 * questions:
 *
 *   1. C of every input partition, stable. All outputs of what lies below C were acknowledged
 *      before C was committed;
 *   2. so they lie below the outputs' ends, which are asked for now, and are high watermarks;
 *   3. the outputs up to those ends, read_committed: this waits until every transaction that has
 *      something below them is over;
 *   4. C again, stable. Offsets and outputs of a transaction become visible as one, so whatever
 *      was read in 3 comes from below this second C;
 *   5. the input, up to the second C. What lies below the first C must have been found, what lies
 *      between the two may have been, and nothing else.
 *
 * Thread: main. Blocks: facts until the ask's deadline, reading as long as it takes. Errors: STOP
 * 69 at the deadline, or when reading gets nowhere; ABORT: records were deleted before they could
 * be read: begin again.
 */
#ifndef ONCED_CLI_VERIFY_READ_H
#define ONCED_CLI_VERIFY_READ_H

#include "cli/ask.h"
#include "cli/verify_parts.h"
#include "port/broker.h"

/* Both borrowed. */
struct verify_source {
	struct kafka_topic *topics;
	struct broker *journal; /* the input, where it is a journal; else NULL */
};

/* Steps 1 and 2. Fills *parts, which the caller has zeroed and frees. */
int verify_read_begin(const struct verify_source *source, const struct pipeline *pipeline,
		      const struct ask *ask, struct verify_parts *parts, struct verify_notes *notes,
		      struct err *err) CHECKED;

/* Step 3: what there is goes to fn. */
int verify_read_outputs(const struct verify_source *source, const struct verify_parts *parts,
			kafka_topic_fn *fn, void *arg, struct err *err) CHECKED;

/* Step 4: where the input begins and ends, and what of it can be judged. */
int verify_read_end(const struct verify_source *source, const struct pipeline *pipeline,
		    const struct ask *ask, struct verify_parts *parts, struct verify_notes *notes,
		    struct err *err) CHECKED;

/* Step 5, as often as the model wants it. */
int verify_read_inputs(const struct verify_source *source, const struct verify_parts *parts,
		       kafka_topic_fn *fn, void *arg, struct err *err) CHECKED;

#endif
