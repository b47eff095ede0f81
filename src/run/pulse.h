/*
 * pulse: is a worker still moving? It looks at the turns counter and remembers when that last
 * moved. Some calls of librdkafka never return after a broker's death, in spite of their timeout
 * (its issue 5511): then only the end of the process helps, and a restart recovers.
 *
 * Pure; thread: main.
 */
#ifndef ONCED_RUN_PULSE_H
#define ONCED_RUN_PULSE_H

#include <stdbool.h>
#include <stdint.h>

/* From here on the service manager's watchdog gets no ping. */
#define PULSE_SLOW_MS 30000
/* From here on the process ends itself. Longer than every legitimate wait in one turn: a few broker
 * calls of at most call_ms_max and the wait for a local write. */
#define PULSE_HANG_MS 60000

/* So much of the time between two looks counts. Each tick looks; when none came for longer, the
 * whole process was stopped (SIGSTOP, a paused machine), and no worker could have moved. */
#define PULSE_LOOK_MAX_MS 5000

struct pulse {
	uint64_t turns;
	int64_t moved_ms; /* when turns last changed, later by what does not count */
	int64_t looked_ms;
};

void pulse_init(struct pulse *pulse, int64_t now_ms);

/* For how long has the counter not moved, while the process ran? */
int64_t pulse_still_ms(struct pulse *pulse, uint64_t turns, int64_t now_ms);

#endif
