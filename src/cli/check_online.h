/*
 * check_online: `onced check --online`: do the brokers agree with the configuration? Topics and
 * rights that are missing, settings that do not fit. It changes nothing (io/kafka_probe.h).
 *
 * Thread: main. Blocks: until timeout_ms, when the brokers are away.
 */
#ifndef ONCED_CLI_CHECK_ONLINE_H
#define ONCED_CLI_CHECK_ONLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* Prints what is found. 0; 69 no broker answers; 77 refused, or a right is missing; 78 a topic is
 * missing or a setting does not fit (77 where both are found). */
int check_online(const struct config *config, int64_t timeout_ms, bool verbose);

#endif
