# SPDX-License-Identifier: GPL-2.0-or-later
# Records for dumps with something special: optimised huge pages, two nodes, five-level paging, device memory.

# ---- optimised huge pages --------------------------------------------------------------------------------------------

test hvo-flag-consistent: the mark of an optimised huge page was lost
kernels *-hvo
pick p hugetlb head order=9
set page[p].private &= ~bit(enum(hugetlb_page_flags.HPG_vmemmap_optimized))
expect hvo-flag-consistent p error

test hvo-flag-stray: an ordinary huge page marked as optimised
kernels 6.1 6.12 7.3
pick p hugetlb head order=9
set page[p].private |= bit(enum(hugetlb_page_flags.HPG_vmemmap_optimized))
expect hvo-flag-consistent p error

# A false head shares its memory with the true one, so no write can make them differ: only the page table can.
test fake-head-consistent: the struct pages of a huge page from 192 on are those of another
kernels 6.12-hvo
pick p hugetlb head order=9 nth=0
pick q hugetlb head order=9 nth=-1
set phys[leaf(page_va(p+192))] = phys[leaf(page_va(q+192))]
expect vmemmap-alias p+192 error
expect tail-head-pointer p+193 error follows
expect fake-head-consistent p+192 warning follows

test hvo-tail: a write to the shared struct pages shows at all pages that share them
kernels 7.3-hvo
pick p hugetlb head order=9
set page[p+70]._refcount = 1
expect vmemmap-tails-content error
expect tail-refcount-zero error follows
also tail-refcount-zero

test hvo-tail-pointer: the same where the shared frame is the first one
kernels 6.12-hvo
pick p hugetlb head order=9
set page[p+70]._refcount = 1
expect tail-refcount-zero p+6 error

test ok-hvo-free: a free optimised huge page
kernels *-hvo
pick p hugetlb-free head order=9
set page[p].index = 0
expect nothing

# ---- two nodes -----------------------------------------------------------------------------------------------------------

test numa-node: a page of node 1 that says it is on node 0
kernels 7.3-numa
pick p anon small node=1
set page[p].flags &= ~(1023 << 54)
expect page-node-matches p error

test numa-node-free: a free page of node 0 that says it is on node 1
kernels 7.3-numa
pick p buddy interior node=0 zone=DMA32
set page[p].flags |= 1 << 54
expect page-node-matches p error

test numa-node-id: node 1 says it is node 0
kernels 7.3-numa
set node[1].node_id = 0
expect pgdat-node-id error

# ---- device memory -----------------------------------------------------------------------------------------------------------

test ok-device-refcount: device memory may have no reference
kernels 7.3-numa 6.12-la57
pick p device first
set page[p]._refcount = 0
expect nothing

test ok-device-words: the list and private words of device memory have other uses
kernels 7.3-numa 6.12-la57
pick p device first
set page[p].private = 0x1234
set page[p].lru.prev = 0x77
expect nothing

test device-negative: put_page() too many on device memory
kernels 7.3-numa 6.12-la57
pick p device first
set page[p]._refcount = -1
expect refcount-negative p error

test device-zone: device memory that says it is ordinary memory
kernels 7.3-numa 6.12-la57
todo it looks like a hole that firmware reserved
pick p device first
set page[p].flags &= ~(7 << 51)
expect page-zone-matches p error

# ---- memory failure ----------------------------------------------------------------------------------------------------------------

test poisoned-index: a page of shmem that madvise() poisoned stays in its file
kernels 6.12-la57
pick p hwpoison refcount>=2
set page[p].index ^= 8
expect cache-entry-mapping p error

test poisoned-refcount: a poisoned page whose reference was dropped
kernels 6.12-la57
todo nothing is checked of poisoned pages but that they are not free
pick p hwpoison small refcount=1
set page[p]._refcount = 0
expect any p

# ---- five levels of page tables --------------------------------------------------------------------------------------------------

test la57-table: put_page() on a page table
kernels 6.12-la57
pick p page-table small
set page[p]._refcount = 0
expect pt-page-refcount p error

test la57-canonical: an address that only four levels would make canonical
kernels 6.12-la57
pick p anon small mapcount=1
set page[p].mapping = 0x00ff800000000001
expect mapping-canonical p error

# ---- huge pages in motion -----------------------------------------------------------------------------------------------

test ok-hvo-remapping: the memmap of a huge page is being optimised
kernels 6.1 6.12 7.3
pick p hugetlb-free head order=9
set page[p].private = bit(enum(hugetlb_page_flags.HPG_vmemmap_optimized))
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set object[hstate(p)].hstate.free_huge_pages -= 1
set object[hstate(p)].hstate.free_huge_pages_node[0] -= 1
expect hvo-flag-consistent p note
also any p

test refcount-extra-poison: a reference on a page that was taken out of use
pick p hwpoison small refcount=1
set page[p]._refcount += 1
expect refcount-extra p warning
