# SPDX-License-Identifier: GPL-2.0-or-later
# Memory of the kernel that nobody has.

test kernel-page-lost-slab: whoever had a page forgets it
pick p kernel first small owner=by-slab prev=!kernel
forget p
expect kernel-page-lost p warning

test kernel-page-lost-data: a variable that led to pages is cleared
pick p kernel first owner=by-data prev=!kernel
forget p
expect kernel-page-lost p warning
also kernel-page-lost

test kernel-page-lost-compound: a compound page is forgotten
pick p kernel|large-kmalloc head owner=by-slab
forget p
expect kernel-page-lost p warning
also kernel-page-lost

test kernel-page-lost-high-order: an allocation of several pages that is no compound page is forgotten
pick p kernel first order>=1 owner=by-data
forget p
expect kernel-page-lost p warning
also kernel-page-lost

test kernel-page-lost-split: the start of a block that was split is forgotten, and so is all of it
pick p kernel small owner=by-data prev=!kernel next=kernel refcount=1
forget p
expect kernel-page-lost p warning
also kernel-page-lost

test kernel-page-lost-vmalloc: a page is taken out of a vmalloc area, but not freed
pick p kernel small vmalloc
set mem[vmslot(vmva(p))] = 0
set phys[leaf(vmva(p))] = NO_ENTRY
forget p
expect kernel-page-lost p warning
also vmalloc-page-live

test kernel-page-lost-two: lost memory that leads to lost memory is lost
todo 6.12-ppc64el: something leads to these blocks of 64 KiB still
pick p kernel first small owner=by-slab prev=!kernel
pick q kernel first small owner=by-slab prev=!kernel
forget p
forget q
set phys[pa(q) + 64] = page_va(p)
set phys[pa(p) + 64] = linear(q)
expect kernel-page-lost warning
also kernel-page-lost

test kernel-page-lost-doubt: it may belong to the block of the page in front, which somebody has
todo 6.12-ppc64el: the block in front is another there
pick p kernel small owner=by-slab aligned<=0 prev=kernel nth=1
pick q kernel small vmalloc
forget p
set phys[pa(q) + 2048] = linear(p - 1)
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect kernel-page-lost p note

test kernel-page-lost-free: a free page that is on no list becomes allocated
kernels 5.10* 7.3*
pick p buddy first order=0 prev=!kernel
forget p
set page[p]._refcount = 1
set page[p]._mapcount = 0xffffffff
set page[p].private = 0
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect kernel-page-lost p follows
also any

test kernel-page-lost-ok-struct-page: one variable has the struct page
pick p kernel first small owner=by-slab prev=!kernel
forget p
set mem[symbol(jiffies_64)] = page_va(p)
expect nothing

test kernel-page-lost-ok-through: a page that somebody has leads to it
pick p kernel first small owner=by-slab prev=!kernel
pick q kernel first small owner=by-slab prev=!kernel
forget p
set phys[pa(q) + 64] = linear(p) + 0x10
expect nothing

test kernel-page-lost-ok-hardware: a table of physical addresses has it
pick p kernel first small owner=by-slab prev=!kernel
pick q kernel first small owner=by-slab prev=!kernel
forget p
set phys[pa(q) + 64] = pa(p) + 3
expect nothing

test kernel-page-lost-ok-list: it hangs on a page of somebody else, as continuations of swap counts do
pick p kernel first small owner=by-slab prev=!kernel
pick q kernel first small vmalloc
forget p
set page[p].lru.next = page_va(q) + 8
set page[p].lru.prev = page_va(q) + 8
set page[q].lru.next = page_va(p) + 8
set page[q].lru.prev = page_va(p) + 8
expect nothing

test kernel-page-lost-ok-callback: RCU will free it, and the callback before it is in a struct page
pick p kernel first small owner=by-slab prev=!kernel
pick q kernel first small vmalloc
forget p
set page[q].lru.next = linear(p)
set page[q].lru.prev = symbol(_stext) + 0x1000
expect nothing

test kernel-page-lost-ok-vmcoreinfo: the page of VMCOREINFO, which the crash has replaced
pick p kernel first small owner=by-slab prev=!kernel
forget p
set phys[pa(p)] = bytes(0x5341454c4552534f)
set phys[pa(p) + 8] = bytes(0x3d45)
expect nothing

test kernel-page-lost-ok-chain: pages that are linked by their private words, as skb_copy_ubufs() does
pick p kernel first small owner=by-slab prev=!kernel
pick q kernel first small owner=by-slab prev=!kernel
forget p
set page[q].private = page_va(p)
expect nothing

test ok-split-block-mapped: the first page of a block that was split is mapped, like that of the vDSO's data; the rest has no pointer
kernels 7.3*
set page[kpfn(mem[symbol(vdso_k_time_data)])]._mapcount += 1
set page[kpfn(mem[symbol(vdso_k_time_data)])]._refcount += 1
expect mapcount-recount-small
