/*
 * reload: from a request (SIGHUP, `onced reload`, `onced check --running`) to its answer:
 *
 *   IDLE --asked--> LOADING --right--> SWAPPING --drained, started--> STARTING --> IDLE
 *                      |
 *                      +-- wrong, or only asked what would happen --> IDLE
 *
 * Requests that come while one is under way wait and are answered together by the next one: each is
 * answered by files that were read after it was made, and none is dropped. Whatever is wrong, the
 * old set goes on. The swap itself is run_set's.
 *
 * STARTING waits until the pipelines are ready, parked, or RELOAD_READY_MS have passed, so that the
 * answer can say which of them do not get on; the swap is done then, whatever it says.
 *
 * Thread: main. Blocks: no.
 */
#ifndef ONCED_RUN_RELOAD_H
#define ONCED_RUN_RELOAD_H

#include "config/config.h"
#include "run/run_set.h"

#define RELOAD_READY_MS 10000
/* For so long STATUS says that a reload went well; that one did not, until the next. */
#define RELOAD_NOTE_MS 60000

struct reload;

/* Listens in the state directory; if that cannot be, it is logged, and SIGHUP is left. files: as at
 * the start, borrowed; set: borrowed. */
struct reload *reload_new(const struct config_request *files, const char *state_dir,
			  struct run_set *set);

/* NULL is fine. Not while reload_is_loading: nothing ends that thread. */
void reload_free(struct reload *reload);
bool reload_is_loading(const struct reload *reload);

/* SIGHUP. */
void reload_ask(struct reload *reload);

/* After run_set_tick. ready: the service manager knows that we are. */
void reload_tick(struct reload *reload, int64_t now_ms, bool ready);

/* From now on every request is refused. */
void reload_stop(struct reload *reload);

/* What STATUS adds, one line; "" = nothing. */
const char *reload_note(const struct reload *reload);

#endif
