/*
 * memory: how `memory:` is divided. All workers of all pipelines get the same share, and each
 * share is cut in fixed parts of sixteen:
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

/* STOP (78) when a worker's share would be below MEMORY_WORKER_MIN; the message names the minimum.
 * workers: of all pipelines, >= 1. */
int memory_split(int64_t memory_bytes, int64_t workers, struct memory_share *ret,
	struct err *err) CHECKED;

#endif
