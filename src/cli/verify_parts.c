/* verify_parts: see verify_parts.h. */
#include "cli/verify_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"

#define NOTE_BYTES 512

void verify_parts_fini(struct verify_parts *parts)
{
	free(parts->all);
	free(parts->outputs);
	*parts = (struct verify_parts){0};
}

void verify_parts_add(struct verify_parts *parts, const char *topic, int32_t partitions)
{
	must(parts->topic_count < TOPICS_MAX && partitions >= 0);
	parts->all =
		realloc(parts->all, (parts->count + (size_t)partitions + 1) * sizeof(*parts->all));
	must(parts->all != NULL);
	parts->first[parts->topic_count] = parts->count;
	for (int32_t i = 0; i < partitions; i++)
		parts->all[parts->count++] =
			(struct verify_part){.tp = {topic, i},
					     .topic = (uint8_t)parts->topic_count,
					     .judged = true};
	parts->first[++parts->topic_count] = parts->count;
}

int64_t verify_parts_find(const struct verify_parts *parts, uint8_t topic, int32_t partition)
{
	if (topic >= parts->topic_count || partition < 0 ||
	    (size_t)partition >= parts->first[topic + 1] - parts->first[topic])
		return -1;
	return (int64_t)parts->first[topic] + partition;
}

void verify_parts_add_output(struct verify_parts *parts, const struct verify_output *output)
{
	parts->outputs =
		realloc(parts->outputs, (parts->output_count + 1) * sizeof(*parts->outputs));
	must(parts->outputs != NULL);
	parts->outputs[parts->output_count++] = *output;
}

void verify_notes_add(struct verify_notes *notes, const char *format, ...)
{
	va_list args;

	if (notes->count == VERIFY_NOTES_MAX) {
		notes->more++;
		return;
	}
	notes->lines[notes->count] = malloc(NOTE_BYTES);
	must(notes->lines[notes->count] != NULL);
	va_start(args, format);
	(void)vsnprintf(notes->lines[notes->count], NOTE_BYTES, format, args);
	va_end(args);
	notes->count++;
}

void verify_notes_fini(struct verify_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->lines[i]);
	*notes = (struct verify_notes){0};
}
