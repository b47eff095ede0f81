/*
 * json_text: a YAML value as JSON text, by YAML 1.2's core schema: a plain scalar is null, a
 * boolean or a number if it looks like one, everything else is a string. For `tests:`.
 */
#ifndef ONCED_CONFIG_JSON_TEXT_H
#define ONCED_CONFIG_JSON_TEXT_H

#include "config/section.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_OTHER };

/* What the value is; JSON_OTHER: an array or an object. */
enum json_kind json_text_kind(const struct node *node);

/* Compact JSON in the configuration's arena. -1: reported (.inf, .nan, a number beyond 64 bits in
 * hexadecimal or octal). */
int json_text_of(struct build *build, const struct node *node, struct bytes *ret) CHECKED;

#endif
