/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In a template $r is the release, $b the build-id, $x its first two digits and $y the others.  Packed files have one
 * of the suffixes that the caller adds.
 *
 * Sources: Debian and Ubuntu install vmlinux under /usr/lib/debug/boot (linux-image-*-dbg, *-dbgsym); Fedora, RHEL and
 * what is built from them under /usr/lib/debug/lib/modules (kernel-debuginfo); SUSE a .debug file beside a stripped
 * vmlinux in /boot, with usrmerge in /usr/lib/modules (kernel-default-debuginfo, kernel-default); Arch in the build folder
 * of linux-headers; elfutils keeps what came from a debuginfod server in a folder named by the build-id.
 */
#include "types/find_places.h"

#include <ctype.h>
#include <string.h>

#include "base/strbuf.h"

enum { RELEASE_MAX = 64, BUILD_ID_DIGITS_MAX = 128 };

static const char *const system_places[] = {
	"usr/lib/debug/.build-id/$x/$y.debug",
	"usr/lib/debug/boot/vmlinux-$r",
	"usr/lib/debug/boot/vmlinux-$r.debug",
	"usr/lib/debug/lib/modules/$r/vmlinux",
	"usr/lib/debug/lib/modules/$r/vmlinux.debug",
	"usr/lib/debug/usr/lib/modules/$r/vmlinux",
	"usr/lib/debug/usr/lib/modules/$r/vmlinux.debug",
	"boot/vmlinux-$r",
	"lib/modules/$r/vmlinux",
	"lib/modules/$r/build/vmlinux",
	NULL,
};

static const char *const folder_places[] = {
	".build-id/$x/$y.debug",
	"$b/debuginfo",
	"$b/vmlinux",
	"$b.debug",
	"$b",
	"vmlinux-$r",
	"vmlinux-$r.debug",
	"$r/vmlinux",
	"$r/vmlinux.debug",
	"boot/vmlinux-$r",
	"boot/vmlinux-$r.debug",
	"lib/modules/$r/vmlinux",
	"lib/modules/$r/vmlinux.debug",
	"lib/modules/$r/build/vmlinux",
	"usr/lib/modules/$r/vmlinux",
	"usr/lib/modules/$r/vmlinux.debug",
	"usr/lib/modules/$r/build/vmlinux",
	"usr/lib/debug/.build-id/$x/$y.debug",
	"usr/lib/debug/boot/vmlinux-$r",
	"usr/lib/debug/boot/vmlinux-$r.debug",
	"usr/lib/debug/lib/modules/$r/vmlinux",
	"usr/lib/debug/lib/modules/$r/vmlinux.debug",
	"usr/lib/debug/usr/lib/modules/$r/vmlinux",
	"usr/lib/debug/usr/lib/modules/$r/vmlinux.debug",
	"vmlinux",
	"vmlinux.debug",
	NULL,
};

static const char *const beside_places[] = {
	"vmlinux", "vmlinux.debug", "vmlinux-$r", "vmlinux-$r.debug", "$r.debug", "$b.debug", NULL,
};

static const char *const *const places[] = {
	[PLACE_SYSTEM] = system_places,
	[PLACE_FOLDER] = folder_places,
	[PLACE_BESIDE] = beside_places,
};

bool release_is_sane(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || len > RELEASE_MAX || !isdigit((unsigned char)text[0]))
		return false;
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._+~-", *p))
			return false;
	return true;
}

bool build_id_is_sane(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return len >= 4 && len <= BUILD_ID_DIGITS_MAX && len % 2 == 0 && strspn(text, "0123456789abcdefABCDEF") == len;
}

/* False: the kernel does not have that name. */
static bool expand(struct strbuf *b, char what, const struct kernel_names *names)
{
	if (what == 'r') {
		strbuf_puts(b, names->release ? names->release : "");
		return names->release;
	}
	if (!names->build_id)
		return false;
	if (what == 'x')
		strbuf_add(b, names->build_id, 2);
	else
		strbuf_puts(b, names->build_id + (what == 'y' ? 2 : 0));
	return true;
}

bool find_place(enum place_kind kind, const char *folder, const struct kernel_names *names, size_t i, char **ret)
{
	const char *template = places[kind][i];
	struct strbuf b = { 0 };
	bool known = true;

	*ret = NULL;
	if (!template)
		return false;
	strbuf_printf(&b, "%s%s", folder, folder[0] && folder[strlen(folder) - 1] == '/' ? "" : "/");
	for (const char *p = template; known && *p; p++) {
		if (*p == '$')
			known = expand(&b, *++p, names);
		else
			strbuf_add(&b, p, 1);
	}
	if (known)
		*ret = strbuf_take(&b);
	else
		strbuf_deinit(&b);
	return true;
}
