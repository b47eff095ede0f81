/*
 * reference: ${credential:NAME}, ${file:/path} and ${env:NAME} as the value of a kafka property, so
 * that secrets stand in no file that people read, on no command line and in no environment.
 *
 * Thread: main. Blocks: reads a local file.
 */
#ifndef ONCED_CONFIG_REFERENCE_H
#define ONCED_CONFIG_REFERENCE_H

#include "config/section.h"

#define REFERENCE_BYTES_MAX ((size_t)64 * 1024)

/* The value that the scalar stands for: itself when it is no reference, else what the reference
 * gives, less one line break at its end. secret: ${env:} is refused. NULL: reported. In the
 * configuration's arena; the caller wipes it when it is a secret. */
char *reference_resolve(struct build *build, const struct node *node, bool secret);

#endif
