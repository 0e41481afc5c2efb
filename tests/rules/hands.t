# SPDX-License-Identifier: GPL-2.0-or-later
# Odd pages that code has in its hands: a stack names the page, or another one of the same block.

test hands-frozen: a page of the kernel without reference, on a stack
pick p kernel small aligned>=1 next=kernel vmapped=0
pick t anon small mapcount=1 tasks=1
set page[p]._refcount = 0
set page[p].lru.next = 0
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p)
expect frozen-run p note

test hands-frozen-node: the same by its list node
pick p kernel small aligned>=1 next=kernel vmapped=0
pick t anon small mapcount=1 tasks=1
set page[p]._refcount = 0
set page[p].lru.next = 0
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p) + 8
expect frozen-run p note

test hands-frozen-neighbour: the page behind it is on the stack
pick p kernel small aligned>=1 next=kernel vmapped=0
pick t anon small mapcount=1 tasks=1
set page[p]._refcount = 0
set page[p].lru.next = 0
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p + 1)
expect frozen-run p warning

test hands-frozen-memory: the stack has the address of the page's contents only
pick p kernel small aligned>=1 next=kernel vmapped=0
pick t anon small mapcount=1 tasks=1
set page[p]._refcount = 0
set page[p].lru.next = 0
set mem[object[task(t)].task_struct.thread.sp + 64] = 0xffff888000000000 + pa(p)
expect frozen-run p warning

test hands-inuse: a page of a file without a reference, on a stack
pick p file small mapcount=0 flag=!locked flag=lru
pick t anon small mapcount=1 tasks=1
set page[p]._refcount = 0
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p)
expect inuse-refcount-positive p note
also any p

test hands-head: a page of the kernel that is half compound, on a stack
pick p kernel small next=!kernel-interior aligned>=1
pick t anon small mapcount=1 tasks=1
set page[p].flags |= flag(head)
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p)
expect head-order-range p note

test hands-head-slab: a slab is not made or freed so: who has it on the stack is no excuse
pick p slab head order>=2
pick t anon small mapcount=1 tasks=1
set folio[p].order = 0
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p)
expect head-order-range p error
