/*
 * failpoint: named places at which a test build can be made to die, hang or fail, and switches that
 * turn one defence off, so that a test shows what would happen without it. All of it exists with
 * --enable-failpoints only; in any other build the macros are constants and nothing is left.
 *
 *   ONCED_FAILPOINT=NAME[:COUNT][:ACTION]    at the COUNT-th time (1) that NAME is passed
 *     kill    raise SIGKILL (the default)    hang    this thread never comes back
 *     fail    FAILPOINT(NAME) is true        sleep=MS
 *   ONCED_WITHOUT=DEFENCE[,DEFENCE]...
 *
 * The places and the defences are listed in docs/testing.md. A name that no place has is never
 * passed: the test that sets it must see its effect. Thread: any.
 */
#ifndef ONCED_BASE_FAILPOINT_H
#define ONCED_BASE_FAILPOINT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef ONCED_FAILPOINTS

bool failpoint_pass(const char *name);
/* Passes NAME only if "failpoint:NAME" is in the data: a record that a test has marked. */
bool failpoint_pass_marked(const char *name, const void *data, size_t size);
/* Is NAME the failpoint that is set, not yet passed so often? */
bool failpoint_is_set(const char *name);
bool failpoint_without(const char *defence);

#define FAILPOINT(name) failpoint_pass(name)
#define FAILPOINT_MARKED(name, data, size) failpoint_pass_marked(name, data, size)
#define FAILPOINT_IS_SET(name) failpoint_is_set(name)
#define WITHOUT(defence) failpoint_without(defence)

#else

#define FAILPOINT(name) false
#define FAILPOINT_MARKED(name, data, size) false
#define FAILPOINT_IS_SET(name) false
#define WITHOUT(defence) false

#endif
#endif
