/* cross: what only shows when all pipelines of a configuration are seen together. */
#ifndef ONCED_CONFIG_CROSS_H
#define ONCED_CONFIG_CROSS_H

#include "config/section.h"

/* roots: the trees, one per pipeline of config, in their order. */
void cross_check(struct build *build, const struct config *config, const struct node *const *roots);

#endif
