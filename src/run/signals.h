/*
 * signals: SIGTERM, SIGINT and SIGHUP as events that main waits for; no handler runs anywhere. All
 * three are blocked in the calling thread, and so in every thread that it starts afterwards
 * (librdkafka's, LMDB's checkpointer, the workers). SIGPIPE is ignored: a closed pipe is an error
 * of the write, not our end.
 */
#ifndef ONCED_RUN_SIGNALS_H
#define ONCED_RUN_SIGNALS_H

enum signal_event {
	SIGNAL_NONE,   /* the timeout passed */
	SIGNAL_STOP,   /* SIGTERM, SIGINT */
	SIGNAL_RELOAD, /* SIGHUP */
};

/* Before the first thread. Thread: main. */
void signals_block(void);

/* Thread: main. Blocks: <= timeout_ms. */
enum signal_event signals_wait(int timeout_ms);

#endif
