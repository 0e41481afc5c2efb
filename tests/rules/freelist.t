# SPDX-License-Identifier: GPL-2.0-or-later
# Free lists both ways, and what counts them: src/rules/freelist.def.  README.md explains the records.

# ---- links ------------------------------------------------------------------------------------------------------------

test buddy-list-links-next: the next link of a free block leads to another place in the same memmap
pick p buddy first order=0
pick q slab small
set page[p].lru.next = page_va(q) + 8
expect buddy-list-links p error

test buddy-list-links-prev: the prev link of a free block is gone
pick p buddy first order=0
set page[p].lru.prev = 0
expect buddy-list-links p error

test buddy-list-links-bit: one bit of a link
pick p buddy first order=0
set page[p].lru.next ^= bit(9)
expect buddy-list-links p error

test buddy-list-links-poison: both links say that the block was taken off
pick p buddy first order=0
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect list-poison-in-use p error
expect buddy-list-links p error follows

test buddy-list-links-head: the head of a list
pick p buddy first order=0
set mem[free_list(p)] = 0x1234
expect buddy-list-links

test buddy-list-links-zeroed: both links overwritten by an owner that is none
pick p buddy first order=0
set page[p].lru.next = 0
set page[p].lru.prev = 0x100000001
expect buddy-list-links p error

# ---- from lists to blocks ---------------------------------------------------------------------------------------------

test list-is-buddy-type: a block on a list lost its mark
pick p buddy first order=2
set page[p].page_type = -1
set page[p].private = 0
expect list-is-buddy p error

test list-is-buddy-order: a block is on the list of another order
pick p buddy first order=3
set page[p].private = 2
expect list-is-buddy p error
also frozen-run p+4

test list-is-buddy-slab: a slab was put on a free list
pick p buddy first order=0
pick q slab small
set page[q].lru.next = page[p].lru.next
set page[q].lru.prev = page_va(p) + 8
set mem[page[p].lru.next + 8] = page_va(q) + 8
set page[p].lru.next = page_va(q) + 8
set mem[nr_free(p)] += 1
set mem[zone_stat(p, 0)] += 1
expect list-is-buddy q error

# ---- from blocks to lists ---------------------------------------------------------------------------------------------

test buddy-in-list: a block that was cut out of its list
pick p buddy first order=0
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem[page[p].lru.prev] = page[p].lru.next
expect buddy-in-list p error
expect buddy-nr-free follows
expect nr-free-pages follows

test buddy-in-list-typed: an order-0 kernel page with a mark that nobody set
pick p kernel small aligned>=1 next=kernel
set page[p].page_type = type(buddy)
set page[p]._refcount = 0
set page[p].private = 0
set page[p].mapping = 0
set page[p].lru.next = 0
set page[p].flags &= ~0xffffff
expect any p error
also buddy-in-list p

# ---- counts -----------------------------------------------------------------------------------------------------------

test buddy-nr-free: the number of blocks of one order
pick p buddy first order=1
set mem[nr_free(p)] += 5
expect buddy-nr-free error

test nr-free-pages: the zone's number of free pages
pick p buddy first order=1
set mem[zone_stat(p, 0)] += 0x100000
expect nr-free-pages error

test nr-free-pages-little: so few that a CPU may have them in hand
pick p buddy first order=1
set mem[zone_stat(p, 0)] -= 3
expect nr-free-pages warning

test nr-free-blocks: free pages in whole pageblocks
needs FREE_BLOCKS_STAT
pick p buddy first order=1
set mem[zone_stat(p, enum(zone_stat_item.NR_FREE_PAGES_BLOCKS))] += 512
expect nr-free-blocks error

test nr-free-cma: free pages of areas for contiguous allocations
needs CMA
pick p buddy first order=1
set mem[zone_stat(p, enum(zone_stat_item.NR_FREE_CMA_PAGES))] = 4096
expect nr-free-cma error

test nr-free-highatomic: free pages kept for high-order atomic allocations
needs FREE_HIGHATOMIC
pick p buddy first order=1
set object[zone_of(p)].zone.nr_free_highatomic += 512
expect nr-free-highatomic error

test unaccepted-list: a guest that accepts all its memory counts some that it has not
needs UNACCEPTED
pick p buddy first order=1
set mem[zone_stat(p, enum(zone_stat_item.NR_UNACCEPTED))] = 1024
expect unaccepted-list error

test unaccepted-list-page: a page of the kernel became unaccepted memory
needs UNACCEPTED
pick p kernel small next=kernel zone=DMA32
set page[p].page_type = type(unaccepted)
expect unaccepted-list p error
also any

# ---- per-CPU lists ----------------------------------------------------------------------------------------------------

test pcp-list-links-next: a page on a CPU's list was written to after its free
kernels 6.* 7.*
pick p pcp-free first order=0
set page[p].lru.next = 0x41414140
expect pcp-list-links p error

test pcp-list-links-prev: the same, its other link
kernels 6.* 7.*
pick p pcp-free first order=0
set page[p].lru.prev = 0
expect pcp-list-links p error

test pcp-list-links-old: where no lock shows that a CPU is at work
kernels 5.10
pick p pcp-free first order=0
set page[p].lru.next = 0x41414140
expect pcp-list-links p warning

test pcp-count: a CPU counts more pages than it has
kernels 6.* 7.*
pick p pcp-free first order=0
set object[pcp(p)].per_cpu_pages.count += 1
expect pcp-count error

test pcp-count-less: a CPU counts fewer pages than it has
kernels 6.* 7.*
pick p pcp-free first order=0
set object[pcp(p)].per_cpu_pages.count -= 1
expect pcp-count error

test pcp-count-old: where no lock shows that a CPU is at work
kernels 5.10
pick p pcp-free first order=0
set object[pcp(p)].per_cpu_pages.count += 1000
expect pcp-count error

test ok-pcp-count-old: the last batch is not counted yet
kernels 5.10
pick p pcp-free first order=0
set object[pcp(p)].per_cpu_pages.count -= 1
expect pcp-count note

test ok-pcp-locked: a CPU that holds the lock of its lists
kernels 6.* 7.*
pick p pcp-free first order=0
set object[pcp(p)].per_cpu_pages.lock = 1
set object[pcp(p)].per_cpu_pages.count -= 1
expect pcp-count note

# ---- the lock-less list -----------------------------------------------------------------------------------------------

test trylock-llist: the chain leads to what is no struct page
needs TRYLOCK_LIST
pick p buddy first order=0
set object[zone_of(p)].zone.trylock_free_pages = page_va(p) + 24
expect trylock-llist error

test trylock-llist-order: a page on the chain with an order that does not exist
needs TRYLOCK_LIST
pick p pcp-free first order=0
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem[page[p].lru.prev] = page[p].lru.next
set object[pcp(p)].per_cpu_pages.count -= 1
set page[p].lru.next = 0
set page[p].private = 77
set object[zone_of(p)].zone.trylock_free_pages = page_va(p) + 8
expect trylock-llist p error

test ok-trylock: a page that waits on the chain
needs TRYLOCK_LIST
pick p pcp-free first order=0
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem[page[p].lru.prev] = page[p].lru.next
set object[pcp(p)].per_cpu_pages.count -= 1
set page[p].lru.next = 0
set object[zone_of(p)].zone.trylock_free_pages = page_va(p) + 8
expect nothing

# ---- pageblocks -------------------------------------------------------------------------------------------------------

test pageblock-mt-valid: a migrate type that does not exist
pick p anon small
set mem[pageblock(p)] |= (7 << pageblock_shift(p))
expect pageblock-mt-valid error
also buddy-migratetype
also isolate-count

test isolate-count: a pageblock that is isolated by accident
kernels 5.10 6.1 6.12
pick p buddy first
set mem[pageblock(p)] &= -1 ^ (7 << pageblock_shift(p))
set mem[pageblock(p)] |= (enum(migratetype.MIGRATE_ISOLATE) << pageblock_shift(p))
expect buddy-migratetype warning
expect isolate-count warning follows

test isolate-count-bit: the same where isolation has a bit of its own
kernels 7.3
pick p buddy first
set mem[pageblock(p)] |= (16 << pageblock_shift(p))
expect buddy-migratetype warning
expect isolate-count warning follows

test isolate-count-zone: the zone counts isolated pageblocks and has none
pick p buddy first order=1
set object[zone_of(p)].zone.nr_isolate_pageblock += 1
expect isolate-count warning

test buddy-migratetype: the type of a pageblock changed by itself
needs FREE_HIGHATOMIC
pick p buddy first order=2 migratetype=1
set mem[pageblock(p)] ^= (3 << pageblock_shift(p))
expect buddy-migratetype warning

test pageblock-mt-valid-isolate: the type of isolated memory, where isolation has a bit of its own
kernels 7.3
pick p buddy first order=2 migratetype=1
set mem[pageblock(p)] &= -1 ^ (7 << pageblock_shift(p))
set mem[pageblock(p)] |= (enum(migratetype.MIGRATE_ISOLATE) << pageblock_shift(p))
expect pageblock-mt-valid error

test ok-fallback: an allocation of another type took a block along
needs not FREE_HIGHATOMIC
pick p buddy first order=2 migratetype=1
set mem[pageblock(p)] ^= (1 << pageblock_shift(p))
expect nothing

# ---- zone->lock held ---------------------------------------------------------------------------------------------------

test ok-lock-mark: __free_one_page() marked a block and has not linked it yet
pick p buddy first order=0
set object[zone_of(p)].zone.lock = 1
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem[page[p].lru.prev] = page[p].lru.next
set mem[nr_free(p)] -= 1
expect buddy-in-list p warning
also nr-free-pages

test ok-lock-count: the list changed and the count has not
pick p buddy first order=0
set object[zone_of(p)].zone.lock = 1
set mem[nr_free(p)] += 1
expect buddy-nr-free note

# ---- one page on two lists ----------------------------------------------------------------------------------------------

test dup-on-lists: a block that was put on the list of another order without being taken off its own
pick p buddy first order=0
pick q buddy first order=2
set page[p].lru.next = page_va(q) + 8
set page[q].lru.prev = page_va(p) + 8
expect dup-on-lists p error
also any

test trylock-llist-buddy: a free block on the chain of pages to be freed
needs TRYLOCK_LIST
pick p buddy first order=0
set object[zone_of(p)].zone.trylock_free_pages = page_va(p) + 8
expect dup-on-lists p error
also any

# ---- what the kernel maps ------------------------------------------------------------------------------------------------

test kernel-maps-free-page: an entry of vmalloc() leads to a free page
pick p buddy first order>=1
set phys[leaf(mapped_va(3))] = leaf_to(mapped_va(3), p)
expect kernel-maps-free-page p error
also vmalloc-page-live

test kernel-maps-free-page-freed: a page of vmalloc() was freed while it is mapped
set page[mapped_pfn(60)].page_type = type(buddy)
set page[mapped_pfn(60)]._refcount = 0
set page[mapped_pfn(60)].private = 0
set page[mapped_pfn(60)].lru.next = 0
set page[mapped_pfn(60)].flags &= ~0xffffff
expect kernel-maps-free-page mapped_pfn(60) error
expect buddy-in-list mapped_pfn(60) error follows
also any
