/* fake_compile: see fake_compile.h. */
#include "lib/fake_compile.h"

static int compile(struct expr_engine *engine, const char *where, const char *text,
		   struct expr **ret, struct err *err)
{
	(void)engine;
	if (strstr(text, "BROKEN"))
		return err_set(err, ERR_STOP, EXIT_CONFIG, "%s: syntax error at BROKEN", where);
	*ret = NULL; /* the configuration only asks whether it compiles */
	return 0;
}

struct expr_engine *fake_compile_engine(void)
{
	static const struct expr_ops ops = {.compile = compile};
	static struct expr_engine engine = {.ops = &ops};

	return &engine;
}
