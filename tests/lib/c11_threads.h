/*
 * c11_threads: for ThreadSanitizer only. librdkafka makes its threads with C11's thrd_create, which
 * TSan does not know: the first of our callbacks on such a thread would crash it. Programs that
 * link this make them with pthread_create instead. Without TSan it does nothing.
 */
#ifndef ONCED_TESTS_LIB_C11_THREADS_H
#define ONCED_TESTS_LIB_C11_THREADS_H

/* Called so that the linker takes the file. */
void c11_threads_use(void);

#endif
