/*
 * replay: a fuzzer without libFuzzer: main over the files of its corpus, tests/fuzz/corpus/NAME for
 * fuzz_NAME, or over the files and folders that are named. Every file that ever made a fuzzer fail
 * lies there, so this is their regression test. An empty corpus is a failure.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/must.h"
#include "fuzz/fuzz.h"

static size_t file_count;

static void replay_file(const char *path, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	FILE *file = fopen(path, "rb");

	must(data != NULL && file != NULL);
	must(fread(data, 1, size, file) == size);
	must(fclose(file) == 0);
	(void)printf("%s\n", path); /* the last line is the one that failed */
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	file_count++;
}

static int shown(const struct dirent *item)
{
	return item->d_name[0] != '.';
}

static void replay(const char *path)
{
	struct dirent **items = NULL;
	struct stat stat_of;
	int count;

	if (stat(path, &stat_of)) {
		(void)fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
		exit(EXIT_FAILURE);
	}
	if (!S_ISDIR(stat_of.st_mode)) {
		replay_file(path, (size_t)stat_of.st_size);
		return;
	}
	count = scandir(path, &items, shown, alphasort);
	for (int i = 0; i < count; i++) {
		char below[1024];

		(void)snprintf(below, sizeof(below), "%s/%s", path, items[i]->d_name);
		free(items[i]);
		replay(below);
	}
	free(items);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '_');
	char corpus[1024];

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc < 2 && name) {
		(void)snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus/%s", TEST_SRCDIR,
			       name + 1);
		replay(corpus);
	}
	(void)printf("%zu files\n", file_count);
	return file_count ? EXIT_SUCCESS : EXIT_FAILURE;
}
