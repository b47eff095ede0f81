/* lmdb_err: see lmdb_err.h. */
#include "io/lmdb_err.h"

#include <errno.h>
#include <stddef.h>

#include <lmdb.h>

#include "base/must.h"

bool lmdb_err_is_corrupt(int rc)
{
	switch (rc) {
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_INCOMPATIBLE:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
	case EFAULT: /* LMDB took a wild address from a damaged page and handed it to the kernel */
		return true;
	default:
		return false;
	}
}

/* What the operator can do about an errno; NULL: it does not heal by itself. */
static const char *healing(int rc)
{
	switch (rc) {
	case ENOSPC:
	case EDQUOT:
		return "free some space; work goes on while memory lasts";
	case EFBIG:
		return "raise the limit on file sizes (ulimit -f, LimitFSIZE=)";
	case EIO:
		/* LMDB's word for a write that was cut short, too: that is a full disk. */
		return "the disk is full (df) or fails (dmesg); the state can be deleted, it is "
		       "rebuilt from the input";
	case EROFS:
		return "mount it writable";
	case ENOMEM:
		return "not enough memory or address space: raise the limit (ulimit -v, "
		       "LimitAS=) or free some memory";
	case EMFILE:
	case ENFILE:
		return "raise the limit on open files (ulimit -n, LimitNOFILE=)";
	case EAGAIN:
	case EBUSY:
	case EINTR:
		return "it is busy; tried again";
	default:
		return NULL;
	}
}

int lmdb_err_set(struct err *err, int rc, const char *dir, const char *what)
{
	const char *todo;

	must(rc != 0);
	if (rc == MDB_MAP_FULL)
		return err_set(err, ERR_RETRY, rc,
			       "state in %s: %s: the state is full: shorten the window (`within`) "
			       "or spread the partitions over more hosts; work goes on while "
			       "memory lasts",
			       dir, what);
	if (lmdb_err_is_corrupt(rc))
		return err_set(err, ERR_STOP, EXIT_INTERNAL,
			       "state in %s: %s: it is corrupt or not onced's (%s): the next start "
			       "moves it aside and rebuilds it from the input",
			       dir, what, mdb_strerror(rc));
	todo = rc > 0 ? healing(rc) : NULL;
	if (todo)
		return err_set(err, ERR_RETRY, rc, "state in %s: %s: %s: %s", dir, what,
			       mdb_strerror(rc), todo);
	if (rc > 0)
		return err_set(err, ERR_STOP, EXIT_STATE,
			       "state in %s: %s: %s: state_dir must be a directory that this user "
			       "can write to",
			       dir, what, mdb_strerror(rc));
	/* MDB_PANIC: LMDB could not write its meta page and refuses all later writes. */
	return err_set(err, ERR_STOP, EXIT_INTERNAL,
		       "state in %s: %s: %s: it must be opened anew: restart the pipeline", dir,
		       what, mdb_strerror(rc));
}
