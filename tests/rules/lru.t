# SPDX-License-Identifier: GPL-2.0-or-later
# LRU lists, memory cgroups, batches of CPUs, queues of folios to split.

# ---- links ------------------------------------------------------------------------------------------------------------

test lru-next-nowhere: a page's link leads into user space
pick p anon small listed mapcount=1
set page[p].lru.next = 0x4141414141414140
expect lru-links p error

test lru-next-bit: one bit of a link is flipped
pick p anon small listed mapcount=1
set page[p].lru.next ^= 1 << 44
expect lru-links p error

test lru-prev-bit: one bit of the link back
pick p file|shmem small listed
set page[p].lru.prev ^= 1 << 14
expect lru-links p error

test lru-next-skips: a link skips the next page
pick p anon small listed mapcount=1
set page[p].lru.next = mem[mem[page[p].lru.next]]
expect lru-links error

test lru-poison: a page was deleted from the list by somebody who did not mean it
pick p anon small listed mapcount=1
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect lru-links p error

test lru-zeroed: the list node was cleared
pick p anon small listed mapcount=1
set page[p].lru.next = 0
set page[p].lru.prev = 0
expect lru-links p error

test lru-head: the head of the list is overwritten
pick p anon small listed mapcount=1
set mem[lruvec(p)] ^= 1 << 40
set mem[lruvec(p) + 8] ^= 1 << 40
expect lru-links error

# ---- a page that no list leads to -----------------------------------------------------------------------------------------

test lru-flag-list: its neighbours know nothing of it
pick p anon small listed mapcount=1 refcount=1
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
expect lru-flag-list p error
also lru-gen-size
also lru-zone-size

test lru-flag-list-file: the same with a page of a file, which was unlinked and initialised
pick p file small listed
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set page[p].lru.next = page_va(p) + 8
set page[p].lru.prev = page_va(p) + 8
set mem[lrusize(p)] -= 1
expect lru-flag-list p error

test ok-isolated-list: taken off the LRU as the kernel does it
pick p anon small listed mapcount=1
set mem[page[p].lru.prev] = page[p].lru.next
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem[lrusize(p)] -= 1
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
set page[p].flags &= ~flag(lru)
set page[p]._refcount += 1
hold p stack
also nr-lru-stat
expect nothing

# ---- a page on the list that should not be there ----------------------------------------------------------------------------

test list-lru-flag: the flag is gone, nobody works on the page
pick p anon small listed mapcount=1 refcount=1 flag=!locked
set page[p].flags &= ~flag(lru)
kernels 6.1 6.12 7.3
expect list-lru-flag p warning

test list-lru-flag-old: the same where the flag changes under the lock alone
kernels 5.10
pick p anon small listed mapcount=1 refcount=1 flag=!locked
set page[p].flags &= ~flag(lru)
expect list-lru-flag p error

test list-lru-flag-held: a CPU is about to isolate the page
kernels 6.1 6.12 7.3
pick p anon small listed mapcount=1 refcount=1 flag=!locked
set page[p].flags &= ~flag(lru)
set page[p]._refcount += 1
hold p stack
expect list-lru-flag p note
also nr-lru-stat

test list-lru-flag-free: a free page on the list
pick p file small listed mapcount=0
set page[p].flags &= ~flag(lru)
set page[p]._mapcount = type(buddy)
set page[p]._refcount = 0
expect any p error
expect list-lru-flag p error follows
also any

# ---- the wrong list -----------------------------------------------------------------------------------------------------------

test lru-list-class: anonymous by its flags, on a list of files
pick p file small listed
set page[p].flags |= flag(swapbacked)
expect lru-list-class p error
also any p
also mm-rss

test lru-list-class-active: by its flags on the active list
kernels 5.10 6.1
pick p anon small listed mapcount=1 flag=!active
set page[p].flags |= flag(active)
expect lru-list-class p error

test lru-list-class-gen: its generation is lost
kernels 6.12 7.3
pick p anon small listed mapcount=1 lrugen!=0
set page[p].flags &= ~genbits(7)
expect lru-list-class p error

test lru-list-class-gens: there is no such generation
kernels 6.12 7.3
pick p anon small listed mapcount=1 lrugen!=0
set page[p].flags |= genbits(7)
expect lru-list-class p error

test ok-lru-gen-first: a walk of page tables gave it another generation
kernels 6.12 7.3
pick p anon small listed mapcount=1 lrugen!=0
set page[p].flags &= ~genbits(7)
set page[p].flags |= genbits(1)
expect nothing

test ok-lru-gen-last: and another one
kernels 6.12 7.3
pick p anon small listed mapcount=1 lrugen!=0
set page[p].flags &= ~genbits(7)
set page[p].flags |= genbits(4)
expect nothing

test lru-list-memcg: charged to another cgroup
pick p anon small listed mapcount=1
pick q anon small listed mapcount=1 memcg!=0
if memcg(1)
kernels 5.10 6.1 6.12
set page[p].memcg = memcg(1)
if page[p].memcg ^ page[q].memcg
expect lru-list-memcg p error

test unevictable-not-listed: locked by its flag, but on a list
kernels 6.1 6.12 7.3
pick p anon small listed mapcount=1
set page[p].flags |= flag(unevictable)
expect unevictable-not-listed p error
also lru-zone-size

# ---- counts ---------------------------------------------------------------------------------------------------------------------

test lru-zone-size: the size of a classic list
kernels 5.10 6.1
pick p anon small listed mapcount=1
set mem[lrusize(p)] += 3
expect lru-zone-size warning

test lru-zone-size-bit: a bit of it
kernels 5.10 6.1
pick p file small listed
set mem[lrusize(p)] ^= 1 << 33
expect lru-zone-size warning

test lru-zone-size-unevictable: fewer unevictable pages than there are
kernels 6.1 6.12 7.3
pick p anon|file|shmem small flag=unevictable flag=lru
set mem[lrusize(p)] -= 1
expect lru-zone-size warning

test lru-zone-size-isolated: more of them: one may be on its way off
kernels 6.1 6.12 7.3
pick p anon|file|shmem small flag=unevictable flag=lru
set mem[lrusize(p)] += 1
expect lru-zone-size note

test lru-gen-size: pages of a generation
kernels 6.12 7.3
pick p anon small listed mapcount=1 lrugen!=0
set mem[lrusize(p)] += 3
expect lru-gen-size warning

# ---- batches --------------------------------------------------------------------------------------------------------------------

test lru-batch-pointer: an entry is no struct page
set mem[batch(0)] ^= 4
expect lru-in-batch-ref error
also refcount-extra

test lru-batch-number: more entries than a batch can hold
set mem8[batchlast(0)] |= 0xff
expect lru-in-batch-ref error

test lru-batch-free: a page was freed while it waits: this may be the CPU that empties the batch
pick p batched small
set page[p]._refcount = 0
expect any p
expect lru-in-batch-ref p follows
also any

# ---- memory cgroups ----------------------------------------------------------------------------------------------------------------

test memcg-child-bit: a link between children is flipped
set object[memcg(1)].mem_cgroup.css.sibling.next ^= 1 << 40
expect memcg-tree-links error

test memcg-parent: a child names another parent
set object[memcg(1)].mem_cgroup.css.parent = memcg(1)
expect memcg-tree-links error

test memcg-subsys: it belongs to no controller
set object[memcg(1)].mem_cgroup.css.ss += 8
expect memcg-tree-links error

test memcg-node: its part for a node names another cgroup
set object[percg(1)].mem_cgroup_per_node.memcg = memcg(0)
expect memcg-tree-links error

test memcg-objcg: an obj_cgroup names nothing
set object[objcg(0)].obj_cgroup.memcg += 8
expect memcg-tree-links error
also any

test memcg-known: charged to something beside a cgroup
pick p anon small listed mapcount=1 memcg!=0
set page[p].memcg += 0x40
expect memcg-known p error

test memcg-known-bit: a bit is flipped
pick p file small listed memcg!=0
set page[p].memcg ^= 1 << 30
expect memcg-known p error

test memcg-kmem-objcg: kernel memory that is charged to no obj_cgroup
kernels 6.1 6.12 7.3
pick p kernel small memcg=0
set page[p].memcg = object[memcg(0)].mem_cgroup.css.cgroup | 2
expect memcg-kmem-objcg p error

test memcg-kmem-old: where it is charged to the cgroup itself
kernels 5.10
pick p kernel|page-table small memcg!=0
set page[p].memcg += 0x40
expect memcg-kmem-objcg p error

test ok-memcg-objcg: kernel memory that is charged
kernels 6.1 6.12 7.3
pick p kernel small memcg=0
set page[p].memcg = objcg(0) | 2
expect nothing

# ---- folios to be split --------------------------------------------------------------------------------------------------------------

test deferred-links: a link of the queue is flipped
pick p anon head order>=2 queued
set mem[mem[splitq(0)]] ^= 1 << 44
expect deferred-links error

test deferred-on-queue: neighbours do not lead to a folio that says it is queued
kernels 6.12 7.3
pick p anon head order>=2 queued
set mem[folio[p]._deferred_list.prev] = folio[p]._deferred_list.next
set mem[folio[p]._deferred_list.next + 8] = folio[p]._deferred_list.prev
expect deferred-on-queue p error
also deferred-len

test deferred-on-queue-old: the same before there were folios
kernels 5.10 6.1
pick p anon head order>=2 queued
set mem[page[p+2].deferred_list.prev] = page[p+2].deferred_list.next
set mem[page[p+2].deferred_list.next + 8] = page[p+2].deferred_list.prev
expect deferred-on-queue p error
also deferred-len

test deferred-len: the queue counts too many
set mem[splitlen(0)] += 2
expect deferred-len warning

test deferred-len-bit: a bit of its length
set mem[splitlen(0)] ^= 1 << 40
expect deferred-len warning

test deferred-dead: a folio of a file is on the queue
pick p anon head order>=2 queued
pick q file small listed
set page[p].mapping = page[q].mapping
expect deferred-dead p error follows
also any
