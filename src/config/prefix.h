/*
 * prefix: the hash of a pipeline's steps up to its stateful one: d of the committed metadata. Two
 * definitions with the same hash lead to the same state from the same input; any other
 * change makes onced rebuild the state by replay.
 *
 * Pure.
 */
#ifndef ONCED_CONFIG_PREFIX_H
#define ONCED_CONFIG_PREFIX_H

#include "core/pipeline.h"

/* Over the steps up to and with dedup (kind, text, id, within, missing, headers), the format and
 * the engine's revision. Not over the YAML's form, nor over what follows dedup. A pipeline without
 * a dedup has one for the format and the engine alone. */
uint64_t prefix_hash(const struct pipeline *pipeline, uint64_t engine_revision);

/* The text that is hashed; the caller frees it. */
char *prefix_text(const struct pipeline *pipeline, uint64_t engine_revision);

#endif
