/* pulse: see pulse.h. */
#include "run/pulse.h"

void pulse_init(struct pulse *pulse, int64_t now_ms)
{
	pulse->turns = 0;
	pulse->moved_ms = now_ms;
	pulse->looked_ms = now_ms;
}

int64_t pulse_still_ms(struct pulse *pulse, uint64_t turns, int64_t now_ms)
{
	int64_t since_ms = now_ms - pulse->looked_ms;

	if (since_ms > PULSE_LOOK_MAX_MS)
		pulse->moved_ms += since_ms - PULSE_LOOK_MAX_MS;
	pulse->looked_ms = now_ms;
	if (pulse->turns != turns) {
		pulse->turns = turns;
		pulse->moved_ms = now_ms;
	}
	return now_ms - pulse->moved_ms;
}
