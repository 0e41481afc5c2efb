/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache pass: buffer heads of the pages of block devices, which keep the metadata of most file systems. */
#include "passes/cache.h"
#include "walk/buffer.h"

struct error *cache_check_buffers(struct cache_walk *cw, uint64_t pfn, uint64_t index, const struct page_view *v, uint64_t page,
				  uint64_t bytes)
{
	static const char *const words[] = {
		[RING_ASTRAY] = "a link leads to no buffer head",
		[RING_PAGE] = "a buffer head names another page",
		[RING_SIZE] = "the buffers are not as large as the folio, or do not form a ring",
	};
	struct findings *fs = &cw->w->findings;
	struct ring_result r;
	struct finding *f;
	struct error *err;

	/* without a pointer there is private-flag-data */
	if (!cw->sb || cw->sb->kind != SB_BLOCK || !page_has(v, cw->l->flag.private) || !v->private || !buffers_known(cw->l))
		return NULL;
	cw->w->ledger.rule[RULE_BUFFER_RING_VALID].checked++;
	err = buffer_ring(cw->l, cw->w->kv, v->private, page, bytes, &r);
	if (err || r.trouble == RING_SOUND)
		return err;
	if (r.trouble == RING_GAP) {
		cw->w->ledger.rule[RULE_BUFFER_RING_VALID].gaps++;
		return NULL;
	}
	err = cache_page_finding(cw, RULE_BUFFER_RING_VALID, pfn, index, &f);
	finding_text(fs, f, "problem", words[r.trouble], NULL);
	finding_value(fs, f, "buffer", FMT_PTR, r.at);
	if (r.trouble == RING_PAGE)
		finding_expect(fs, f, "b_folio", FMT_PTR, 64, r.found, page);
	else if (r.trouble == RING_SIZE)
		finding_expect(fs, f, "bytes", FMT_DEC, 0, r.found, bytes);
	if (page_has(v, cw->l->flag.locked))
		finding_lower(fs, f, "the folio is locked: its buffers may be on their way");
	return err;
}
