/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file page_holders.h  Who holds a page, for people and as JSON. */
#ifndef CLI_PAGE_HOLDERS_H
#define CLI_PAGE_HOLDERS_H

#include "passes/holders.h"
#include "report/sheet.h"

/** Search for holders of \p pfns and of all other pages of their folios. */
struct error *page_holders_find(struct check *c, const uint64_t *pfns, unsigned nr, struct holders *ret) _must_check_;

/** Add rows about the holders of \p pfn and of its folio. */
struct error *page_holders_sheet(struct check *c, uint64_t pfn, const struct holders *h, struct sheet *ret) _must_check_;

/** {"holders": [...], "search": {...}} added to \p o. */
struct error *page_holders_json(struct out *out, struct check *c, uint64_t pfn, const struct holders *h, struct json_object *o)
	_must_check_;

#endif
