/*
 * kafka_taint: watches what the producer really sends. librdkafka resends EndTxn and
 * TxnOffsetCommit by itself; a late copy of one acts on the *next* transaction of the same producer
 * epoch (outputs vanish whose offsets are committed). So: one of them sent more than once in a
 * transaction, or any request of the transaction cut off or timed out, and the producer may not
 * begin another one. librdkafka's log is no witness: it falls silent on repeats.
 *
 * The interceptors run on librdkafka's broker threads: they touch these atomics and nothing else.
 * The struct must outlive the client it watches. Nothing blocks.
 */
#ifndef ONCED_IO_KAFKA_TAINT_H
#define ONCED_IO_KAFKA_TAINT_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

struct kafka_taint {
	_Atomic unsigned int end_txn;       /* EndTxn requests sent in this transaction */
	_Atomic unsigned int offset_commit; /* TxnOffsetCommit requests */
	_Atomic bool tainted;               /* sticks until the next client */
};

/* Adds the interceptors to a conf; taint is clean again. STOP (70) if librdkafka refuses. */
int kafka_taint_watch(struct kafka_taint *taint, rd_kafka_conf_t *conf, struct err *err) CHECKED;

/* A transaction begins: counts from zero; the taint stays. */
void kafka_taint_begin(struct kafka_taint *taint);

/* A transactional call failed. */
void kafka_taint_mark(struct kafka_taint *taint);

bool kafka_taint_is(const struct kafka_taint *taint);

/* Has this transaction's EndTxn left the process? Then an abort can no longer be promised. */
bool kafka_taint_ended(const struct kafka_taint *taint);

#endif
