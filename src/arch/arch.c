/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/arch.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"

static const struct arch *const archs[] = {
	&arch_x86_64,
	&arch_aarch64,
	&arch_riscv64,
	&arch_ppc64,
	&arch_s390x,
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

void mmu_set_levels(struct mmu *m, unsigned page_shift, unsigned levels, const unsigned char *index_bits)
{
	m->page_shift = page_shift;
	m->levels = m->root_level = levels;
	m->level_shift[1] = (unsigned char)page_shift;
	for (unsigned level = 1; level <= levels; level++) {
		m->index_bits[level] = index_bits[level - 1];
		if (level < ARCH_MAX_LEVELS)
			m->level_shift[level + 1] = (unsigned char)(m->level_shift[level] + m->index_bits[level]);
	}
}

void mmu_set_equal_levels(struct mmu *m, unsigned page_shift, unsigned levels, unsigned index_bits)
{
	unsigned char bits[ARCH_MAX_LEVELS];

	memset(bits, (int)index_bits, sizeof(bits));
	mmu_set_levels(m, page_shift, levels, bits);
}

size_t mmu_largest_table(const struct mmu *m)
{
	size_t largest = (size_t)1 << m->page_shift;

	for (unsigned level = 1; level <= m->levels; level++)
		if (mmu_table_size(m, level) > largest)
			largest = mmu_table_size(m, level);
	return largest;
}

const char *user_bits_text(unsigned bits, char *buf, size_t size)
{
	static const char *const names[NR_USER_BITS] = {
		"write",      "user",     "exec",    "young",      "dirty",     "special",  "devmap",
		"prot-none",  "contiguous", "uffd-wp", "soft-dirty", "splitting", "exclusive",
	};
	size_t used = 0;

	if (size)
		buf[0] = '\0';
	for (unsigned i = 0; i < NR_USER_BITS && used < size; i++)
		if (bits >> i & 1)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "", names[i]);
	return buf;
}
