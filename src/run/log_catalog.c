/* log_catalog: see log_catalog.h. The identifiers are random and stay for ever. */
#include "run/log_catalog.h"

#include <stdlib.h>
#include <string.h>

/* In the order of the names. */
static const struct log_catalog_entry entries[] = {
	{"abort", "9fb93534081c525371e273a87984a8ab"},
	{"bad-data", "db149e4714be09abf93fe42eabd2d9f2"},
	{"bad-record", "3994693ea3ae6e685323451b4a95902a"},
	{"begin", "1098b40727067a21d146711be5c6806c"},
	{"configuration", "1aa615a94b6a5551a061ae14a1dbf721"},
	{"control", "efed4105b38745b38b7af6a8da4c6ad7"},
	{"crash-loop", "a7213dfe8932829320dd5386c9cf0800"},
	{"dead-letter-refused", "67d1191fda80a0bd919e9bc7f4a02d92"},
	{"end", "fd95588c5e4ef10bb14cf51964cd1715"},
	{"fenced", "d561cab77e4d173d344d04cb5f0f2c02"},
	{"gap", "3c85b930b9f0920f929e04e213311e91"},
	{"gap-hit", "1b0b5a92ca9f1daec5e1fb5bb643edf4"},
	{"hang", "fece6b989a323eaef86c67b35a0ac810"},
	{"input-deleted", "5da24106869b7c3d419274d465ee28de"},
	{"internal", "4bcee26a6a9df49c0954549c429fdbf7"},
	{"librdkafka", "56c8a7f9757f31252d53b107073391a5"},
	{"newer-format", "3623ac6122ae0903220425dd2e67dbe9"},
	{"no-pipelines", "cae33afe57807cdb9f642b78f0088cfc"},
	{"offsets-beyond-log", "76e2507bc7b13aa8d3655fc9e35d6c11"},
	{"offsets-expired", "671b5a9656936632c5c30e119edb8d92"},
	{"offsets-foreign", "92d254d7fe03c0e4c08f532c9af26054"},
	{"offsets-moved-back", "17d104f66e3312b073e45fcec83c2a8d"},
	{"other-cluster", "86b22542b5810f0a6ffc4798d551e17d"},
	{"other-input", "98177d4622d2fa857e8804180025cd7f"},
	{"outcome", "884f31660a43fe8899ef1e6ea55cafd9"},
	{"partition-count", "8e71e249e05046ee8adb2a053379959f"},
	{"permission", "c48f6f41a450dd596b87a4dc157a8060"},
	{"progress", "b9f3dd48974b6a32b2f3d31d476345e5"},
	{"ready", "79923b201db06de57fdc3b1dd2742ee7"},
	{"recover", "528efc2d91d170e46daf31aca920a5ea"},
	{"reload", "f3e9b455903c5f11f998756565e1a396"},
	{"reload-done", "b89dc9c1d15541349bd94ec9a3f96863"},
	{"reload-pipeline", "ee11b3050f9643ad980de1c59bc178eb"},
	{"reload-refused", "8a9f2be791b54341922d5779029680bb"},
	{"renew", "440ead791a76e5e8c6526e36bbad2786"},
	{"replayed", "553138ea2d2b43d940fdc9144b239812"},
	{"restart", "8289abc740a5c0d5a98d9687c967d7e8"},
	{"rewind", "9b4eaf8cb5bc60c0f7d37b2894ccd811"},
	{"root", "cdc77ccb69124b6d8fe147facd86bd6d"},
	{"start", "586f4b39fe00eab9363ac2db2aa4da4c"},
	{"state-aside", "8525e3629e2a70ca8df3dd793635e2a7"},
	{"state-unusable", "498b4ba06291c1ef36efaf6be99cc498"},
	{"stop", "72160fe4272460d973eba9e4065930ef"},
	{"stop-at", "c34de07ecc8875cc6ec549275bee8c47"},
	{"trouble", "faefb6906e435492a0a9c4988d7090d2"},
	{"worker-ended", "026297741a0db9feb8a43183466d2daf"},
};

static int by_name(const void *name, const void *entry)
{
	return strcmp(name, ((const struct log_catalog_entry *)entry)->event);
}

const char *log_catalog_id(const char *event)
{
	const struct log_catalog_entry *entry =
		bsearch(event, entries, sizeof(entries) / sizeof(entries[0]), sizeof(entries[0]),
			by_name);

	return entry ? entry->id : NULL;
}

const struct log_catalog_entry *log_catalog_all(size_t *ret_count)
{
	*ret_count = sizeof(entries) / sizeof(entries[0]);
	return entries;
}
