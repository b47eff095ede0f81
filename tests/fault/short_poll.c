/*
 * short_poll: a consumer that leaves its group when it has not been polled for $MAX_POLL_MS, for a
 * program that is started with LD_PRELOAD=short_poll.so: onced's own setting is five minutes.
 */
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

typedef rd_kafka_conf_res_t set_fn(rd_kafka_conf_t *, const char *, const char *, char *, size_t);

rd_kafka_conf_res_t rd_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
				      char *errstr, size_t errstr_size)
{
	set_fn *next = (set_fn *)dlsym(RTLD_NEXT, "rd_kafka_conf_set");
	const char *ms = getenv("MAX_POLL_MS");

	if (ms && strcmp(name, "max.poll.interval.ms") == 0)
		value = ms;
	return next(conf, name, value, errstr, errstr_size);
}
