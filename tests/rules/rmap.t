# SPDX-License-Identifier: GPL-2.0-or-later
# Counters of mappings against the entries that page tables hold.

# ---- small pages ----------------------------------------------------------------------------------------------------

test recount-anon-high: one mapping too many is counted for an anonymous page
pick p anon small entries=1
set page[p]._mapcount += 1
expect mapcount-recount-small p error

test recount-anon-low: one too few
pick p anon small entries=1
set page[p]._mapcount -= 1
expect mapcount-recount-small p error

test recount-cow-high: of a page that fork() left shared
pick p anon small mms>=2
set page[p]._mapcount += 1
expect mapcount-recount-small p error

test recount-cow-low: the references still cover what is counted, not what is mapped
pick p anon small mms>=2
set page[p]._mapcount -= 1
expect mapcount-recount-small p error

test recount-ksm-high: of a page that KSM shares
pick p ksm entries>=2
set page[p]._mapcount += 1
expect mapcount-recount-small p error

test recount-ksm-low: one too few
pick p ksm entries>=2
set page[p]._mapcount -= 1
expect mapcount-recount-small p error

test recount-file-high: of a page of a file
pick p file small entries>=1
set page[p]._mapcount += 1
expect mapcount-recount-small p error

test recount-file-low: one too few
pick p file small entries>=1
set page[p]._mapcount -= 1
expect mapcount-recount-small p error

test recount-shmem-high: of a page of shared memory
pick p shmem small entries>=1
set page[p]._mapcount += 1
expect mapcount-recount-small p error

test recount-shmem-low: one too few
pick p shmem small entries>=1
set page[p]._mapcount -= 1
expect mapcount-recount-small p error

test recount-unmapped-file: a page of a file that nobody maps counts a mapping
pick p file small entries=0 refcount=1
set page[p]._mapcount += 1
set page[p]._refcount += 1
expect mapcount-recount-small p error

test recount-bit: a high bit of the count, with references to match: no other rule can see it
pick p file small entries>=1
set page[p]._mapcount += 64
set page[p]._refcount += 64
expect mapcount-recount-small p error

test refcount-lt-mappings-shared: count and references lost together, entries left
pick p anon small mms>=2 flag=!swapcache
set page[p]._mapcount -= 1
set page[p]._refcount = page[p]._mapcount + 1
expect mapcount-recount-small p error
expect refcount-lt-mappings p error follows

test refcount-lt-mappings-only: the same, with the count as it was seen from a damaged entry
pick p file small entries>=2 flag=!private
set page[p]._mapcount -= 1
set page[p]._refcount = page[p]._mapcount + 2
expect mapcount-recount-small p error
expect refcount-lt-mappings p error follows

# ---- pages of large folios ------------------------------------------------------------------------------------------

test recount-large-page-high: a page of a large anonymous folio that page tables map page by page
pick p anon tail level=1 entries>=1
set page[p]._mapcount += 1
expect mapcount-recount-page p error

test recount-large-page-low: one too few
pick p anon tail level=1 entries>=1
set page[p]._mapcount -= 1
expect mapcount-recount-page p error

test recount-large-head-high: the first page of it
pick p anon large level=1 entries>=1
set page[p]._mapcount += 1
expect mapcount-recount-page p error

test recount-large-tail-unmapped: a page of a folio that is mapped as a whole
pick p anon tail level=2
set page[p]._mapcount += 1
expect mapcount-recount-page p error

test recount-shmem-huge-page: a page of a huge page of shared memory
pick p shmem tail level=2
set page[p]._mapcount += 1
expect mapcount-recount-page p error

test recount-file-large-page: a page of a large folio in the page cache
pick p file tail entries>=1
set page[p]._mapcount += 1
expect mapcount-recount-page p error

test recount-file-large-page-low: one too few
pick p file tail entries>=1
set page[p]._mapcount -= 1
expect mapcount-recount-page p error

test recount-all-pages: every page of a huge page counts one more: the mapping as a whole was counted page by page
kernels 5.10 6.1
pick p shmem large level=2
set page[p]._mapcount += 1
set page[p+1]._mapcount += 1
set page[p+2]._mapcount += 1
expect mapcount-recount-page p error

# ---- folios as a whole ----------------------------------------------------------------------------------------------

test recount-thp-entire-high: a huge page that an upper-level entry maps
pick p anon large level=2
set folio[p].entire += 1
expect mapcount-recount-entire p error

test recount-thp-entire-low: one too few
pick p anon large level=2
set folio[p].entire -= 1
expect mapcount-recount-entire p error

test recount-shmem-entire-high: of shared memory
pick p shmem large level=2
set folio[p].entire += 1
expect mapcount-recount-entire p error

test recount-shmem-entire-low: one too few
pick p shmem large level=2
set folio[p].entire -= 1
expect mapcount-recount-entire p error

test recount-hugetlb-high: of hugetlbfs
pick p hugetlb large entries>=1
set folio[p].entire += 1
expect mapcount-recount-entire p error

test recount-hugetlb-low: one too few
pick p hugetlb large entries>=1
set folio[p].entire -= 1
expect mapcount-recount-entire p error

test recount-large-high: the sum of all mappings
pick p anon large level=1 entries>=1
set folio[p].large += 1
expect mapcount-recount-large p error

test recount-large-low: one too few
pick p anon large level=1 entries>=1
set folio[p].large -= 1
expect mapcount-recount-large p error

test recount-large-thp: the sum of a huge page
pick p anon large level=2
set folio[p].large += 1
expect mapcount-recount-large p error

test recount-nr-mapped-high: pages that are mapped at all: seen by the counters alone
pick p anon large level=1 entries>=1
set folio[p].nr_mapped += 1
expect nr-pages-mapped-recount p

test recount-nr-mapped-low: one too few
pick p anon large level=1 entries>=1
set folio[p].nr_mapped -= 1
expect nr-pages-mapped-recount p

# ---- who maps a folio -----------------------------------------------------------------------------------------------

test mmid-dead: a slot names an address space that is gone
pick p anon large level=2 mms=1
set folio[p].mm_id[0] = 0x7ff0
expect mmid-live p error

test mmid-slot-high: a slot counts more than its address space maps
pick p anon tail level=1 entries=1
set folio[head(p)].mm_id_mapcount[0] += 1
expect mmid-slot-consistent head(p) error
expect mmid-recount head(p) error follows

test mmid-slot-shared: the same where the folio has more mappings than the slot
pick p file large mms>=2
set folio[p].mm_id_mapcount[0] += 1
set folio[p].mm_id_mapcount[1] -= 1
expect mmid-recount p error

test mmid-wrong-mm: a slot names another address space than the one that maps the folio
pick p anon large level=2 mms=1
pick q anon small mm=!p
set folio[p].mm_id[0] = mm[q].mm_id
expect mmid-recount p error

test mmid-exclusive-lie: the shared mark is gone, two address spaces map the folio
pick p file large mms>=2
set folio[p].mm_id[1] &= 0x7fffffff
expect mmid-slot-consistent p error
expect mmid-exclusive-lie p error follows

test ok-mmid-shared-mark: a mark that stayed when one address space was left
pick p anon large level=2 mms=1
set folio[p].mm_id[1] |= 0x80000000
expect nothing

test ok-mmid-low: a slot that counts less than its address space maps
pick p anon tail level=1 entries=1
set folio[head(p)].mm_id_mapcount[0] -= 1
expect nothing

test recount-double-map: a lost PG_double_map makes every page count one too many
needs DOUBLE_MAP
pick p anon head order=9 entire>=1 mapcount>=1 mms>=1
if page[p+1].flags & flag(double_map)
set page[p+1].flags &= ~flag(double_map)
also refcount-lt-mapcount p
expect mapcount-recount-page p error

# ---- in flight ------------------------------------------------------------------------------------------------------

test flight-zap: the entry is gone already, count and reference are not: the table is locked
pick p anon small entries=1
set pte[p] = NO_ENTRY
set page[table(p)].ptl = 1
expect mapcount-recount-small p note
also mm-rss

test flight-map: count and reference are there already, the entry is not
pick p anon small entries=1 flag=!anon_exclusive
set page[p]._mapcount += 1
set page[p]._refcount += 1
set page[table(p)].ptl = 1
expect mapcount-recount-small p note

test flight-map-file: the same for a page of a file
pick p file small entries=1
set page[p]._mapcount += 1
set page[p]._refcount += 1
set page[table(p)].ptl = 1
expect mapcount-recount-small p note

test flight-zap-page: of a large folio
pick p anon tail level=1 entries=1
set pte[p] = NO_ENTRY
set page[table(p)].ptl = 1
expect mapcount-recount-page p note
also mm-rss

test flight-zap-huge: the upper table of a huge page
pick p anon large level=2 entries=1
set pte[p] = NO_ENTRY
set page[table(p)].ptl = 1
expect mapcount-recount-entire p note
also mm-rss

test flight-zap-hugetlb: of a huge page of hugetlbfs
pick p hugetlb large entries=1
set pte[p] = NO_ENTRY
set page[table(p)].ptl = 1
also cont-bit-range
expect mapcount-recount-entire p note
also mm-hugetlb-usage

test flight-twice: one locked table explains one mapping, not two
pick p anon small entries=1
set page[p]._mapcount += 2
set page[p]._refcount += 2
set page[table(p)].ptl = 1
expect mapcount-recount-small p error

test flight-low: fewer counts than entries are wrong whoever holds a lock
needs ANON_EXCLUSIVE
pick p anon small entries=1
set page[p]._mapcount -= 1
set page[table(p)].ptl = 1
expect mapcount-recount-small p error

test flight-low-old: up to v5.18 swap-in wrote the entry first
needs not ANON_EXCLUSIVE
pick p anon small entries=1
set page[p]._mapcount -= 1
set page[table(p)].ptl = 1
expect mapcount-recount-small p note
also node-stat-anon-mapped

test flight-other-table: the lock of a table that does not map the page explains nothing
pick p anon small entries=1
pick q anon small mm=!p
set pte[p] = NO_ENTRY
set page[table(q)].ptl = 1
expect mapcount-recount-small p error

test flight-other-table-same-mm: also not in the same address space
pick p anon small entries=1
pick q anon small mm=p table=!p
set pte[p] = NO_ENTRY
set page[table(q)].ptl = 1
expect mapcount-recount-small p error
