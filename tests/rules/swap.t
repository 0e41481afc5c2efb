# SPDX-License-Identifier: GPL-2.0-or-later
# Swap: slots, clusters, the swap cache, and the entries that name slots.  Up to v6.17 a byte counts, then a word of a table.

# ---- the swap cache -----------------------------------------------------------------------------------------------------

test swap-cache-other-page: a slot of the swap cache leads to another page
kernels 5.10 6.1 6.12
pick p anon-swapcache small
pick q anon small entries=1
set mem[cacheslot(page[p].private)] = page_va(q)
expect swapcache-entry-folio q error
expect swapcache-flag-slot p error follows

test swap-table-other-page: the same in a swap table
kernels 7.3
pick p anon-swapcache small
pick q anon small entries=1
set mem[swapslot(page[p].private)] &= 15 << 60
set mem[swapslot(page[p].private)] |= q << 2 | 2
expect swapcache-entry-folio q error
expect swapcache-flag-slot p error follows

test swap-cache-free-page: it leads to a free page
kernels 5.10 6.1 6.12
pick p anon-swapcache small
pick q buddy first
set mem[cacheslot(page[p].private)] = page_va(q)
expect swapcache-entry-folio q error
expect swapcache-flag-slot p error follows

test swap-cache-tail: it leads to a tail page
kernels 5.10 6.1 6.12
pick p anon-swapcache small
pick q anon tail=2
set mem[cacheslot(page[p].private)] = page_va(q)
expect swapcache-entry-folio q error
expect swapcache-flag-slot p error follows

test swap-cache-nowhere: it leads to no struct page
kernels 5.10 6.1 6.12
pick p anon-swapcache small
set mem[cacheslot(page[p].private)] += 8
expect swapcache-entry-folio error
expect swapcache-flag-slot p error follows

test swap-table-nowhere: its page does not exist
kernels 7.3
pick p anon-swapcache small
set mem[swapslot(page[p].private)] |= 1 << 50
expect swapcache-entry-folio error
expect swapcache-flag-slot p error follows

test swap-page-private: a page in the swap cache names another slot
pick p anon-swapcache small
set page[p].private += 4096
expect swapcache-entry-folio p error
expect swapcache-flag-slot p error follows

test swap-page-type: it names another area
pick p anon-swapcache small
set page[p].private ^= 1 << 58
expect swapcache-entry-folio p error
expect swapcache-flag-slot p error follows

test swap-page-no-area: it names an area that does not exist
pick p anon-swapcache small
set page[p].private |= 7 << 60
expect swapcache-entry-folio p error
expect swapcache-flag-slot p error follows

test swap-page-flag-lost: it no longer says that it is in the swap cache
pick p anon-swapcache small
set page[p].flags &= ~flag(swapcache)
expect swapcache-entry-folio p error
also any p

test swap-page-flag-set: a page says so that is not
pick p anon small entries=1 flag=!swapcache
set page[p].flags |= flag(swapcache)
expect any p error
also any p

test swap-cache-lost: the swap cache loses a page
kernels 5.10 6.1 6.12
pick p anon-swapcache small
set mem[cacheslot(page[p].private)] = 1
expect swapcache-entry-folio error
expect swapcache-flag-slot p error follows

test swap-table-lost: the same in a swap table
kernels 7.3
pick p anon-swapcache small private!=0
set mem[swapslot(page[p].private)] &= 31 << 59
set mem[swapslot(page[p].private)] |= 1
expect swapcache-flag-slot p error
also swap-entry-nothing

# ---- one slot --------------------------------------------------------------------------------------------------------------

test swap-has-cache-lost: swap_map no longer says that a slot is in the swap cache
needs SWAP_MAP
pick p anon-swapcache small
set mem8[swapslot(page[p].private)] &= ~0x40
expect swapcache-flag-has-cache error
also swap-inuse
also swap-cluster-count

test swap-has-cache-set: it says so of a slot that is not
needs SWAP_MAP
set mem8[swapslot(entry(shared(1)))] |= 0x40
expect swapcache-flag-has-cache note

test ok-swap-parked: a slot that a CPU keeps for itself, and one more that it has just taken
needs SWAP_MAP
set mem8[swapslot(parked(0))] = 0x40
expect nothing

test swap-count-low: a slot counts a reference too few
kernels 6.1 5.10
set mem8[swapslot(entry(shared(0)))] -= 1
expect swap-map-recount error

test swap-count-high: a slot counts a reference too many
needs SWAP_MAP
set mem8[swapslot(entry(lone(2)))] += 1
expect swap-map-recount warning

test swap-count-bit: a flipped bit in a count
needs SWAP_MAP
set mem8[swapslot(entry(lone(2)))] ^= 8
expect swap-map-recount warning

test swap-table-low: a slot of a swap table counts a reference too few
needs SWAP_TABLE
set mem[swapslot(entry(lone(3)))] -= 1 << 60
expect swap-map-recount error

test swap-table-high: a slot of a swap table counts a reference too many
needs SWAP_TABLE
set mem[swapslot(entry(lone(3)))] += 1 << 60
expect swap-map-recount warning

test swap-table-taken: a slot of a swap table counts a reference, and there is none
needs SWAP_TABLE
set mem[swapslot(freeslot(9))] = 1 << 60 | 1
expect swap-entry-nothing warning
expect swap-inuse error follows
expect swap-cluster-count error follows

test swap-freed: a slot is freed while a process refers to it
needs SWAP_MAP
set mem8[swapslot(entry(lone(4)))] = 0
expect swap-map-recount error
expect swap-inuse error follows
also swap-cluster-count

test swap-table-freed: the same in a swap table
needs SWAP_TABLE
set mem[swapslot(entry(lone(4)))] = 0
expect swap-map-recount error
expect swap-inuse error follows
expect swap-cluster-count error follows

test swap-entry-moved: an entry of a page table names another slot
set phys[lone(5)] = swp(entry(lone(6)) >> 58, entry(lone(6)) & 0xffffff)
expect swap-map-recount error
expect swap-map-recount warning follows
also swap-entry-anonexcl

test swap-entry-unused: it names a slot that is free
set phys[lone(5)] = swp(freeslot(7) >> 58, freeslot(7) & 0xffffff)
expect swap-map-recount error
also swap-entry-nothing

test swap-entry-lost: the entry of a slot is gone
set phys[lone(7)] = NO_ENTRY
expect swap-map-recount warning
expect mm-rss

test swap-slot-taken: a slot counts a reference, and there is none
needs SWAP_MAP
set mem8[swapslot(freeslot(9))] = 1
expect swap-entry-nothing warning
expect swap-inuse error follows
also swap-cluster-count

test swap-count-form: a count that cannot be
needs SWAP_MAP
set mem8[swapslot(entry(lone(8)))] = 0x7f
expect swap-count-max error

test swap-count-continued: a count that goes on in pages that are not there
needs SWAP_MAP
set mem8[swapslot(entry(lone(8)))] = 0x85
expect swap-count-max error

test swap-count-bad: a slot in use is marked bad
needs SWAP_MAP
set mem8[swapslot(entry(lone(8)))] = 0x3f
expect swap-count-max error
expect swap-inuse error follows

test swap-header: the header is no longer marked
needs SWAP_MAP
set mem8[swapslot(entry(lone(8)) >> 58 << 58)] = 0
expect swap-count-max error
also swap-cluster-count

test swap-table-pointer: a word of a swap table is a pointer
needs SWAP_TABLE
set mem[swapslot(entry(lone(8)))] = page_va(zero_pfn)
expect swap-table-entry-type error

test swap-table-header: the header is no longer marked
needs SWAP_TABLE
set mem[swapslot(entry(lone(8)) >> 58 << 58)] = 0
expect swap-table-entry-type error
expect swap-cluster-count error follows

test swap-table-extend: a count that goes on in a table that is not there
needs SWAP_TABLE
set mem[swapslot(entry(lone(8)))] |= 15 << 60
expect swap-table-entry-type error

test swap-exclusive: an entry says that it is the only one
kernels 6.1 6.12 7.3
set phys[shared(0)] |= 8
expect swap-entry-anonexcl error

test swap-exclusive-count: the slot of an exclusive entry counts one more
kernels 6.1
set mem8[swapslot(entry(lone(0)))] += 1
expect swap-map-recount warning
also swap-entry-anonexcl

test swap-count-overflow: a count that goes on in a page of overflow: 63 for each there
needs SWAP_MAP
pick q kernel small first mapcount=0 ram vmalloc
set page[kpfn(swapslot(entry(shared(0))))].private = 0x20
set page[kpfn(swapslot(entry(shared(0))))].lru.next = page_va(q) + 8
set page[q].lru.next = page_va(kpfn(swapslot(entry(shared(0))))) + 8
set phys[pa(q) + in_page(swapslot(entry(shared(0))))] = bytes(1)
set mem8[swapslot(entry(shared(0)))] |= 0x80
expect swap-map-recount warning

test ok-swap-count-overflow: the same with nothing there
needs SWAP_MAP
pick q kernel small first mapcount=0 ram vmalloc
set page[kpfn(swapslot(entry(shared(0))))].private = 0x20
set page[kpfn(swapslot(entry(shared(0))))].lru.next = page_va(q) + 8
set page[q].lru.next = page_va(kpfn(swapslot(entry(shared(0))))) + 8
set phys[pa(q) + in_page(swapslot(entry(shared(0))))] = 0
set mem8[swapslot(entry(shared(0)))] |= 0x80
expect nothing

test swap-table-overflow: a count that goes on in a table: one that says how many slots the area has
kernels 7.3
set object[cluster(entry(lone(3)))].swap_cluster_info.extend_table = swapinfo(entry(lone(3))) + 440 - ((entry(lone(3)) & 511) * 4)
set mem[swapslot(entry(lone(3)))] |= 15 << 60
expect swap-map-recount warning

test ok-swap-hibernation: hibernation takes slots without references
needs SWAP_TABLE
set mem[swapslot(freeslot(9))] = 1 << 60 | 1
set object[swapinfo(freeslot(9))].swap_info_struct.flags |= 1 << 13
set object[swapinfo(freeslot(9))].swap_info_struct.inuse_pages += 1
set object[cluster(freeslot(9))].swap_cluster_info.count += 1
expect swap-entry-nothing note

test swap-area-endless: an area of any size
set object[swapinfo(1)].swap_info_struct.max = 0xffffffff
expect any
also any

# ---- sums -----------------------------------------------------------------------------------------------------------------

test swap-inuse-high: an area counts a slot too many
needs SWAP_MAP
set object[swapinfo(entry(lone(0)))].swap_info_struct.inuse_pages += 1
expect swap-inuse error

test swap-inuse-bit: a flipped bit in what an area counts
set object[swapinfo(entry(lone(0)))].swap_info_struct.inuse_pages ^= 1 << 9
expect swap-inuse error

test ok-swap-inuse-locked: the area is being changed
needs SWAP_MAP
set object[swapinfo(entry(lone(0)))].swap_info_struct.inuse_pages += 1
set object[swapinfo(entry(lone(0)))].swap_info_struct.lock = 1
expect swap-inuse note

test swap-cluster: a cluster counts a slot too few
kernels 6.12 7.3
set object[cluster(1)].swap_cluster_info.count -= 1
expect swap-cluster-count error

test swap-cluster-old: the same where the count is a bit field
kernels 5.10 6.1
set mem32[cluster(1) + 4] -= 1
expect swap-cluster-count error

test ok-swap-cluster-locked: its lock is held
machines x86_64 aarch64 riscv64 ppc64
set mem32[cluster(1) + 4] ^= 1
set object[cluster(1)].swap_cluster_info.lock = 1
expect swap-cluster-count note

test ok-swap-slot-locked: the lock of a slot's cluster is held, and a CPU has counted a reference
needs SWAP_TABLE
set mem[swapslot(entry(lone(3)))] -= 1 << 60
set object[cluster(entry(lone(3)))].swap_cluster_info.lock = 1
expect swap-map-recount note

test ok-swap-dup-locked: swap-out counts a reference for the entry that it is about to write, with the folio locked
needs SWAP_MAP
pick p anon-swapcache small entries=1
set mem8[swapslot(page[p].private)] += 1
set page[p].flags |= flag(locked)
expect swap-map-recount note
also any p
