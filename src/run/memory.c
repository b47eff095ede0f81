/* memory: see memory.h. */
#include "run/memory.h"

#include <inttypes.h>

#include "base/must.h"

#define PARTS 16
#define CONSUMER_PARTS 6
#define PRODUCER_PARTS 4
#define BATCH_PARTS 2
#define OVERLAY_PARTS 4

_Static_assert(CONSUMER_PARTS + PRODUCER_PARTS + BATCH_PARTS + OVERLAY_PARTS == PARTS,
	"the parts are the whole");

int memory_split(int64_t memory_bytes, int64_t workers, struct memory_share *ret, struct err *err)
{
	int64_t part;

	must(workers >= 1);
	if (memory_bytes / workers < MEMORY_WORKER_MIN)
		return err_set(err, ERR_STOP, EXIT_CONFIG,
			"memory: %" PRId64 " MiB is too little for %" PRId64
			" workers (all pipelines together): give it at least %" PRId64
			"M, or lower `workers:`",
			memory_bytes >> 20, workers, (MEMORY_WORKER_MIN >> 20) * workers);
	part = memory_bytes / workers / PARTS;
	ret->consumer_queue_bytes = (size_t)part * CONSUMER_PARTS;
	ret->producer_queue_bytes = (size_t)part * PRODUCER_PARTS;
	ret->batch_bytes = (size_t)part * BATCH_PARTS;
	ret->overlay_bytes = (size_t)part * OVERLAY_PARTS;
	return 0;
}
