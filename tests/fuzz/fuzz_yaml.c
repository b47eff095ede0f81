/*
 * fuzz_yaml: the whole way of a configuration, from the bytes of a main file and of a pipeline file
 * (in this order, with the line `=====` between them) to what `check -v` prints. What holds:
 *
 *   - each complaint is one printable line; so is each line of check -v
 *   - the same files give the same prefix hash and the same number of complaints, also with a
 *     comment in front of them
 *   - the content of a file that a secret names is printed nowhere
 *
 * libjq is not asked (20 ms an expression): fuzz_expr does that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "cli/check_print.h"
#include "fuzz/fuzz.h"
#include "lib/fake_compile.h"

#define SECRET "a mark3d s3cret"

/* Files in memory, under names that never change: /proc/self/fd/900 is what a corpus file names
 * for a secret. */
enum { FD_SECRET = 900, FD_MAIN, FD_PIPELINE };
static const char *const main_file = "/proc/self/fd/901";
static const char *const pipeline_file = "/proc/self/fd/902";

static void plant(int fd, const char *before, struct bytes text)
{
	size_t len = strlen(before);

	must(ftruncate(fd, 0) == 0);
	must(pwrite(fd, before, len, 0) == (ssize_t)len);
	must(pwrite(fd, text.data, text.len, (off_t)len) == (ssize_t)text.len);
}

static void plant_first(void)
{
	for (int fd = FD_SECRET; fd <= FD_PIPELINE; fd++) {
		int made = memfd_create("fuzz", MFD_CLOEXEC);

		must(made >= 0 && dup2(made, fd) == fd && fchmod(fd, 0600) == 0);
		(void)close(made);
	}
	plant(FD_SECRET, SECRET "\n", bytes_str(""));
}

/* Text for the terminal: nothing in it steers that, and no secret. */
static void printable(const char *text, size_t len, bool lines)
{
	must(bytes_is_utf8(bytes_of(text, len)));
	for (size_t i = 0; i < len; i++)
		must(((unsigned char)text[i] >= 0x20 && text[i] != 0x7f) ||
		     (lines && text[i] == '\n'));
	must(!memmem(text, len, SECRET, strlen(SECRET)));
}

static void print(const struct config *config)
{
	struct memory_share share;
	char *text = NULL;
	size_t len = 0;
	struct err err;
	FILE *out;

	if (memory_split(config->memory_bytes, config->pipelines[0].pipeline.workers, &share,
			 &err) < 0)
		return;
	out = open_memstream(&text, &len);
	must(out != NULL);
	check_print(out, config, config->pipelines[0].pipeline.workers, &share, true);
	must(fclose(out) == 0);
	printable(text, len, true);
	free(text);
}

/* Returns the number of complaints; 0: *ret_hash is the pipeline's. */
static size_t load(bool has_main, uint64_t *ret_hash)
{
	struct config_request request = {.file = has_main ? main_file : NULL,
					 .pipelines = &pipeline_file,
					 .pipeline_count = 1,
					 .engine = fake_compile_engine()};
	struct config_errors errors;
	struct config *config = NULL;
	size_t count;

	if (config_load(&request, &config, &errors) == 0) {
		must(config->pipeline_count == 1);
		*ret_hash = config->pipelines[0].pipeline.prefix_hash;
		print(config);
	}
	must((config == NULL) == (errors.count > 0));
	for (size_t i = 0; i < errors.count; i++)
		printable(errors.lines[i], strlen(errors.lines[i]), false);
	for (size_t i = 0; i < errors.warning_count; i++)
		printable(errors.warnings[i], strlen(errors.warnings[i]), false);
	count = errors.count;
	config_errors_free(&errors);
	config_free(config);
	return count;
}

/* A byte order mark, or UTF-16, must stay in front. */
static bool may_be_moved(struct bytes text)
{
	return text.len < 2 || (((const uint8_t *)text.data)[0] < 0x80 &&
				((const uint8_t *)text.data)[0] && ((const uint8_t *)text.data)[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char mark[] = "=====\n";
	const uint8_t *split = memmem(data, size, mark, strlen(mark));
	size_t main_len = split ? (size_t)(split - data) : 0;
	size_t skip = split ? main_len + strlen(mark) : 0;
	struct bytes main_text = bytes_of(data, main_len);
	struct bytes pipeline_text = bytes_of(data + skip, size - skip);
	uint64_t hash = 0, again = 0;
	static bool planted;
	size_t errors;

	if (memmem(data, size, SECRET, strlen(SECRET)))
		return -1; /* it would be found printed */
	if (!planted)
		plant_first();
	planted = true;
	plant(FD_MAIN, "", main_text);
	plant(FD_PIPELINE, "", pipeline_text);
	errors = load(split != NULL, &hash);
	if (!may_be_moved(pipeline_text) || !may_be_moved(main_text))
		return 0;
	plant(FD_MAIN, "# a comment\n", main_text);
	plant(FD_PIPELINE, "# a comment\n", pipeline_text);
	must(load(split != NULL, &again) == errors);
	must(hash == again);
	return 0;
}
