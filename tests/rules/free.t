# SPDX-License-Identifier: GPL-2.0-or-later
# Free memory: src/rules/free.def.  README.md explains the records.

# ---- pages inside free blocks ---------------------------------------------------------------------------------------

test free-refcount-zero: a reference on a page inside a free block
pick p buddy interior order>=2
set page[p]._refcount = 1
expect free-refcount-zero p error

test free-refcount-zero-head: a reference on the first page of a free block
pick p buddy first
set page[p]._refcount += 1
expect free-refcount-zero p error

test free-refcount-zero-pcp: a reference on a page of a per-CPU list
pick p pcp-free first order=0
set page[p]._refcount = 2
expect free-refcount-zero p error

test free-refcount-negative: one put too many before the page was freed
pick p buddy interior order>=2
set page[p]._refcount = -1
expect refcount-negative p error

test free-mapcount: a mapping that was never undone
pick p buddy interior order>=2
set page[p]._mapcount = 0
expect free-mapcount p error

test free-mapcount-pcp: a mapping that was never undone, on a per-CPU list
pick p pcp-free first order=0
set page[p]._mapcount = 2
expect free-mapcount p error

test free-mapping-null: the mapping of the last owner is left
pick p buddy interior order>=2
pick q anon small
set page[p].mapping = page[q].mapping
expect free-mapping-null p error

test free-mapping-null-head: the same on the first page of a block
pick p buddy first
pick q anon small
set page[p].mapping = page[q].mapping
expect free-mapping-null p error

test free-mapping-null-pcp: the same on a per-CPU list
pick p pcp-free first order=0
pick q file|shmem small
set page[p].mapping = page[q].mapping
expect free-mapping-null p error

test free-flags-clear: SetPageDirty() after the page was freed
pick p buddy interior order>=2
set page[p].flags |= flag(dirty)
expect free-flags-clear p error

test free-flags-clear-head: PG_locked on the first page of a block
pick p buddy first
set page[p].flags |= flag(locked)
expect free-flags-clear p error

test free-flags-clear-pcp: PG_active on a page of a per-CPU list
pick p pcp-free first order=0
set page[p].flags |= flag(active)
expect free-flags-clear p error

test free-flags-reserved: PG_reserved on a free page
pick p buddy interior order>=2
set page[p].flags |= flag(reserved)
expect free-flags-clear p error

test ok-reported: the hypervisor knows about a free block
pick p buddy first order>=3
set page[p].flags |= flag(reported)
expect nothing

test reported-interior: PG_reported inside a block is no report
pick p buddy interior order>=3
set page[p].flags |= flag(reported)
expect free-flags-clear p error

test free-lrugen-clear: a page freed while on a list of the multi-generational LRU
needs LRU_GEN
pick p buddy interior order>=2
set page[p].flags |= flagtop(lru_gen)
expect free-lrugen-clear p error

test free-lrurefs-clear: tier bits are left
needs LRU_GEN
pick p pcp-free first order=0
set page[p].flags |= flagbit(lru_refs)
expect free-lrugen-clear p error

test free-memcg-null: still charged
needs MEMCG
pick p buddy interior order>=2
pick q anon small memcg!=0
set page[p].memcg = page[q].memcg
expect free-memcg-null p error

test free-memcg-null-head: still charged, first page of a block
needs MEMCG
pick p buddy first
pick q anon small memcg!=0
set page[p].memcg = page[q].memcg
expect free-memcg-null p error

test free-pp-magic: a network driver freed a page of a page pool
needs PAGE_POOL
pick p buddy interior order>=2
set page[p].pp_magic = PP_SIGNATURE
expect free-pp-magic p error

test free-pp-magic-index: the mark with the index of a DMA mapping in it
needs PAGE_POOL
if PP_SIGNATURE >> 16
pick p buddy interior order>=2
set page[p].pp_magic = PP_SIGNATURE | (5 << 7)
expect free-pp-magic p error

test free-private-zero: private data of the last owner is left
pick p buddy interior order>=2
pick q slab first
set page[p].private = page_va(q)
expect free-private-zero p

test free-private-zero-pcp: the same on a per-CPU list
pick p pcp-free first order=0
set page[p].private = 3
expect free-private-zero p

test free-hwpoison: a poisoned page that anybody can get
needs HWPOISON
pick p buddy interior order>=2
set page[p].flags |= flag(hwpoison)
expect free-hwpoison p warning
also hwpoison-count

test free-hwpoison-pcp: the same on a per-CPU list
needs HWPOISON
pick p pcp-free first order=0
set page[p].flags |= flag(hwpoison)
expect free-hwpoison p warning
also hwpoison-count

test ok-free-stale-links: the list words of pages inside a block are leftovers
pick p buddy interior order>=2
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect nothing

test ok-free-stale-index: index of a free page is a leftover
pick p buddy interior order>=2
set page[p].index = 0x7f1234567
expect nothing

test ok-free-cpupid: the last CPU of a free page is a leftover
pick p buddy interior order>=2
set page[p].flags ^= flagbit(last_cpupid)
expect nothing

# ---- blocks ------------------------------------------------------------------------------------------------------------

test buddy-order-range: an order larger than there are
pick p buddy first order>=2
set page[p].private = 200
expect buddy-order-range p error

test buddy-order-range-pointer: somebody attached private data to a free block
pick p buddy first order>=2
pick q slab first
set page[p].private = page_va(q)
expect buddy-order-range p error

test buddy-aligned: freed with too large an order for its place
pick p buddy first order=1
set page[p].private = 10
expect buddy-aligned p error

test buddy-no-overlap: a page inside a free block was freed once more
pick p buddy interior order>=4
set page[p].page_type = type(buddy)
set page[p].private = 0
expect buddy-no-overlap head(p) error

test buddy-interior-typed: a page table inside a free block
pick p buddy interior order>=4
set page[p].page_type = type(table)
expect buddy-interior-clean p error

test buddy-interior-two-words: a page inside a free block is used
pick p buddy interior order>=4
set page[p]._refcount = 1
set page[p]._mapcount = 0
expect buddy-interior-clean p error

test buddy-interior-tail: tail marks inside a free block
pick p buddy interior order>=4
pick q slab large
set page[p].head = page_va(q) | 1
expect buddy-interior-clean p error

test buddy-many-dirty: a write across a free block: the pages behind those that are listed are part of it all the same
pick p buddy interior order>=4
set page[head(p)+3].flags |= flag(dirty)
set page[head(p)+4].flags |= flag(dirty)
set page[head(p)+5].flags |= flag(dirty)
set page[head(p)+6].flags |= flag(dirty)
set page[head(p)+7].flags |= flag(dirty)
set page[head(p)+9].flags |= flag(dirty)
set page[head(p)+10].flags |= flag(dirty)
set page[head(p)+11].flags |= flag(dirty)
set page[head(p)+12].flags |= flag(dirty)
expect free-flags-clear head(p)+3 error
expect free-flags-clear head(p)+4 error follows
expect free-flags-clear head(p)+5 error follows
expect free-flags-clear head(p)+6 error follows
expect free-flags-clear head(p)+7 error follows
expect free-flags-clear head(p)+9 error follows
expect free-flags-clear head(p)+10 error follows
expect free-flags-clear head(p)+11 error follows

test buddy-zone: a block that reaches into another zone, where zones overlap
pick p buddy interior order>=4 zone=DMA nth=-1
set zone[DMA32].spanned_pages += zone[DMA32].zone_start_pfn - head(p)
set zone[DMA32].zone_start_pfn = head(p)
set page[p].flags ^= 1 << 51
expect buddy-zone p error

test buddy-zone-matches: the struct page of a page inside a block says another zone
pick p buddy interior order>=4 zone=DMA32 zonenr>=1
set page[p].flags -= flagbit(zone)
expect page-zone-matches p error

test buddy-merge-complete: a block that lost half of itself
pick p buddy first order=4
set page[p].private = 3
set page[p+8].page_type = type(buddy)
set page[p+8].private = 3
expect list-is-buddy p error
expect buddy-merge-complete p warning follows
expect buddy-in-list p+8 error

test buddy-order-too-small: the second half of a block belongs to nobody
pick p buddy first order=4
set page[p].private = 3
set page[p+8].lru.next = 0
expect list-is-buddy p error
expect frozen-run p+8 warning follows

# ---- per-CPU lists --------------------------------------------------------------------------------------------------------

test pcp-page-state-typed: a page on a per-CPU list became a page table
pick p pcp-free first order=0
set page[p].page_type = type(table)
expect pcp-page-state p error

test pcp-page-state-used: a page on a per-CPU list is in use
pick p pcp-free first order=0
set page[p]._refcount = 1
set page[p]._mapcount = 0
set page[p].flags |= flag(uptodate)
expect pcp-page-state p error

test pcp-page-state-slab: a page in the middle of a compound slab was put on a per-CPU list
pick p pcp-free first order=0
pick q slab tail=3 order>=2
set mem[page[p].lru.next + 8] = page_va(q) + 8
set page[q].lru.next = page[p].lru.next
set page[q].lru.prev = page_va(p) + 8
set page[p].lru.next = page_va(q) + 8
set object[pcp(p)].per_cpu_pages.count += 1
expect tail-on-list q error
expect pcp-page-state q error follows

test pcp-dup: a page of a free block is on a per-CPU list as well
pick p pcp-free first order=0
pick q buddy interior order>=3
set mem[page[p].lru.next + 8] = page_va(q) + 8
set page[q].lru.next = page[p].lru.next
set page[q].lru.prev = page_va(p) + 8
set page[p].lru.next = page_va(q) + 8
set object[pcp(p)].per_cpu_pages.count += 1
expect pcp-dup q error

# ---- guard pages, lost pages ------------------------------------------------------------------------------------------------

test guard-pages: a type damaged to that of guard pages
needs GUARD_PAGES
pick p anon small entries=1
set page[table(p)].page_type = type(guard)
expect pt-page-typed table(p) error
expect guard-pages table(p) warning follows

test frozen-run: one put_page() too many on a page of the kernel
pick p kernel small aligned>=1 next=kernel vmapped=0
set page[p]._refcount = 0
set page[p].lru.next = 0
expect frozen-run p warning

# What was taken off a free list by itself keeps poison in its links: the page looks like one that is being prepared.
test frozen-run-poison: the same on a page that came off a free list by itself
pick p kernel small aligned>=1 next=kernel vmapped=0 owner=by-slab
set page[p]._refcount = 0
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
set page[p].flags &= ~0xffffff
expect frozen-run p note

test frozen-run-zeroed: a page of the kernel whose struct page is all zeros
pick p kernel small zone=DMA vmapped=0 aligned>=1 next=!kernel-interior
zero page[p]
set page[p]._mapcount = -1
expect frozen-run warning

test ok-in-preparation: a block that a CPU has just taken off a free list is no leak
pick p buddy first order=3
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem[page[p].lru.prev] = page[p].lru.next
set mem[nr_free(p)] -= 1
set mem[zone_stat(p, 0)] -= 8
set page[p].page_type = -1
set page[p].private = 0
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect frozen-run p note

test ok-high-order-kernel: the later pages of an allocation without __GFP_COMP have no reference
pick p kernel first small aligned>=1 next=kernel vmapped=0 entries=0
if page[p+1]._mapcount >> 31
pick q kernel first small
set page[p+1]._refcount = 0
expect nothing
