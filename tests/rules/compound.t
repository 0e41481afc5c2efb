# SPDX-License-Identifier: GPL-2.0-or-later
# Compound pages: src/rules/compound.def.

# ---- heads ---------------------------------------------------------------------------------------------------------

test head-order-range: an order that no block has
pick p anon head order=9
set folio[p].order = 77
expect head-order-range p error

test head-order-zero: order 0 on a compound page
pick p slab head order>=2
set folio[p].order = 0
expect head-order-range p error

test head-order-stray-head: PG_head on a page that never was compound
pick p anon small next=anon
set page[p].flags |= flag(head)
expect head-order-range p error

test head-order-stray-kernel: PG_head on a page of the kernel
pick p kernel small next=!kernel-interior aligned>=1
set page[p].flags |= flag(head)
expect head-order-range p warning

test head-aligned: an order too large for its place
pick p slab head order=1
set folio[p].order = 9
expect head-aligned p error

test head-nr-matches-order: the number of pages differs from the order
needs FOLIO_NR_PAGES
pick p anon head order>=2
set folio[p].nr = 7
expect head-nr-matches-order p error

test head-nr-order-half: the order is one too small
needs FOLIO_NR_PAGES
pick p anon head order=9
set folio[p].order -= 1
expect head-nr-matches-order p error

test head-mask-matches-order: the mask of one tail is that of a smaller folio
needs MASK_COMPOUND
pick p anon head order=9
set page[p+100].compound_info = -64 << 4 | 1
expect head-mask-matches-order p+100 error

test compound-dtor-valid: the function that frees the folio
needs COMPOUND_DTOR
pick p anon head order=9
set folio[p].dtor = 9
expect compound-dtor-valid p error

test compound-dtor-zero: no function frees the folio
needs COMPOUND_DTOR
pick p slab head order>=2
set folio[p].dtor = 0
expect compound-dtor-valid p error

test rmappable-flag: a large anonymous folio that cannot be mapped
needs LARGE_RMAPPABLE
pick p anon head order>=2 flag=lru
set page[p+1].flags &= ~flag(large_rmappable)
expect rmappable-flag p error

test rmappable-flag-file: the same in the page cache
needs LARGE_RMAPPABLE
pick p file|shmem head order>=2 flag=lru
set page[p+1].flags &= ~flag(large_rmappable)
expect rmappable-flag p error

test ok-rmappable-kernel: the flag means nothing on memory of the kernel
needs LARGE_RMAPPABLE
pick p kernel|slab head order>=2
set page[p+1].flags |= flag(large_rmappable)
expect nothing

test small-not-head: PG_head was lost
pick p anon head order>=2
set page[p].flags &= ~flag(head)
expect small-not-head p error

test small-not-head-slab: PG_head of a slab was lost
pick p slab head order>=2
set page[p].flags &= ~flag(head)
expect small-not-head p error

# ---- the way to the head ---------------------------------------------------------------------------------------------

test tail-head-pointer: one tail leads to another head
needs not MASK_COMPOUND
pick p anon head order>=3
pick q anon head order>=3
set page[p+5].compound_head = page_va(q) | 1
expect tail-head-pointer p+5 error

test tail-head-pointer-bit: a flipped bit in the way to the head
needs not MASK_COMPOUND
pick p slab head order>=2
set page[p+2].compound_head ^= 1 << 20
expect tail-head-pointer p+2 error

test tail-head-pointer-mask: the mask of one tail is no mask
needs MASK_COMPOUND
pick p anon head order>=3
set page[p+5].compound_info ^= 1 << 30
expect tail-head-pointer p+5 error

test tail-head-pointer-zero: one tail has become a page of its own
pick p anon head order>=3
set page[p+5].head = 0
expect tail-head-pointer p+5 error

test tail-head-pointer-first: the first tail has become a page of its own
pick p anon head order>=3
set page[p+1].head = 0
expect tail-head-pointer p+1 error

test tail-outside-range: an odd second word on a page that is no tail
needs not MASK_COMPOUND
pick q anon head order=9 nth=0
pick p anon small nth=-1
set page[p].head = page_va(q) | 1
expect tail-outside-range p error

test tail-outside-behind: a page behind its folio still says it is a tail
needs not MASK_COMPOUND
pick p slab head order>=1 next=page-table
set page[p+nr(p)].head = page_va(p) | 1
expect tail-outside-range p+nr(p)
also tail-outside-range
also pt-page-typed

test tail-outside-odd: an odd value that leads nowhere
pick p anon small
set page[p].head = 0x1235
expect tail-head-pointer p error

test tail-on-list: a tail was put on a list
pick p slab head order>=3
pick q anon small flag=lru
set page[p+3].lru.next = page[q].lru.next
set page[p+3].lru.prev = page[q].lru.prev
expect tail-on-list p+3 error

# ---- words a tail must leave alone ---------------------------------------------------------------------------------------

test tail-refcount-zero: get_page() on a tail
pick p anon head order>=2
set page[p+2]._refcount = 1
expect tail-refcount-zero p+2 error

test tail-refcount-zero-slab: get_page() on a tail of a slab
pick p slab head order>=2
set page[p+3]._refcount = 1
expect tail-refcount-zero p+3 error

test tail-refcount-first: get_page() on the first tail
pick p hugetlb head
set page[p+1]._refcount = 1
expect tail-refcount-zero p+1 error

test tail-refcount-minus: put_page() on a tail
pick p anon head order>=2
set page[p+3]._refcount = -1
expect refcount-negative p+3 error
expect tail-refcount-zero p+3 error follows

test tail-mapcount-range: a tail of a slab is mapped
pick p slab head order>=2
set page[p+2]._mapcount = 0
expect tail-mapcount-range p+2 error

test tail-mapcount-hugetlb: a tail of a huge page is mapped by itself
pick p hugetlb head
set page[p+7]._mapcount = 0
expect tail-mapcount-range p+7 error

test tail-mapping-poison: a driver stored a mapping in a tail
pick p slab head order>=3
pick q file|shmem small
set page[p+5].mapping = page[q].mapping
expect tail-mapping-poison p+5 error

test tail-mapping-zero: the mapping of a tail was cleared
pick p anon head order>=3
set page[p+5].mapping = 0
expect tail-mapping-poison p+5 error

test tail-private-zero: private data of one page of a folio
needs TAIL_PRIVATE
pick p anon head order>=3 flag=!swapcache
set page[p+5].private = 0x1234
expect tail-private-zero p+5 warning

test tail-flags-legal: PG_locked on a tail
pick p anon head order>=3
set page[p+5].flags |= flag(locked)
expect tail-flags-legal p+5 error

test tail-flags-legal-slab: PG_dirty on a tail of a slab
pick p slab head order>=2
set page[p+3].flags |= flag(dirty)
expect tail-flags-legal p+3 error

test tail-flags-legal-first: PG_lru on the first tail
kernels 6.1 5.10
pick p slab head order>=2
set page[p+1].flags |= flag(lru)
expect tail-flags-legal p+1 error

test ok-tail-hwpoison: one page of a folio is poisoned
needs HWPOISON
pick p anon head order>=3
set page[p+5].flags |= flag(hwpoison)
set mem[symbol(num_poisoned_pages)] += 1
expect nothing

test ok-tail-anon-exclusive: the pages of an anonymous folio may be exclusive by themselves
needs ANON_EXCLUSIVE
pick p anon tail mapcount=1 entire=0
set page[p].flags |= flag(anon_exclusive)
expect nothing

test tail-exclusive-slab: the same flag on a tail of a slab
needs ANON_EXCLUSIVE
pick p slab head order>=2
set page[p+3].flags |= flag(anon_exclusive)
expect tail-flags-legal p+3 error

test ok-hugetlb-tail-private: active huge pages are marked in the first tail
kernels 5.10
pick p hugetlb head
set page[p+1].flags |= flag(private)
expect nothing

test tail-memcg-zero: one tail is charged to somebody
needs MEMCG
pick p anon head order>=3 memcg!=0
set page[p+5].memcg = page[p].memcg + 0x40
expect tail-memcg-zero p+5 warning

test ok-tail-memcg: tails get their cgroup early in a split
needs MEMCG
pick p anon head order>=3 memcg!=0
set page[p+5].memcg = page[p].memcg
expect nothing

test type-on-tail: one page of a folio became a page table
pick p anon head order>=3
set page[p+5].page_type = type(table)
expect type-on-tail p+5 error

test type-on-tail-buddy: one page of a slab was freed
pick p slab head order>=3
set page[p+5].page_type = type(buddy)
expect type-on-tail p+5 error

# ---- in the middle of a split or a free ---------------------------------------------------------------------------------------

test ok-frozen: a folio that is unmapped, locked and frozen for a split, migration or reclaim
kernels 6.1 5.10
pick p anon head entries=1 order=9 entire=1 mapcount=0
set pte[p] = swp(swptype(migration), p)
set folio[p].entire = -1
set page[p]._refcount = 0
set page[p].flags |= flag(locked)
expect nothing
also node-stat-anon-mapped
also node-stat-thps

test ok-frozen-sums: the same where there are sums
needs LARGE_MAPCOUNT not MM_ID
pick p anon head entries=1 order=9 entire=1 large=1
set pte[p] = swp(swptype(migration), p)
set folio[p].entire = -1
set folio[p].large = -1
set folio[p].nr_mapped = 0
set page[p]._refcount = 0
set page[p].flags |= flag(locked)
expect nothing
also node-stat-anon-mapped
also node-stat-thps

test ok-frozen-ids: the same where there are mm ids
needs MM_ID
pick p anon head entries=1 order=9 entire=1 large=1
set pte[p] = swp(swptype(migration), p)
set folio[p].entire = -1
set folio[p].large = -1
set folio[p].nr_mapped = 0
set folio[p].mm_id[0] = 0
set folio[p].mm_id[1] = 0
set folio[p].mm_id_mapcount[0] = -1
set folio[p].mm_id_mapcount[1] = -1
set page[p]._refcount = 0
set page[p].flags |= flag(locked)
expect nothing
also node-stat-anon-mapped
also node-stat-thps

test freed-half: a folio whose order free_pages_prepare() has cleared, and the words of its first tails
needs LARGE_MAPCOUNT
pick p anon head entries=1 order=9 entire=1 large=1 mapcount=0
set pte[p] = swp(swptype(migration), p)
set folio[p].entire = 0
set folio[p].large = -2
set folio[p].nr_mapped = 7
set folio[p].order = 0
set folio[p].nr = 0
set page[p]._refcount = 0
set page[p].flags &= ~flag(lru)
expect head-order-range p warning
also list-lru-flag p
also inuse-refcount-positive p
also lru-zone-size
also nr-lru-stat
also node-stat-anon-mapped

test ok-frozen-small: the same for a single page
pick p shmem small mapcount=0 holders=0
set page[p]._refcount = 0
set page[p].flags |= flag(locked)
expect nothing

test frozen-tail-refcount: a split gives references to its new pages one by one
pick p anon head order>=2 refcount>=1
set page[p]._refcount = 0
set page[p].flags |= flag(locked)
set page[p+3]._refcount = 1
expect refcount-zero-mapped p error
expect tail-refcount-zero p+3 warning follows
also large-ge-entire p
