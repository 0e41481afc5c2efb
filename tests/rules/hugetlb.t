# SPDX-License-Identifier: GPL-2.0-or-later
# Pools of huge pages: lists, counters, reservations, subpools; other owners of pages: vmalloc, stacks, devices.

# ---- lists of pools ---------------------------------------------------------------------------------------------------

test huge-list-next: a free huge page leads nowhere
pick p hugetlb-free head
set page[p].lru.next = 0x4141414141414140
expect hugetlb-list-links p error

test huge-list-next-bit: one bit of a link is flipped
pick p hugetlb-free head
set page[p].lru.next ^= 1 << 43
expect hugetlb-list-links p error

test huge-list-prev: a page in use does not lead back
pick p hugetlb head
set page[p].lru.prev ^= 1 << 20
expect hugetlb-list-links p error

test huge-list-poison: the list node of a page in use was deleted
pick p hugetlb head
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect hugetlb-list-links p error

test huge-list-skips: a free page was taken off the list by its neighbours alone
pick p hugetlb-free head
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
expect hugetlb-free-list p error
expect hugetlb-counts error

test huge-active-skips: the same with a page in use
pick p hugetlb head
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
expect hugetlb-active-list p error

test huge-head-next: the head of the active list is overwritten
pick p hugetlb head
set object[hstate(p)].hstate.hugepage_activelist.next ^= 1 << 43
expect hugetlb-list-links error

test huge-list-foreign: a small page is linked into the active list
pick p hugetlb head
pick q anon small
set page[q].lru.next = page[p].lru.next
set page[q].lru.prev = page_va(p) + 8
set mem[page[p].lru.next + 8] = page_va(q) + 8
set page[p].lru.next = page_va(q) + 8
expect hugetlb-active-list q error follows
also any

test huge-free-ref: a reference on a free huge page
pick p hugetlb-free head
set page[p]._refcount = 1
expect hugetlb-free-list p
also hugetlb-freed-flag p

test huge-free-mark: a free huge page that is not marked
needs HUGETLB_FREED
pick p hugetlb-free head
set page[p].private &= ~(1 << enum(hugetlb_page_flags.HPG_freed))
expect hugetlb-free-list p error
also hugetlb-freed-flag p

test huge-free-mapping: a free huge page with a mapping
pick p hugetlb-free head
pick q hugetlb head
set page[p].mapping = page[q].mapping
expect hugetlb-free-list p error
also any p

test huge-active-freed: a page in use that is marked as free
needs HUGETLB_FREED
pick p hugetlb head
set page[p].private |= 1 << enum(hugetlb_page_flags.HPG_freed)
expect hugetlb-active-list p error
also hugetlb-freed-flag p

test huge-two-lists: a free huge page is on the active list, too
pick p hugetlb-free head
pick q hugetlb head
set page[p].lru.next = page[q].lru.next
set page[p].lru.prev = page_va(q) + 8
set mem[page[q].lru.next + 8] = page_va(p) + 8
set page[q].lru.next = page_va(p) + 8
expect any
also any

test ok-huge-isolated: a page in use is isolated for migration
needs HUGETLB_FREED
pick p hugetlb head
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set page[p].private &= ~(1 << enum(hugetlb_page_flags.HPG_migratable))
expect hugetlb-active-list p note

test ok-huge-lock: the lists change
pick p hugetlb-free head
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem32[symbol(hugetlb_lock)] = 1
expect hugetlb-free-list p warning
expect hugetlb-counts warning

# ---- counters ---------------------------------------------------------------------------------------------------------

test huge-nr-high: a pool counts a page that is not there
pick p hugetlb head
set object[hstate(p)].hstate.nr_huge_pages += 1
expect hugetlb-counts error

test huge-nr-node-high: a node counts a page that is not there
pick p hugetlb head
set object[hstate(p)].hstate.nr_huge_pages_node[0] += 1
expect hugetlb-counts error

test huge-nr-node-low: it has lost one
pick p hugetlb head
set object[hstate(p)].hstate.nr_huge_pages_node[0] -= 1
expect hugetlb-counts error

test huge-nr-other-node: a node that does not exist
pick p hugetlb head
set object[hstate(p)].hstate.nr_huge_pages_node[9] = 1
expect hugetlb-counts error

test huge-free-high: more free pages than on the lists
pick p hugetlb head
set object[hstate(p)].hstate.free_huge_pages += 1
expect hugetlb-counts error

test huge-free-node-low: one free page less on a node
pick p hugetlb head
set object[hstate(p)].hstate.free_huge_pages_node[0] -= 1
expect hugetlb-counts error

test huge-free-wrapped: the free pages wrapped
pick p hugetlb head
set object[hstate(p)].hstate.free_huge_pages = -1
expect hugetlb-counts error

test huge-surplus: surplus pages of no node
pick p hugetlb head
set object[hstate(p)].hstate.surplus_huge_pages += 1
expect hugetlb-counts error

test ok-huge-counting: a CPU counts
pick p hugetlb head
set object[hstate(p)].hstate.free_huge_pages += 1
set mem32[symbol(hugetlb_lock)] = 1
expect hugetlb-counts warning

test huge-resv-high: more reserved than free
pick p hugetlb head
set object[hstate(p)].hstate.resv_huge_pages = 100
expect hugetlb-resv warning

test huge-resv-wrapped: reservations dropped twice
pick p hugetlb head
set object[hstate(p)].hstate.resv_huge_pages = -1
expect hugetlb-resv warning

test ok-huge-resv: one page reserved
pick p hugetlb-free head
set object[hstate(p)].hstate.resv_huge_pages = 1
expect nothing

test huge-surplus-all: more surplus pages than pages
pick p hugetlb head
set object[hstate(p)].hstate.surplus_huge_pages = 100
set object[hstate(p)].hstate.surplus_huge_pages_node[0] = 100
expect hugetlb-resv warning

# ---- subpools ---------------------------------------------------------------------------------------------------------

test huge-subpool-wild: the subpool of a page leads nowhere
kernels 6.12* 7.3*
pick p hugetlb head
set folio[p]._hugetlb_subpool = 0x4141414141414140
expect hugetlb-subpool p error

test huge-subpool-old: the same where a tail has it
kernels 6.1
pick p hugetlb head
set page[p+1].private = 0x4141414141414140
expect hugetlb-subpool p error

test huge-subpool-oldest: the same where the head has it
kernels 5.10
pick p hugetlb head
set page[p].private = 0x4141414141414140
expect hugetlb-subpool p error

test huge-subpool-other: it leads to something else
kernels 6.12* 7.3*
pick p hugetlb head
set folio[p]._hugetlb_subpool = page_va(p)
expect hugetlb-subpool p error

# ---- the memmap of huge pages -----------------------------------------------------------------------------------------

test alias-small: the struct pages of small pages show those of a huge page
kernels *-hvo
pick p hugetlb head
pick q anon small
set phys[leaf(page_va(q))] = phys[leaf(page_va(p))]
expect vmemmap-alias error
also any

test alias-other: the struct pages of one huge page show those of another
kernels *-hvo
pick p hugetlb head nth=0
pick q hugetlb head nth=-1
set phys[leaf(page_va(p))] = phys[leaf(page_va(q))]
expect vmemmap-alias p error
also any

test tails-private: one word of the shared tails
kernels 7.3-hvo
pick p hugetlb head
set page[p+100].private = 1
expect vmemmap-tails-content error
also any

test tails-flags: a flag of the shared tails
kernels 7.3-hvo
pick p hugetlb head
set page[p+100].flags |= flag(dirty)
expect vmemmap-tails-content error
also any

test tails-wild: the frame of tails is not known
kernels 7.3-hvo
set zone[DMA32].vmemmap_tails[2] = 0x4141414141414140
expect vmemmap-tails-content error

# ---- vmalloc areas ----------------------------------------------------------------------------------------------------

test vmalloc-free: a page of an area is free
pick p kernel vmalloc
pick q buddy interior
set mem[vmslot(vmva(p))] = page_va(q)
expect vmalloc-page-live q error

test vmalloc-anon: a page of an area belongs to a process
pick p kernel vmalloc
pick q anon small
set mem[vmslot(vmva(p))] = page_va(q)
expect vmalloc-page-live q error

test vmalloc-other: a slot names a page that is not mapped there
pick p kernel vmalloc nth=10
pick q kernel vmalloc nth=20
set mem[vmslot(vmva(p))] = page_va(q)
expect vmalloc-page-live q error

test vmalloc-wild: a slot leads nowhere
pick p kernel vmalloc
set mem[vmslot(vmva(p))] = 0x4141414141414140
expect vmalloc-page-live error

test vmalloc-remapped: the page table maps another page
pick p kernel vmalloc nth=10
pick q anon small
set phys[leaf(vmva(p))] = leaf_to(vmva(p), q)
expect vmalloc-page-live p error
also any

test vmalloc-unmapped: an entry was cleared
pick p kernel vmalloc nth=10
set phys[leaf(vmva(p))] = NO_ENTRY
expect vmalloc-page-live p error
also any

test vmalloc-page-freed: a page of an area is freed by somebody
pick p kernel vmalloc
pick q buddy interior
copy page[q] -> page[p]
expect any p
also any

test ok-vmalloc-busy: an area that is being set up
pick p kernel vmalloc nth=10
set mem[vmslot(vmva(p))] = 0
set object[vmstruct(vmva(p))].vm_struct.flags |= 0x20
expect nothing

test vmalloc-size: an area of another size
pick p kernel vmalloc
set object[vmstruct(vmva(p))].vm_struct.size += 0x100000
expect vmalloc-area-valid error

test vmalloc-addr-bit: one bit of the address is flipped
pick p kernel vmalloc
set object[vmstruct(vmva(p))].vm_struct.addr ^= 1 << 13
expect vmalloc-area-valid error

test vmalloc-nr-pages: more pages than fit
pick p kernel vmalloc
set object[vmstruct(vmva(p))].vm_struct.nr_pages |= 1 << 28
expect vmalloc-area-valid error

test vmalloc-vm-wild: the vm_struct is nowhere
pick p kernel vmalloc
set object[vmarea(vmva(p))].vmap_area.vm ^= 1 << 44
expect vmalloc-area-valid error

test vmalloc-pages-wild: the array of pages is nowhere
pick p kernel vmalloc
set object[vmstruct(vmva(p))].vm_struct.pages ^= 1 << 44
expect vmalloc-area-valid error

test vmalloc-link: the list of areas is broken
pick p kernel vmalloc
set object[vmarea(vmva(p))].vmap_area.list.next ^= 1 << 44
expect vmalloc-list-links error

test vmalloc-link-prev: it does not lead back
pick p kernel vmalloc
set object[vmarea(vmva(p))].vmap_area.list.prev ^= 1 << 44
expect vmalloc-list-links error

test ok-vmalloc-ram: an area of vm_map_ram()
pick p kernel vmalloc nth=10
set object[vmarea(vmva(p))].vmap_area.vm = 0
expect nothing

# ---- kernel stacks ----------------------------------------------------------------------------------------------------

test kstack-ref: somebody refers to a page of a stack
needs VMAP_STACK
pick q anon small entries>=1 tasks>=1
set page[kpfn(task[q].stack)]._refcount = 2
expect refcount-extra warning
expect kstack-page-owner warning follows

test kstack-lost: the page of a stack has no reference
pick q anon small entries>=1 tasks>=1
set page[kpfn(task[q].stack)]._refcount = 0
expect any
also any

test kstack-wild: a task's stack is nowhere
needs VMAP_STACK
pick q anon small entries>=1 tasks>=1
set task[q].stack ^= 1 << 44
expect kstack-page-owner error

test kstack-middle: a task's stack starts in the middle of an area
needs VMAP_STACK
pick q anon small entries>=1 tasks>=1
set task[q].stack += pa(1)
expect kstack-page-owner error

# ---- balloons, device memory, memory errors -----------------------------------------------------------------------------

test balloon-link: the list of a balloon is broken
pick p offline
set page[p].lru.next ^= 1 << 44
expect balloon-list p error

test balloon-private: a page of a balloon names something else
pick p offline
set page[p].private ^= 1 << 44
expect balloon-list p error

test balloon-skips: a page was taken off the list by its neighbours alone
pick p offline
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
expect balloon-list p error

test ok-balloon-isolated: the same while it is migrated
kernels 5.10 6.1 6.12
pick p offline
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set page[p].flags |= flag(isolated)
expect nothing

test ok-balloon-isolated-new: the same in newer kernels
kernels 7.3
pick p offline
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set page[p].flags |= flag(movable_ops_isolated)
expect nothing

test ok-balloon-locked: it is being isolated
pick p offline
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set page[p].flags |= flag(locked)
expect balloon-list p warning
also any p

test ok-balloon-leaves: a page that has left the balloon
pick p offline
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set page[p].private = 0
expect nothing

test pgmap-wild: a page of device memory whose driver's words are nowhere
kernels 6.12-la57
pick p device
set page[p].pgmap ^= 1 << 44
expect zone-device-pgmap p error

test pgmap-wild-folio: the same where the folio has them
kernels 7.3-numa
pick p device
set folio[p].pgmap ^= 1 << 44
expect zone-device-pgmap p error

test pgmap-range: the driver does not have that memory
kernels 6.12-la57
pick p device
set object[page[p].pgmap].dev_pagemap.range.end -= 0x1000
expect zone-device-pgmap error

test pgmap-null: a page of device memory without a driver
kernels 7.3-numa
pick p device
set folio[p].pgmap = 0
expect zone-device-pgmap p error

test poison-count-high: more errors counted than pages marked
set mem[symbol(num_poisoned_pages)] += 5
expect hwpoison-count warning

test poison-marked: pages marked and not counted
pick p kernel small
pick q kernel small nth=3
set page[p].flags |= flag(hwpoison)
set page[q].flags |= flag(hwpoison)
expect hwpoison-count warning
also any

test ok-poison-panic: a machine check stopped the kernel
pick p kernel small
set page[p].flags |= flag(hwpoison)
expect hwpoison-count note
also any p

test ok-poison-handled: a memory error is being handled
set mem[symbol(num_poisoned_pages)] += 5
set mem[symbol(mf_mutex)] = 1
expect hwpoison-count note
