/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/output.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/strbuf.h"

/* Devices and pipes are written in place; a link is followed, so that its target is replaced. */
static bool written_in_place(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode);
}

static struct error *open_in_place(struct output *out)
{
	out->file = fopen(out->path, "w");
	return out->file ? NULL : error_errno(errno, "cannot open %s for writing", out->path);
}

/* mkstemp() makes files that only the owner can read; give it the mode that open() would have given. */
static void usual_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(fd, 0666 & ~mask))
		return; /* some file systems have no modes */
}

static struct error *open_temporary(struct output *out)
{
	struct strbuf b = { 0 };
	int fd;

	strbuf_printf(&b, "%s.XXXXXX", out->path);
	out->temporary = strbuf_take(&b);
	if (!out->temporary)
		return &error_nomem;
	fd = mkstemp(out->temporary);
	if (fd < 0) {
		free(take_ptr(out->temporary));
		return error_errno(errno, "cannot open %s for writing", out->path);
	}
	usual_mode(fd);
	out->file = fdopen(fd, "w");
	if (out->file)
		return NULL;
	close(fd);
	return &error_nomem;
}

struct error *output_open(struct output *out, const char *path)
{
	struct error *err;

	*out = (struct output){ .file = NULL };
	if (!path || !strcmp(path, "-")) {
		out->file = stdout;
		return NULL;
	}
	out->path = realpath(path, NULL);
	if (!out->path)
		out->path = strdup(path);
	if (!out->path)
		return &error_nomem;
	err = written_in_place(out->path) ? open_in_place(out) : open_temporary(out);
	if (err)
		output_deinit(out);
	return err;
}

struct error *output_commit(struct output *out)
{
	const char *name = out->path ? out->path : "standard output";
	bool bad = fflush(out->file) || ferror(out->file);
	FILE *file = take_ptr(out->file);

	if (fclose(file) || bad)
		return error_errno(errno ? errno : EIO, "cannot write %s", name);
	if (out->temporary && rename(out->temporary, out->path))
		return error_errno(errno, "cannot rename %s to %s", out->temporary, out->path);
	free(take_ptr(out->temporary));
	return NULL;
}

struct error *output_blame(const struct output *out, struct error *err)
{
	return error_prefix(err, "%s", out->path ? out->path : "standard output");
}

void output_deinit(struct output *out)
{
	if (out->file && out->file != stdout)
		fclose(out->file);
	if (out->temporary)
		unlink(out->temporary);
	free(out->temporary);
	free(out->path);
	*out = (struct output){ .file = NULL };
}

bool output_has_color(const struct output *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out->file)) && !(no_color && *no_color) && term && strcmp(term, "dumb");
}

unsigned output_width(const struct output *out)
{
	enum { NARROW = 60, USUAL = 80, WIDE = 132 };
	struct winsize size;

	if (!isatty(fileno(out->file)) || ioctl(fileno(out->file), TIOCGWINSZ, &size) || !size.ws_col)
		return USUAL;
	return size.ws_col < NARROW ? NARROW : size.ws_col > WIDE ? WIDE : size.ws_col;
}
