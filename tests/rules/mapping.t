# SPDX-License-Identifier: GPL-2.0-or-later
# The mapping word, flags by kind, memory cgroups: src/rules/mapping.def.

# ---- the mapping word ----------------------------------------------------------------------------------------------

test mapping-canonical: text over the mapping of an anonymous page
pick p anon small mapcount=1
set page[p].mapping = 0x6f6c6c6568207961
expect mapping-canonical p error

test mapping-canonical-file: a page cache page whose file is nowhere
pick p file small flag=lru mapcount=0
set page[p].mapping = 0x1234560
expect mapping-canonical p error

test mapping-canonical-unmapped: an address of the kernel that nothing is mapped at
pick p anon small mapcount=1
set page[p].mapping = 0xffffc00000000001 | (1 << 44)
expect mapping-canonical p error

test mapping-canonical-bit: a high bit of the pointer flipped
pick p anon small mapcount=1
set page[p].mapping ^= bit(60)
expect mapping-canonical p error

# What stands there can look like an address_space by chance; host->i_mapping would tell.
test mapping-canonical-slab: the mapping of a file page leads into the middle of its inode
pick p file|shmem small flag=lru
set page[p].mapping += 0x48
expect mapping-canonical p error

test anon-unaligned: an anon_vma at an odd multiple of 8: the address is legal, but no area knows it
pick p anon small mapcount=1
set page[p].mapping += 8
expect pte-mapping-vs-vma p error

test ksm-stale: a KSM page whose node is gone keeps the two bits; but this one is mapped
needs KSM_BIT
pick p ksm small
set page[p]._mapcount = -1
set page[p]._refcount = 1
set page[p].mapping = 3
expect mapcount-recount-small p error

test ok-stale-anon: an unmapped anonymous page may have a stale mapping
pick p anon small mapcount=0
pick q slab first
set page[p].mapping = page_va(q) | 1
expect nothing

test mapping-lowbits-valid: low bits 10 on a kernel that does not use them
kernels 7.3
pick p file small flag=lru
set page[p].mapping |= 2
expect mapping-lowbits-valid p error

test mapping-lowbits-anon: an anonymous page whose two low bits flipped
kernels 7.3
pick p anon small flag=lru
set page[p].mapping ^= 3
expect mapping-lowbits-valid p error

test ok-movable: driver pages that can be moved are marked by low bits 10
kernels 6.1 5.10 6.12
pick p kernel small mapcount=0 private=0
pick q slab first
set page[p].mapping = page_va(q) | 2
expect nothing

test mapping-kind-overlay: a page table that was anonymous memory
pick p page-table small
pick q anon small
set page[p].mapping = page[q].mapping
expect mapping-kind-overlay p error

test mapping-kind-overlay-kmalloc: a large kmalloc block with a mapping
pick p large-kmalloc head
pick q anon small
set page[p].mapping = page[q].mapping
expect mapping-kind-overlay p error

# ---- anonymous memory --------------------------------------------------------------------------------------------------

test anon-swapbacked: lazily freed memory is not written out
pick p anon small listed mapcount=1 flag=swapbacked flag=!swapcache
set page[p].flags &= ~flag(swapbacked)
set page[p].flags |= flag(writeback)
expect lru-list-class p error
expect anon-swapbacked p warning follows
also writeback-needs-cache p

test lazyfree-on-list: memory given up by MADV_FREE, but not moved to the list of files
pick p anon small listed mapcount=1 flag=swapbacked flag=!swapcache
set page[p].flags &= ~flag(swapbacked)
expect lru-list-class p error
also nr-lru-stat

test swapcache-flag-kind: in the swap cache, but not to be swapped
needs SWAP SWAPBACKED
pick p anon-swapcache small mapcount=1
set page[p].flags &= ~flag(swapbacked)
expect swapcache-flag-kind p warning
also lru-list-class p

test mappedtodisk-kind: an anonymous page with blocks on disk
needs not ANON_EXCLUSIVE
pick p anon small mapcount=1
set page[p].flags |= flag(mappedtodisk)
expect mappedtodisk-kind p warning

test mappedtodisk-shmem: a tmpfs page with blocks on disk
pick p shmem small
set page[p].flags |= flag(mappedtodisk)
expect mappedtodisk-kind p warning

# ---- shmem, files -------------------------------------------------------------------------------------------------------

test shmem-swapbacked: a tmpfs page that cannot go to swap
needs SHMEM_OPS SWAPBACKED
pick p shmem small flag=swapbacked
set page[p].flags &= ~flag(swapbacked)
expect shmem-swapbacked p error

test shmem-writeback: a tmpfs page under writeback in its file
needs SHMEM_OPS SWAP
pick p shmem small flag=swapbacked
set page[p].flags |= flag(writeback)
expect shmem-writeback p error

test writeback-needs-cache: an anonymous page under writeback without a swap slot
pick p anon small mapcount=1 flag=swapbacked flag=!swapcache
set page[p].flags |= flag(writeback)
expect writeback-needs-cache p warning

test ok-writeback-swap: an anonymous page on its way to swap
pick p anon-swapcache small
set page[p].flags |= flag(writeback)
expect nothing
also node-stat-dirty-writeback

test ok-writeback-file: a page of a file on its way to disk
pick p file small flag=lru innode=1
set page[p].flags |= flag(writeback)
set object[xnode(p)].xa_node.marks[1][0] |= slotbit(p)
set object[mapping(p)].address_space.i_pages.xa_flags |= topmark(1)
set page[p]._refcount += 1
hold p stack
expect nothing
also node-stat-dirty-writeback

test writeback-and-locked: locked and under writeback
pick p file small flag=lru innode=1
set page[p].flags |= flag(writeback) | flag(locked)
set object[xnode(p)].xa_node.marks[1][0] |= slotbit(p)
set object[mapping(p)].address_space.i_pages.xa_flags |= topmark(1)
expect writeback-and-locked p note
also node-stat-dirty-writeback

test dirty-not-uptodate: a dirty page that was never filled
pick p file small flag=lru flag=uptodate flag=!private
set page[p].flags &= ~flag(uptodate)
set page[p].flags |= flag(dirty)
expect dirty-not-uptodate p warning

test ok-dirty-private: a file system that tracks parts of a page
pick p file small flag=lru flag=uptodate flag=!private innode=1
pick q slab first
set object[xnode(p)].xa_node.marks[0][0] |= slotbit(p)
set object[mapping(p)].address_space.i_pages.xa_flags |= topmark(0)
set page[p].flags &= ~flag(uptodate)
set page[p].flags |= flag(dirty) | flag(private)
set page[p].private = page_va(q)
set page[p]._refcount += 1
expect nothing
also node-stat-dirty-writeback

test private-flag-data: PG_private without data
pick p file small flag=lru flag=!private
set page[p].flags |= flag(private)
set page[p].private = 0
set page[p]._refcount += 1
expect private-flag-data p warning

test deferred-flag: a partially mapped folio of a file
needs PARTIALLY_MAPPED
pick p file|shmem head order>=2
set page[p+1].flags |= flag(partially_mapped)
expect deferred-flag p warning

test ok-partially-mapped: a partially mapped anonymous folio
needs PARTIALLY_MAPPED
pick p anon head order>=2
set page[p+1].flags |= flag(partially_mapped)
expect nothing

# ---- memory cgroups ---------------------------------------------------------------------------------------------------------

test memcg-uncharged-lru: a page on the LRU that nobody pays for
needs MEMCG
pick p anon small flag=lru memcg!=0
set page[p].memcg = 0
expect memcg-uncharged-lru p warning

test memcg-pointer-valid: a cgroup pointer that is none
needs MEMCG
pick p anon small memcg!=0
set page[p].memcg = 0x1234
expect memcg-pointer-valid p error

test memcg-pointer-tag: the mark of kernel memory on a page of a process
needs MEMCG
kernels 6.1 6.12 7.3
pick p anon small flag=lru memcg!=0
set page[p].memcg |= 2
expect memcg-pointer-valid p error

test memcg-pointer-table: a page table charged to nobody's address
needs MEMCG
pick p page-table small
set page[p].memcg = 0x4242424242424242
expect memcg-pointer-valid p error

test ok-memcg-kernel: memory of the kernel that is charged
needs MEMCG
kernels 6.1 6.12 7.3
pick p kernel small memcg=0
set page[p].memcg = objcg(0) | 2
expect nothing

# ---- memory failure ------------------------------------------------------------------------------------------------------------

test ok-hwpoison: a page taken out of use after a memory error
needs HWPOISON
pick p anon small entries=1 flag=!locked mapcount=1 listed
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem[lrusize(p)] -= 1
set page[p].flags |= flag(hwpoison)
set mem[symbol(num_poisoned_pages)] += 1
set page[p].flags &= ~flag(lru) & ~flag(active)
set page[p]._mapcount = -1
set pte[p] = swp(swptype(hwpoison), p)
set mm[p].rss[1] -= 1
set page[p]._refcount = 1
expect nothing
also node-stat-anon-mapped
also nr-lru-stat

test ok-hwpoison-kernel: a poisoned page of the kernel
needs HWPOISON
pick p kernel small
set page[p].flags |= flag(hwpoison)
set mem[symbol(num_poisoned_pages)] += 1
expect nothing

# ---- pages on their way ------------------------------------------------------------------------------------------------------------

test ok-orphan: truncated while somebody still reads it
pick p file|shmem small flag=lru mapcount=0 flag=!dirty innode>=1 nrpages>=8
set mem[slot(p)] = 0
set object[xnode(p)].xa_node.count -= 1
set object[mapping(p)].address_space.nrpages -= 1
set page[p].mapping = 0
set page[p]._refcount = 1
hold p stack
expect nothing
also node-stat-file-pages
also node-stat-shmem

test orphan-mapped: truncated, but mapped
pick p shmem small flag=lru mapcount=1
set page[p].mapping = 0
set page[p]._refcount = 1
expect mapped-without-mapping p error

test anon-mapping-lost: the mapping of a mapped anonymous page is gone
pick p anon small flag=lru mapcount>=1 flag=!swapcache
set page[p].mapping = 0
expect mapped-without-mapping p error

test ok-isolated: taken off the LRU for reclaim
pick p anon small listed mapcount=1
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem[lrusize(p)] -= 1
set page[p].flags &= ~flag(lru)
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
set page[p]._refcount += 1
hold p stack
expect nothing
also nr-lru-stat
