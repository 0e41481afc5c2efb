# SPDX-License-Identifier: GPL-2.0-or-later
# Words of kernel memory that lead to pages with a reference too many: what holds them, and what holds nothing.

test refcount-held-variable: a variable of the kernel has the page
pick p anon small refcount=1 mapcount=1
set page[p]._refcount += 1
set mem[symbol(saved_command_line)] = page_va(p)
expect refcount-held p note

test refcount-held-many: three pages in one variable are one finding
pick p anon small refcount=1 mapcount=1
pick q anon small refcount=1 mapcount=1
pick r anon small refcount=1 mapcount=1
set page[p]._refcount += 1
set page[q]._refcount += 1
set page[r]._refcount += 1
set mem[symbol(core_pattern)] = page_va(p)
set mem[symbol(core_pattern) + 8] = page_va(q)
set mem[symbol(core_pattern) + 16] = page_va(r) + 1
expect refcount-held note

test refcount-extra-stale-object: a free object still has the page
pick p anon small refcount=1 mapcount=1
pick s slab free>=2 cache=kmalloc-1*
set page[p]._refcount += 1
set mem[freeobject(s,1)] = page_va(p)
expect refcount-extra p warning

test refcount-extra-stale-batch: behind the end of a batch stands the page
pick p anon small refcount=1 mapcount=1
set page[p]._refcount += 1
set mem[8 * mem8[batchlast(0)] + batch(0)] = page_va(p)
expect refcount-extra p warning

test ok-refcount-held-percpu: a CPU has the page in its hands
kernels 7.3*
pick p anon small refcount=1 mapcount=1
set page[p]._refcount += 1
set mem[percpu(symbol(numa_node), 0) & -8] = page_va(p)
expect nothing

test ok-refcount-held-locked: somebody has locked the page, and an object leads to it
pick p anon small refcount=1 mapcount=1
set page[p]._refcount += 1
set page[p].flags |= flag(locked)
set mem[symbol(saved_command_line)] = page_va(p)
expect nothing

test refcount-held-object: an object of a slab has the page
pick p anon small refcount=1 mapcount=1
pick s slab slab=full cache=kmalloc-8
set page[p]._refcount += 1
set mem[slabva(s) + 1024] = page_va(p)
expect refcount-held p note

test refcount-held-pin: an object has a page pinned
pick p shmem small refcount=1 mapcount=0
pick s slab slab=full cache=kmalloc-8
set page[p]._refcount += 1024
set mem[slabva(s) + 1024] = page_va(p)
expect refcount-held p note
