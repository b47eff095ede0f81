/* config_cases: see config_cases.h. */
#include "lib/config_cases.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "lib/fake_compile.h"

#define REVISION 7

char *config_cases_source(const char *path)
{
	char name[4096];
	char *text = NULL;
	size_t size = 0;
	FILE *in;
	FILE *out = open_memstream(&text, &size);
	int c;

	must(out != NULL);
	must(snprintf(name, sizeof(name), "%s/%s", TEST_SRCDIR, path) < (int)sizeof(name));
	in = fopen(name, "re");
	must(in != NULL);
	while ((c = fgetc(in)) != EOF)
		fputc(c, out);
	fclose(in);
	fclose(out);
	return text;
}

/* Ends the section before; a section's text reaches up to the next mark. */
static char *begin_section(struct config_case *one, char *mark)
{
	char *name = mark + 4;
	char *text = strchr(name, '\n');

	must(text != NULL);
	*text++ = '\0';
	if (strcmp(name, "errors") == 0) {
		one->errors = text;
	} else if (strcmp(name, "hints") == 0) {
		one->hints = text;
	} else {
		must(one->file_count < CASE_FILES_MAX);
		one->names[one->file_count] = name;
		one->texts[one->file_count++] = text;
	}
	return text;
}

static char *begin_case(struct config_cases *cases, char *mark)
{
	char *end = strchr(mark + 4, '\n');

	must(end != NULL);
	*end = '\0';
	cases->items = realloc(cases->items, (cases->count + 1) * sizeof(*cases->items));
	must(cases->items != NULL);
	cases->items[cases->count++] =
		(struct config_case){.title = mark + 4, .errors = "", .hints = ""};
	return end + 1;
}

void config_cases_read(const char *name, struct config_cases *ret)
{
	char path[256];
	char *line;

	*ret = (struct config_cases){0};
	must(snprintf(path, sizeof(path), "tests/config/%s", name) < (int)sizeof(path));
	ret->text = config_cases_source(path);
	line = ret->text;
	while (*line) {
		char *end = strchr(line, '\n');

		if (strncmp(line, "=== ", 4) == 0 || strncmp(line, "--- ", 4) == 0) {
			char kind = *line;

			if (line > ret->text && ret->count > 0)
				*line = '\0';
			line = kind == '=' ? begin_case(ret, line)
					   : begin_section(&ret->items[ret->count - 1], line);
			continue;
		}
		line = end ? end + 1 : line + strlen(line);
	}
}

void config_cases_free(struct config_cases *cases)
{
	free(cases->items);
	free(cases->text);
}

static char directory[] = "/tmp/onced-config-XXXXXX";
static char before[4096];

void config_cases_enter(void)
{
	must(getcwd(before, sizeof(before)) != NULL);
	memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
	must(mkdtemp(directory) != NULL);
	must(chdir(directory) == 0);
}

void config_cases_leave(void)
{
	DIR *dir = opendir(".");
	const struct dirent *entry;

	must(dir != NULL);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			must(remove(entry->d_name) == 0);
	closedir(dir);
	must(chdir(before) == 0);
	must(rmdir(directory) == 0);
}

void config_cases_write(const char *name, const char *text, size_t len)
{
	FILE *out = fopen(name, "we");

	must(out != NULL);
	must(fwrite(text, 1, len, out) == len);
	must(fclose(out) == 0);
}

int config_cases_load(const char *main, const char *const *pipelines, struct config **ret,
		      struct config_errors *errors)
{
	struct config_request request = {
		.file = main,
		.pipelines = pipelines,
		.engine = fake_compile_engine(),
		.engine_revision = REVISION,
		.machine_id = "0123456789abcdef0123456789abcdef",
	};

	while (pipelines && pipelines[request.pipeline_count])
		request.pipeline_count++;
	return config_load(&request, ret, errors);
}

int config_cases_load_case(const struct config_case *one, struct config **ret,
			   struct config_errors *errors)
{
	const char *pipelines[CASE_FILES_MAX + 1] = {NULL};
	const char *main = NULL;
	size_t count = 0;

	for (size_t i = 0; i < one->file_count; i++) {
		config_cases_write(one->names[i], one->texts[i], strlen(one->texts[i]));
		if (strcmp(one->names[i], "onced.yaml") == 0)
			main = one->names[i];
		else
			pipelines[count++] = one->names[i];
	}
	return config_cases_load(main, pipelines, ret, errors);
}

char *config_cases_join(char *const *lines, size_t count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	must(out != NULL);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s\n", lines[i]);
	must(fclose(out) == 0);
	return text;
}
