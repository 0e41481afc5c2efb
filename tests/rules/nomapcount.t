# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel that counts mappings of large folios as a whole only (CONFIG_NO_PAGE_MAPCOUNT), never of their pages.

test nomapcount-large-high: one mapping more than page tables have
kernels *nomapcount
pick p anon large large>=2 entire=0
set folio[p].large += 1
expect mapcount-recount-large p error

test nomapcount-entry-lost: a page's entry is gone, which only the sum of its folio tells
kernels *nomapcount
pick p anon tail level=1 entries=1
set pte[p] = NO_ENTRY
expect mapcount-recount-large head(p) error
also mm-rss

test nomapcount-entire: mapped as a whole once more
kernels *nomapcount
pick p anon large level=2 mms=1
set folio[p].entire += 1
expect mapcount-recount-entire p error

test nomapcount-refcount: a reference too many on a folio whose pages are mapped one by one
kernels *nomapcount
pick p anon large large>=2 entire=0
set page[p]._refcount += 1
expect refcount-extra p warning

test nomapcount-slot: the slot of an address space counts a mapping that it has not
kernels *nomapcount
pick p anon tail level=1 entries=1
set folio[head(p)].mm_id_mapcount[0] += 1
expect mmid-slot-consistent head(p) error

test nomapcount-small: a small page still has its own count
kernels *nomapcount
pick p anon small entries=1
set page[p]._mapcount += 1
expect mapcount-recount-small p error

test ok-nomapcount-nr-mapped: _nr_pages_mapped is not even initialised
kernels *nomapcount
pick p anon large large>=1
set folio[p]._nr_pages_mapped = 0x12345
expect nothing

test nomapcount-zap: the table of a page of a large folio is locked, its entry gone, the count not yet
kernels *nomapcount
pick p anon tail level=1 entries=1
set pte[p] = NO_ENTRY
set page[table(p)].ptl = 1
expect mapcount-recount-large head(p) note
also mm-rss

test nomapcount-zap-more: the same where the count is lower than the entries
kernels *nomapcount
pick p anon tail level=1 entries=1
set folio[head(p)].large -= 1
set page[table(p)].ptl = 1
expect mapcount-recount-large head(p) error
