/* verify_progress: see verify_progress.h. */
#include "cli/verify_progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "io/clock_ms.h"

#define LOOK_EVERY 1024 /* records between two looks at the clock */
#define SAY_EVERY_MS 500
#define TEXT_MAX 120
#define SECONDS_SHOWN_MAX 359999 /* 99:59:59 */

void verify_progress_begin(struct verify_progress *progress, const char *what, uint64_t total)
{
	progress->what = what;
	progress->total = total;
	progress->done = 0;
	progress->began_ms = progress->said_ms = clock_ms(CLOCK_MONOTONIC);
}

void verify_progress_text(const struct verify_progress *progress, int64_t elapsed_ms, char *text,
			  size_t size)
{
	uint64_t done = progress->done < progress->total ? progress->done : progress->total;
	double rate = elapsed_ms > 0 ? (double)progress->done * 1000 / (double)elapsed_ms : 0;
	double left_s = rate > 0 ? (double)(progress->total - done) / rate : SECONDS_SHOWN_MAX;
	int seconds = left_s < SECONDS_SHOWN_MAX ? (int)left_s : SECONDS_SHOWN_MAX;

	(void)snprintf(text, size,
		       "%s: %" PRIu64 "%%, %" PRIu64 " records, %.0f records/s, %d:%02d:%02d left",
		       progress->what, progress->total ? done * 100 / progress->total : 100,
		       progress->done, rate, seconds / 3600, seconds / 60 % 60, seconds % 60);
}

void verify_progress_step(struct verify_progress *progress)
{
	char text[TEXT_MAX];
	int64_t now_ms;

	if (++progress->done % LOOK_EVERY != 0 || !progress->shown)
		return;
	now_ms = clock_ms(CLOCK_MONOTONIC);
	if (now_ms - progress->said_ms < SAY_EVERY_MS)
		return;
	progress->said_ms = now_ms;
	verify_progress_text(progress, now_ms - progress->began_ms, text, sizeof(text));
	(void)fprintf(stderr, "\r\033[K%s", text);
}

void verify_progress_end(struct verify_progress *progress)
{
	if (progress->shown)
		(void)fputs("\r\033[K", stderr);
}
