/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/about.h"

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "report/style.h"

char *about_form(const struct report_dump *d)
{
	struct strbuf b = { 0 };
	char n[COUNT_TEXT_SIZE];

	strbuf_puts(&b, d->format ? d->format : "unknown format");
	if (d->flattened)
		strbuf_puts(&b, ", flattened");
	if (d->nr_files > 1)
		strbuf_printf(&b, ", split in %u files", d->nr_files);
	if (d->compression && strcmp(d->compression, "none"))
		strbuf_printf(&b, ", %s", d->compression);
	strbuf_printf(&b, ", %s", size_text(n, d->size));
	return strbuf_take(&b);
}

char *about_pages(const struct report_dump *d)
{
	struct strbuf b = { 0 };
	char n[COUNT_TEXT_SIZE];

	strbuf_printf(&b, "%s page(s) present", count_text(n, d->pages_present));
	strbuf_printf(&b, ", %s excluded", count_text(n, d->pages_excluded));
	if (d->dump_level >= 0)
		strbuf_printf(&b, " (dump level %d)", d->dump_level);
	return strbuf_take(&b);
}

char *about_missing(const struct report_dump *d)
{
	struct strbuf b = { 0 };
	char n[COUNT_TEXT_SIZE];

	if (d->incomplete)
		strbuf_printf(&b, "TRUNCATED: %s page(s) (is|are) missing: %s", count_text(n, d->pages_truncated), d->incomplete);
	else if (d->truncated)
		strbuf_printf(&b, "TRUNCATED: %s page(s) (lies|lie) beyond the end of the file", count_text(n, d->pages_truncated));
	return strbuf_take(&b);
}

char *about_live(const struct report_dump *d)
{
	struct strbuf b = { 0 };

	if (d->live)
		strbuf_puts(&b, "LIVE memory of a running kernel: it changes while it is read, so only single words of struct "
				"pages are judged, and counts of different times do not add up");
	return strbuf_take(&b);
}

static void say_where(struct strbuf *b, const struct report_dump *d)
{
	if (d->vmcoreinfo_other_note)
		strbuf_puts(b, "the VMCOREINFO note is not the kernel's, makedumpfile wrote it from a vmlinux");
	else
		strbuf_puts(b, "no VMCOREINFO note");
	strbuf_printf(b, "; found it in memory at %#" PRIx64, d->vmcoreinfo_pa);
	if (d->vmcoreinfo_others)
		strbuf_printf(b, ", and %u more that differ, of kernels that ran before; took this one, because %s",
			      d->vmcoreinfo_others, d->vmcoreinfo_reason);
}

char *about_vmcoreinfo(const struct report_dump *d)
{
	struct strbuf b = { 0 };

	if (d->vmcoreinfo_pa)
		say_where(&b, d);
	return strbuf_take(&b);
}

char *about_kernel(const struct report_kernel *k)
{
	struct strbuf b = { 0 };

	strbuf_printf(&b, "%s %s, pages of %" PRIu64 " bytes", k->release ? k->release : "unknown release",
		      k->arch ? k->arch : "unknown architecture", k->page_size);
	return strbuf_take(&b);
}

char *about_debuginfo(const struct report_kernel *k)
{
	struct strbuf b = { 0 };

	if (k->debuginfo_source && k->debuginfo_path)
		strbuf_printf(&b, "%s from %s", k->debuginfo_source, k->debuginfo_path);
	else if (k->debuginfo_source)
		strbuf_puts(&b, "BTF in the dump (no vmlinux given)");
	else
		strbuf_puts(&b, "none");
	return strbuf_take(&b);
}

char *about_hint(const struct report_kernel *k)
{
	struct strbuf b = { 0 };

	if (k->debuginfo_hint)
		strbuf_printf(&b, "a rule that is skipped may run with the vmlinux: %s", k->debuginfo_hint);
	return strbuf_take(&b);
}

char *about_end(const struct report_panic *p)
{
	struct strbuf b = { 0 };

	if (p->end == END_UNKNOWN)
		strbuf_puts(&b, "not known: the dump does not tell");
	else if (p->end == END_RUNNING)
		strbuf_puts(&b, "none: the machine was running");
	else if (!p->message.text && !p->cause.text && !p->oops.text)
		strbuf_puts(&b, "yes, but its message is not in the kernel log");
	if (p->end == END_RUNNING && p->uptime >= 0)
		strbuf_printf(&b, "; the last line of its log is of %.3f s after boot", p->uptime);
	return strbuf_take(&b);
}

char *about_log(const struct report_panic *p)
{
	struct strbuf b = { 0 };

	if (p->log_problem)
		strbuf_printf(&b, "kernel log: %s", p->log_problem);
	else if (p->log_missing)
		strbuf_printf(&b, "%" PRIu64 " of %" PRIu64 " record(s) of the kernel log (is|are) not readable", p->log_missing,
			      p->log_missing + p->log_records);
	return strbuf_take(&b);
}

char *about_taints(const struct report_kernel *k, const char *separator)
{
	struct strbuf b = { 0 };

	for (size_t i = 0; i < k->nr_taints; i++)
		strbuf_printf(&b, "%s%c (%s)", i ? separator : "", k->taints[i].letter, k->taints[i].meaning);
	if (k->taint_mask && !k->nr_taints)
		strbuf_printf(&b, "%#" PRIx64, k->taint_mask);
	return strbuf_take(&b);
}
