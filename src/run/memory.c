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

static void cut(int64_t bytes, struct memory_share *ret)
{
	int64_t part = bytes / PARTS;

	must(bytes >= MEMORY_WORKER_MIN);
	ret->consumer_queue_bytes = (size_t)part * CONSUMER_PARTS;
	ret->producer_queue_bytes = (size_t)part * PRODUCER_PARTS;
	ret->batch_bytes = (size_t)part * BATCH_PARTS;
	ret->overlay_bytes = (size_t)part * OVERLAY_PARTS;
}

int64_t memory_share_bytes(const struct memory_share *share)
{
	return (int64_t)(share->consumer_queue_bytes + share->producer_queue_bytes +
			 share->batch_bytes + share->overlay_bytes);
}

static int64_t fair_bytes(int64_t memory_bytes, int64_t workers)
{
	int64_t bytes = memory_bytes / 4 * 3 / workers;

	return bytes < MEMORY_WORKER_MIN ? MEMORY_WORKER_MIN : bytes;
}

int memory_split(int64_t memory_bytes, int64_t workers, struct memory_share *ret, struct err *err)
{
	must(workers >= 1);
	if (memory_bytes / workers < MEMORY_WORKER_MIN)
		return err_set(err, ERR_STOP, EXIT_CONFIG,
			       "memory: %" PRId64 " MiB is too little for %" PRId64
			       " workers (all pipelines together): give it at least %" PRId64
			       "M, or lower `workers:`",
			       memory_bytes >> 20, workers, (MEMORY_WORKER_MIN >> 20) * workers);
	cut(fair_bytes(memory_bytes, workers), ret);
	return 0;
}

int memory_join(int64_t memory_bytes, int64_t kept_bytes, int64_t kept, int64_t added,
		struct memory_share *ret, bool *ret_anew, struct err *err)
{
	int64_t left = memory_bytes - kept_bytes;
	struct memory_share fair;
	int64_t bytes;

	must(kept >= 0 && added >= 0 && kept_bytes >= 0);
	if (memory_split(memory_bytes, kept + added, &fair, err) < 0)
		return -1;
	*ret = fair;
	*ret_anew = left < added * MEMORY_WORKER_MIN;
	if (added == 0 || kept == 0 || *ret_anew)
		return 0;
	bytes = left / 2 / added;
	if (bytes < MEMORY_WORKER_MIN)
		bytes = MEMORY_WORKER_MIN;
	if (bytes < memory_share_bytes(&fair))
		cut(bytes, ret);
	return 0;
}
