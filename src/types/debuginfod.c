/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libdebuginfod draws libcurl and thirty other libraries into a program; who never asks a server shall not pay for that.
 * An interrupt (Ctrl-C) ends the program as everywhere; libdebuginfod removes what it left unfinished at its next run.
 */
#include "types/debuginfod.h"

#include <stdlib.h>

#include "base/library.h"
#include "config.h"

const char *debuginfod_servers(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	return urls && urls[0] ? urls : NULL;
}

#ifdef HAVE_DEBUGINFOD

#include <dlfcn.h>
#include <elfutils/debuginfod.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

struct library {
	void *handle;
	__typeof__(&debuginfod_begin) begin;
	__typeof__(&debuginfod_end) end;
	__typeof__(&debuginfod_find_debuginfo) find_debuginfo;
	__typeof__(&debuginfod_set_progressfn) set_progressfn;
	__typeof__(&debuginfod_set_user_data) set_user_data;
};

#define LIBRARY_FUNCTION(l, name) library_function((l)->handle, "debuginfod_" #name, &(l)->name, sizeof((l)->name))

static bool library_open(struct library *l)
{
	const char *why;

	l->handle = library_load(DEBUGINFOD_SONAME, &why);
	return l->handle && LIBRARY_FUNCTION(l, begin) && LIBRARY_FUNCTION(l, end) && LIBRARY_FUNCTION(l, find_debuginfo) &&
	       LIBRARY_FUNCTION(l, set_progressfn) && LIBRARY_FUNCTION(l, set_user_data);
}

/* What was set for \p client.  The callback knows nothing but the client, not even the library it is of. */
static const struct debuginfod_request *request_of(debuginfod_client *client)
{
	void *handle = dlopen(DEBUGINFOD_SONAME, RTLD_NOW | RTLD_NOLOAD);
	__typeof__(&debuginfod_get_user_data) get_user_data = NULL;
	const struct debuginfod_request *r = NULL;

	if (handle && library_function(handle, "debuginfod_get_user_data", &get_user_data, sizeof(get_user_data)))
		r = get_user_data(client);
	if (handle)
		dlclose(handle);
	return r;
}

static int on_progress(debuginfod_client *client, long done, long total)
{
	const struct debuginfod_request *r = request_of(client);

	if (r && r->progress && done >= 0 && total > 0)
		r->progress(r->progress_arg, "fetching debug info", (uint64_t)done, (uint64_t)total);
	return 0;
}

static const char *why_not(int error)
{
	switch (error) {
	case ENOENT:
		return "no server has it";
	case ENOSYS:
		return "no server is named";
	case ECONNREFUSED:
		return "no server can be reached (connection refused)";
	case EHOSTUNREACH:
	case ENETUNREACH:
		return "no server can be reached (no such host, or no network)";
	case ETIME:
	case ETIMEDOUT:
		return "the server is too slow (DEBUGINFOD_TIMEOUT sets the limit)";
	case ENOSPC:
		return "no space left for it (DEBUGINFOD_CACHE_PATH says where it goes)";
	case EFBIG:
		return "larger than DEBUGINFOD_MAXSIZE allows";
	case EACCES:
		return "may not write to its cache (DEBUGINFOD_CACHE_PATH says where that is)";
	default:
		return strerrordesc_np(error);
	}
}

char *debuginfod_fetch(const struct debuginfod_request *r, const char **ret_why)
{
	struct library l = { 0 };
	debuginfod_client *client;
	char *path = NULL;
	int fd;

	if (!library_open(&l)) {
		*ret_why = DEBUGINFOD_SONAME " is not installed (Debian: package libdebuginfod1)";
		return NULL;
	}
	client = l.begin();
	if (!client) {
		*ret_why = "libdebuginfod does not start";
		return NULL;
	}
	l.set_user_data(client, (void *)r);
	l.set_progressfn(client, on_progress);
	fd = l.find_debuginfo(client, (const unsigned char *)r->build_id, 0, &path);
	l.end(client);
	if (fd < 0) {
		*ret_why = why_not(-fd);
		return NULL;
	}
	close(fd);
	return path;
}

#else

char *debuginfod_fetch(const struct debuginfod_request *r, const char **ret_why)
{
	(void)r;
	*ret_why = "this program was built without debuginfod";
	return NULL;
}

#endif
