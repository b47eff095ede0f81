/*
 * naive: the worker that most code in the field is: look the id up, process, mark it as processed,
 * commit; offsets outside of the output's transaction. It runs on the same fakes as the real one,
 * to show that the oracle finds its losses and repeats.
 */
#ifndef ONCED_TESTS_NAIVE_H
#define ONCED_TESTS_NAIVE_H

#include "lib/sim.h"

struct naive;

/* marks: the state on disk, which outlives the process. */
struct naive *naive_new(struct sim *sim, struct broker *broker, struct overlay *marks);
void naive_free(struct naive *naive);
/* 0; -1: the process is dead. */
int naive_turn(struct naive *naive);

#endif
