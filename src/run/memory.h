/*
 * memory: how `memory:` is divided. At the start all workers of all pipelines get the same share of
 * three quarters of it; the last quarter is kept back for the workers that a reload adds, as the
 * share of a worker that runs cannot be made smaller (librdkafka's queues are fixed at their
 * opening). Where three quarters would be less than MEMORY_WORKER_MIN a worker, nothing is kept
 * back. A share is cut in fixed parts of sixteen:
 *
 *   6  the consumer's queue: what librdkafka has fetched ahead. The largest part, as it decides the
 *      throughput (a full queue makes librdkafka pause the partition)
 *   4  the producer's queue: outputs that are not acknowledged yet
 *   2  the batch: the arena and the records that it holds back
 *   4  the overlay, active and frozen together: what a checkpoint has not written yet
 *
 * Not in it: libjq's heap and LMDB's mapped pages. Pure; the sum of all parts of all workers never
 * exceeds `memory:`.
 */
#ifndef ONCED_RUN_MEMORY_H
#define ONCED_RUN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The least share of a worker: with less, the batch could not hold a few records of Kafka's default
 * message.max.bytes (1 MB). */
#define MEMORY_WORKER_MIN ((int64_t)16 << 20)

struct memory_share {
	size_t consumer_queue_bytes;
	size_t producer_queue_bytes;
	size_t batch_bytes;
	size_t overlay_bytes;
};

/* What one worker may take. */
int64_t memory_share_bytes(const struct memory_share *share);

/* STOP (78) when a worker's share would be below MEMORY_WORKER_MIN; the message names the minimum.
 * workers: of all pipelines, >= 1. */
int memory_split(int64_t memory_bytes, int64_t workers, struct memory_share *ret,
		 struct err *err) CHECKED;

/* A reload: `kept` workers go on with kept_bytes in all, `added` ones get a share each. It is never
 * more than memory_split would give, and half of what is left as long as that is enough, so that
 * the next reload finds something too. *ret_anew: too little is left, so that every pipeline must
 * begin anew with the share in *ret. With added 0, *ret is what memory_split says. STOP (78) as
 * memory_split. */
int memory_join(int64_t memory_bytes, int64_t kept_bytes, int64_t kept, int64_t added,
		struct memory_share *ret, bool *ret_anew, struct err *err) CHECKED;

#endif
