# SPDX-License-Identifier: GPL-2.0-or-later
# Counters of one page or folio against each other: src/rules/count.def.

# ---- references ----------------------------------------------------------------------------------------------------

test refcount-negative: put_page() too many on a page of the kernel
pick p kernel small next=!kernel-interior aligned>=1
set page[p]._refcount = -1
expect refcount-negative p error

test refcount-negative-anon: reference overflow on an anonymous page
pick p anon small mapcount=1
set page[p]._refcount = 0x80000001
expect refcount-negative p error

test refcount-overflow: a reference leak in a loop
pick p anon small mapcount=1
set page[p]._refcount = 0x40000000
expect refcount-overflow p warning
also pin-and-not-exclusive p

test ok-many-references: a page cut into pieces has its references in advance
pick p kernel small
set page[p]._refcount = 32769
hold p
expect refcount-held p note

test inuse-refcount-positive: a page of a file without a reference
pick p file small mapcount=0 flag=!locked flag=lru
set page[p]._refcount = 0
expect inuse-refcount-positive p warning
also any p

test inuse-refcount-positive-anon: nothing maps it, as if it were about to be freed, but a pipe has it
pick p anon small mapcount=0 flag=!locked flag=lru
set page[p]._refcount = 0
expect refcount-lt-holders p error
expect inuse-refcount-positive p note follows

test refcount-zero-mapped: a page that processes map has no reference
pick p anon small mapcount=1
set page[p]._refcount = 0
expect refcount-zero-mapped p error

test refcount-zero-mapped-locked: a lock does not explain it
pick p anon small mapcount=1
set page[p]._refcount = 0
set page[p].flags |= flag(locked)
expect refcount-zero-mapped p error

test refcount-zero-mapped-large: the same for a large folio
pick p anon head order=9 entire>=1
set page[p]._refcount = 0
expect refcount-zero-mapped p error

test refcount-lt-mapcount: put_page() too many on a page that two processes share
pick p anon small mapcount=2 refcount=2
set page[p]._refcount = 1
expect refcount-lt-mapcount p error

test refcount-lt-mapcount-file: put_page() too many on a mapped page of a file
pick p file|shmem small mapcount>=1
set page[p]._refcount = page[p]._mapcount + 1
expect refcount-lt-mapcount p error

test refcount-lt-mapcount-cache: one reference missing of a large folio in the page cache
pick p shmem|file head mapcount=0 entire=0
set page[p]._refcount = nr(p) - 1
expect refcount-lt-mapcount p error

test refcount-lt-mapcount-entire: mapped as a whole twice, with one reference; no split, for no page is mapped by itself
kernels 5.10
pick p anon head order=9 entire=1 mapcount=0 refcount=1
set folio[p].entire = 1
also large-ge-entire p
also anon-exclusive-shared p
also mmid-slot-consistent p
expect mapcount-recount-entire p error
expect refcount-lt-mapcount p error follows

test refcount-lt-mapcount-swap: the reference of the swap cache is missing
pick p anon-swapcache small mapcount>=1
set page[p]._refcount = page[p]._mapcount + 1
expect refcount-lt-mapcount p error

test refcount-lt-private: the reference for the private data is missing
pick p file small flag=private mapcount=0
set page[p]._refcount = 1
expect refcount-lt-mapcount p error

test refcount-lt-hugetlb: a huge page with fewer references than mappings
pick p hugetlb head entire>=1
set page[p]._refcount = folio[p].entire
if folio[p].entire
expect refcount-lt-mapcount p error

test ok-transient-reference: two who look at the page
pick p anon small mapcount=1 refcount=1
set page[p]._refcount = 3
hold p
hold p stack
expect nothing

test mapcount-leak: a mapping that was never undone
pick p anon small mapcount=1 refcount=1
set page[p]._mapcount = 4
expect mapcount-recount-small p error
expect refcount-lt-mapcount p error follows

test ok-perf-page: a page of a perf ring has a mapping but is in no page cache
pick p kernel small mapcount=0
pick q file small flag=lru
set page[p].mapping = page[q].mapping
expect nothing

test kernel-page-unmapped-too-much: a page of the kernel mapped more often than referenced
pick p kernel small mapcount=0 refcount=1
set page[p]._mapcount = 1
expect mapcount-recount-small p error
expect refcount-lt-mapcount p error follows

# ---- mappings of large folios --------------------------------------------------------------------------------------------

test large-ge-entire: the sum of mappings is one too small
needs LARGE_MAPCOUNT
pick p anon head order>=2 large>=1
set folio[p].large -= 1
expect mapcount-recount-large p error
expect large-ge-entire p error follows

test large-ge-entire-page: the mapcount of one page is one too high
needs LARGE_MAPCOUNT
pick p anon head order>=2 large>=1 entire=0
set page[p+1]._mapcount += 1
expect mapcount-recount-page p+1 error
expect large-ge-entire p error follows

test large-ge-entire-tail: the mapcount of the last page is one too high
needs LARGE_MAPCOUNT
pick p shmem|file head order>=2 large>=1 entire=0
set page[p+nr(p)-1]._mapcount += 1
expect mapcount-recount-page p+nr(p)-1 error
expect large-ge-entire p error follows

test nr-pages-mapped-recount: drift of the number of mapped pages
needs NR_PAGES_MAPPED
pick p anon head order>=2 large>=1
set folio[p].nr_mapped += 1
expect nr-pages-mapped-recount p warning

test nr-pages-mapped-entire: mapped as a whole, but the mark is missing
needs NR_PAGES_MAPPED
pick p anon head order=9 entire>=1
set folio[p].nr_mapped ^= 0x800000
expect nr-pages-mapped-recount p warning

test hugetlb-large-eq-entire: one of the two counters of a huge page
needs HUGETLB LARGE_MAPCOUNT
pick p hugetlb head entire>=1
set folio[p].large -= 1
expect hugetlb-large-eq-entire p warning

test mmid-slot-free: a free slot counts mappings
needs MM_ID
pick p anon head order>=2 large>=1 flag=!locked
set folio[p].mm_id[1] = 0
set folio[p].mm_id_mapcount[1] = 3
expect mmid-slot-consistent p error

test mmid-slot-unused: a used slot counts none
needs MM_ID
pick p anon head order>=2 large>=1
set folio[p].mm_id_mapcount[0] = -1
set folio[p].mm_id[0] = 77
expect mmid-slot-consistent p error

test mmid-slot-consistent: shared, but marked as exclusive
needs MM_ID
pick p anon head order>=2 large>=2
set folio[p].mm_id[0] = 5
set folio[p].mm_id_mapcount[0] = 0
set folio[p].mm_id[1] = 0
set folio[p].mm_id_mapcount[1] = -1
expect mmid-slot-consistent p error

test mmid-slot-same: both slots name the same address space
needs MM_ID
pick p anon head order>=2 large>=2
set folio[p].mm_id[0] = 5
set folio[p].mm_id_mapcount[0] = 0
set folio[p].mm_id[1] = 5 | bit(31)
set folio[p].mm_id_mapcount[1] = 0
expect mmid-slot-consistent p error

test ok-mmid-locked: a CPU is changing the ids
needs MM_ID
pick p anon head order>=2 large>=1
set folio[p].mm_id[0] |= bit(31)
set folio[p].mm_id_mapcount[0] = -1
expect nothing

test ok-mmid-stale-shared: a shared mark that is out of date
needs MM_ID
pick p anon head order>=2 large>=1
set folio[p].mm_id[1] |= bit(31)
expect nothing

test large-locked: the sum lags behind while the ids are locked
needs MM_ID
pick p anon head order>=2 large>=2 entire=0
set folio[p].mm_id[0] |= bit(31)
set folio[p].large -= 1
expect mapcount-recount-large p warning
expect large-ge-entire p warning follows

test double-map-entire: doubly mapped, but not as a whole
needs DOUBLE_MAP
pick p anon head order=9 entire=0
set page[p+1].flags |= flag(double_map)
expect double-map-entire p warning

test ok-double-map-file: on pages of files the flag says only that there are page table entries
needs DOUBLE_MAP
pick p file|shmem head order=9
set page[p+1].flags |= flag(double_map)
expect nothing

test entire-mapcount-order: a slab mapped by a PMD
needs ENTIRE_MAPCOUNT
pick p slab head order=3
set folio[p].entire = 0
expect entire-mapcount-order p error

test entire-mapcount-order-anon: a folio of 64 KiB mapped by a PMD
pick p anon head order=4
set folio[p].entire = 0
expect entire-mapcount-order p error

# ---- pins ----------------------------------------------------------------------------------------------------------------------

test pincount-sane: more pins than references
needs PINCOUNT
pick p anon head order>=2 pincount=0
set folio[p].pincount = 5000
expect pincount-sane p error

test pincount-negative: a pin was released twice
needs PINCOUNT
pick p anon head order>=2 pincount=0
set folio[p].pincount = -1
expect pincount-sane p error

test ok-pinned: a pin is a reference and counted
needs PINCOUNT
pick p anon head order=9 pincount=0
set folio[p].pincount += 3
set page[p]._refcount += 3
hold p
expect nothing
also refcount-held p

test pin-small-sane: a pin released by put_page() leaves 1023 references; somebody else still has the page
pick p shmem small mapcount=1
hold p
todo only what is more than 1024 is looked at
set page[p]._refcount += 1023
expect pin-small-sane p note

test pin-small-twice: two pins released by put_page()
pick p shmem small mapcount=1
set page[p]._refcount += 2046
expect refcount-extra p warning
expect pin-small-sane p note follows

test pin-and-not-exclusive: pinned, but not exclusive
needs ANON_EXCLUSIVE
pick p anon small mapcount=1 flag=!anon_exclusive
set page[p]._refcount += 1024
expect pin-and-not-exclusive p warning

test ok-pin-exclusive: an exclusive page pinned twice
needs ANON_EXCLUSIVE
pick p anon small mapcount=1 flag=anon_exclusive
set page[p]._refcount += 2048
hold p
expect refcount-held p note

test ok-pin-file: a pinned page of a file
pick p shmem small mapcount=1
set page[p]._refcount += 1024
hold p
expect refcount-held p note

# ---- PG_anon_exclusive -----------------------------------------------------------------------------------------------------------

test anon-exclusive-shared: a page of one process mapped twice
needs ANON_EXCLUSIVE
pick p anon small mapcount=2
set page[p].flags |= flag(anon_exclusive)
expect anon-exclusive-shared p error

test anon-exclusive-shared-large: the same for the head of a large folio
needs ANON_EXCLUSIVE
pick p anon head order=9 entire>=2
set page[p].flags |= flag(anon_exclusive)
expect anon-exclusive-shared p error

test ok-anon-exclusive-unmapped: nobody clears the flag when the page is unmapped
needs ANON_EXCLUSIVE
pick p anon small mapcount=0
set page[p].flags |= flag(anon_exclusive)
expect nothing

test anon-exclusive-ksm: a page merged by KSM said to be exclusive
needs ANON_EXCLUSIVE KSM_BIT
pick p ksm small
set page[p].flags |= flag(anon_exclusive)
expect anon-exclusive-ksm p error

test ok-ksm-shared: KSM pages are mapped many times
pick p ksm small mapcount>=2
set page[p]._refcount += 5000
hold p
expect refcount-held p note
