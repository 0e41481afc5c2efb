/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/arch.h"

#include <string.h>

#include "base/strbuf.h"

static const struct arch *const archs[] = {
	&arch_x86_64,
};

struct error *arch_find(const struct dump *d, const struct arch **ret)
{
	const struct dump_info *info = dump_info(d);
	_cleanup_(strbuf_deinit) struct strbuf known = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (info->arch && !strcmp(info->arch, archs[i]->name)) {
			*ret = archs[i];
			return NULL;
		}
		strbuf_printf(&known, "%s%s", i ? ", " : "", archs[i]->name);
	}
	return error_new("%s: architecture %s is not supported (supported: %s)", info->path,
			 info->arch ? info->arch : "unknown", known.s ? known.s : "?");
}
