/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words are those of the kernel's own messages, v5.4 to v7.3.  A message that a kernel words in another way is passed over:
 * nothing but the header of a report depends on it.
 */
#include "walk/logline.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct pattern {
	enum log_line what;
	const char *start; /* of the line; NULL: anything */
	const char *part;  /* stands in it as well; NULL: nothing */
};

/* The first one that fits counts. */
static const struct pattern patterns[] = {
	{ LOG_PANIC, "Kernel panic - not syncing: ", NULL },
	/* bad_page(), print_bad_pte() and print_bad_page_map(), unaccount_page_cache_page(), check_mm(), pmd_clear_bad() and its
	 * like, swap_info_get() */
	{ LOG_MEMORY, "BUG: Bad page ", NULL },
	{ LOG_MEMORY, "BUG: Bad rss-counter state ", NULL },
	{ LOG_MEMORY, "BUG: non-zero pgtables_bytes ", NULL },
	{ LOG_MEMORY, NULL, ": bad pgd " },
	{ LOG_MEMORY, NULL, ": bad p4d " },
	{ LOG_MEMORY, NULL, ": bad pud " },
	{ LOG_MEMORY, NULL, ": bad pmd " },
	{ LOG_MEMORY, NULL, ": Bad swap file entry " },
	{ LOG_MEMORY, NULL, ": Bad swap offset entry " },
	{ LOG_MEMORY, NULL, ": Unused swap file entry " },
	{ LOG_MEMORY, NULL, ": Unused swap offset entry " },
	/* __dump_page(): with an address up to v6.9 */
	{ LOG_MEMORY, "page:", " refcount:" },
	/* __list_add_valid(), __list_del_entry_valid() */
	{ LOG_MEMORY, "list_add corruption", NULL },
	{ LOG_MEMORY, "list_del corruption", NULL },
	/* slab_bug(), KASAN, KFENCE, hardened usercopy */
	{ LOG_MEMORY, "BUG ", "): " },
	{ LOG_MEMORY, "BUG: KASAN: ", NULL },
	{ LOG_MEMORY, "BUG: KFENCE: ", NULL },
	{ LOG_MEMORY, "usercopy: Kernel memory ", NULL },
	{ LOG_MEMORY, "page_counter underflow: ", NULL },
	/* memory_failure() and soft_offline_page(), with the pfn in front */
	{ LOG_MEMORY, "Memory failure: 0x", NULL },
	{ LOG_MEMORY, "soft offline: 0x", NULL },
	{ LOG_MEMORY, "soft_offline: 0x", NULL },
	{ LOG_MEMORY, "Soft offlining pfn 0x", NULL },
	{ LOG_OOPS, NULL, " [#" },
	{ LOG_CAUSE, "BUG: ", NULL },
	{ LOG_CAUSE, "kernel BUG at ", NULL },
	{ LOG_CAUSE, "Unable to handle kernel ", NULL },
	{ LOG_CAUSE, "general protection fault", NULL },
	{ LOG_CAUSE, "PANIC: double fault", NULL },
	{ LOG_CAUSE, "traps: PANIC: double fault", NULL },
	{ LOG_CAUSE, "watchdog: BUG: soft lockup", NULL },
	{ LOG_CAUSE, NULL, "Watchdog detected hard LOCKUP" },
	{ LOG_CAUSE, "INFO: task ", " blocked for more than " },
	{ LOG_CAUSE, "rcu: INFO: rcu_", " detected stalls" },
	{ LOG_CAUSE, "rcu: INFO: rcu_", " self-detected stall" },
	{ LOG_CAUSE, "sysrq: Trigger a crash", NULL },
	{ LOG_CAUSE, "mce: [Hardware Error]: Machine check", NULL },
};

static bool matches(const struct pattern *p, const char *line)
{
	if (p->start && strncmp(line, p->start, strlen(p->start)))
		return false;
	return !p->part || strstr(line, p->part);
}

/* "pfn:01234", "pfn:0x1234", or the number that follows the words at the start of a line about a broken page. */
static uint64_t named_pfn(const char *line)
{
	const char *at = strstr(line, "pfn:");
	char *end;
	uint64_t pfn;

	if (at)
		at += 4;
	else if (!strncmp(line, "Memory failure: ", 16) || !strncmp(line, "soft offline: ", 14) ||
		 !strncmp(line, "soft_offline: ", 14) || !strncmp(line, "Soft offlining pfn ", 19))
		at = strstr(line, "0x");
	if (!at || !isxdigit((unsigned char)*at))
		return UINT64_MAX;
	pfn = strtoull(at, &end, 16);
	return isalnum((unsigned char)*end) ? UINT64_MAX : pfn;
}

enum log_line log_line_classify(const char *line, uint64_t *ret_pfn)
{
	*ret_pfn = UINT64_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		if (!matches(&patterns[i], line))
			continue;
		if (patterns[i].what == LOG_MEMORY)
			*ret_pfn = named_pfn(line);
		return patterns[i].what;
	}
	return LOG_OTHER;
}
