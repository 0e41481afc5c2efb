# SPDX-License-Identifier: GPL-2.0-or-later
# Slabs: their caches, the lists of nodes, what CPUs keep, free objects.

# ---- caches -----------------------------------------------------------------------------------------------------------

test slab-cache-list-broken: a cache's link leads to nowhere
pick p slab slab=full cache=filp
set object[cache(p)].kmem_cache.list.next ^= 1 << 20
expect slab-cache-list error

test slab-cache-list-prev: one bit of the link back is flipped
pick p slab slab=full cache=filp
set object[cache(p)].kmem_cache.list.prev ^= 1 << 9
expect slab-cache-list error

test slab-cache-size: a cache's size is one bit off
pick p slab slab=full cache=filp
set object[cache(p)].kmem_cache.size ^= 1
expect slab-cache-list error

test slab-cache-offset: the free pointer would lie behind the object
pick p slab slab=full cache=filp
set object[cache(p)].kmem_cache.offset ^= 1 << 14
expect slab-cache-list error

test slab-cache-backptr-bit: one bit of a slab's cache is flipped
pick p slab slab=full
set page[p].slab_cache ^= 0x40
expect slab-cache-backptr p error

test slab-cache-backptr-zero: a slab in use names no cache
pick p slab slab=full
set page[p].slab_cache = 0
expect slab-cache-backptr p error

test slab-cache-backptr-object: a slab names an object of its own
pick p slab slab=full
set page[p].slab_cache = slabva(p)
expect slab-cache-backptr p error

test ok-slab-new: a slab that is being made names no cache yet
kernels 6.1
pick p slab slab=full small
set page[p].slab_cache = 0
set page[p].counters = 0
set page[p].freelist = 0
set object[cachenode(p)].kmem_cache_node.nr_slabs.counter -= 1
set object[cachenode(p)].kmem_cache_node.total_objects.counter -= slabobjects(p)
also slab-nr-slabs
expect nothing

# ---- shape ------------------------------------------------------------------------------------------------------------

test slab-objects-one-less: a slab has lost an object
pick p slab slab=full inuse>=8
set page[p].counters -= inuse(1) + objects(1)
expect slab-objects p error
also slab-nr-slabs

test slab-objects-bit: one bit is flipped
pick p slab slab=full inuse>=8
set page[p].counters ^= objects(1 << 10)
expect slab-objects p error
also slab-nr-slabs

test slab-order-foreign: a slab names a cache whose slabs have another order
pick p slab slab=full small
pick q slab head cache=kmalloc-8k
if object[cache(q)].kmem_cache.size - 1 & ~in_page(-1)
set page[p].slab_cache = cache(q)
expect slab-order p error
expect slab-nr-slabs error follows

# ---- free objects -----------------------------------------------------------------------------------------------------

test slab-inuse-up: one object more in use than there is
pick p slab slab=full inuse>=8
set page[p].counters += inuse(1)
expect slab-inuse p error

test slab-inuse-down: one object less in use, and none free
kernels 5.10 6.1 6.12
pick p slab slab=full inuse>=8
set page[p].counters -= inuse(1)
expect slab-inuse p error

test ok-slab-inuse-down: it might be a slab that is being made
kernels 7.3
pick p slab slab=full inuse>=8
set page[p].counters -= inuse(1)
expect slab-inuse p warning

test slab-inuse-partial: a slab with free objects counts one too many in use
pick p slab slab=partial free>=2
set page[p].counters += inuse(1)
expect slab-inuse p error

test slab-freelist-short: the chain of free objects ends early
pick p slab free>=3
set mem[freeptr(p,0)] ^= freeobject(p,1)
expect slab-inuse p error

test slab-freelist-circle: a double free makes a circle
pick p slab free=2
set mem[freeptr(p,1)] ^= freeobject(p,0)
expect slab-freelist p error

test slab-freelist-again: the second free object leads back to the first
pick p slab free>=3
set mem[freeptr(p,1)] ^= freeobject(p,2) ^ freeobject(p,0)
expect slab-freelist p error

test slab-freelist-written: somebody wrote to an object after it was freed
pick p slab free>=2
set mem[freeptr(p,0)] = 0x6b6b6b6b6b6b6b6b
expect slab-freelist p error

test slab-freelist-bit: one bit of a free pointer is flipped
pick p slab free>=2
set mem[freeptr(p,0)] ^= 1 << 33
expect slab-freelist p error

test slab-freelist-middle: a free pointer leads into the middle of an object
pick p slab free>=2
set mem[freeptr(p,0)] ^= 4
expect slab-freelist p error

test slab-freelist-wild: the slab's own word leads to nowhere
pick p slab free>=2
set page[p].freelist ^= 1 << 40
expect slab-freelist p error

test slab-freelist-foreign: it leads into another slab
pick p slab slab=full
pick q slab slab=full
set page[p].freelist = slabva(q)
expect slab-freelist p error

# ---- lists of nodes ---------------------------------------------------------------------------------------------------

test slab-partial-links-next: a link of the list of partial slabs is flipped
pick p slab slab=partial partials>=2
set page[p].slab_list.next ^= 1 << 12
expect slab-partial-links error

test slab-partial-links-prev: a link back
pick p slab slab=partial partials>=2
set page[p].slab_list.prev ^= 0x40
expect slab-partial-links p error

test slab-partial-links-head: the head of the list
pick p slab slab=partial
set object[cachenode(p)].kmem_cache_node.partial.next ^= 1 << 21
expect slab-partial-links error

test slab-partial-links-empty: the head of an empty list
pick p slab slab=full partials=0
set object[cachenode(p)].kmem_cache_node.partial.prev ^= 1 << 8
expect slab-partial-links error

test ok-slab-partial-locked: links are being changed under list_lock
pick p slab slab=partial partials>=2
set page[p].slab_list.prev ^= 0x40
set mem32[cachenode(p)] = 1
expect slab-partial-links p warning

test slab-partial-frozen: a slab on the list says that a CPU has it
pick p slab slab=partial
set page[p].counters |= frozen(1)
expect slab-partial-state p error

test slab-partial-bit: its flags do not say that it is on the list
kernels 6.12* 7.3*
pick p slab slab=partial
set page[p].flags &= ~flag(workingset)
expect slab-partial-state p error

test slab-lost-bit: its flags say that it is on the list, and it is not
kernels 6.12 7.3
pick p slab slab=full
set page[p].flags |= flag(workingset)
expect slab-partial-state p error

test slab-partial-full: a slab on the list has nothing free
pick p slab slab=partial
set page[p].counters |= inuse(0x7fff)
set page[p].freelist = 0
expect any p error

test slab-partial-cut: a slab was taken off the list, and nobody has it
pick p slab slab=partial partials=1 inuse>=1
set object[cachenode(p)].kmem_cache_node.partial.next = cachenode(p) + 16
set object[cachenode(p)].kmem_cache_node.partial.prev = cachenode(p) + 16
set object[cachenode(p)].kmem_cache_node.nr_partial = 0
expect slab-partial-state p error

test slab-partial-lost: the page is no slab any more
pick p slab slab=partial small
pick q buddy first order=0 zone=DMA32
copy page[q] -> page[p]
expect any error
also any

test slab-nr-partial: the number of partial slabs is off
pick p slab slab=full
set object[cachenode(p)].kmem_cache_node.nr_partial += 1
expect slab-nr-partial error

test ok-slab-nr-partial-locked: it is being changed
pick p slab slab=full
set object[cachenode(p)].kmem_cache_node.nr_partial += 1
set mem32[cachenode(p)] = 1
expect slab-nr-partial warning

test slab-nr-slabs-high: more slabs are counted than there are
pick p slab slab=full
set object[cachenode(p)].kmem_cache_node.nr_slabs.counter += 1
expect slab-nr-slabs error

test slab-nr-slabs-low: many fewer
pick p slab slab=full cache=filp
set object[cachenode(p)].kmem_cache_node.nr_slabs.counter -= 9
expect slab-nr-slabs error

test slab-total-objects: the objects do not add up
pick p slab slab=full
set object[cachenode(p)].kmem_cache_node.total_objects.counter += 3
expect slab-nr-slabs error

# ---- CPUs -------------------------------------------------------------------------------------------------------------

test slab-cpu-slab-wild: a CPU's slab is no struct page
pick p slab slab=cpu
set object[cachecpu(p)].kmem_cache_cpu.freelist = 0
set mem[cachecpu(p) + 16] ^= 1 << 45
expect slab-cpu-slab error

test slab-cpu-slab-foreign: a CPU has a slab of another cache
pick p slab slab=cpu
pick q slab slab=full
set mem[cachecpu(p) + 16] = page_va(q)
expect slab-cpu-slab q error

test slab-cpu-slab-thawed: the slab a CPU allocates from is not frozen
kernels 6.1 6.12
pick p slab slab=cpu cpufree>=1
set page[p].counters &= ~frozen(1)
expect slab-cpu-slab p error

test ok-slab-cpu-thawed-old: it may have given it back just now
kernels 5.10
pick p slab slab=cpu cpufree>=1
set page[p].counters &= ~frozen(1)
expect slab-cpu-slab p warning

test slab-cpu-object-written: somebody wrote to a free object that the CPU keeps
pick p slab slab=cpu cpufree>=2
set mem[cpuptr(p,0)] = 0
expect slab-cpu-slab p error

test slab-cpu-freelist: a CPU's list of free objects leads out of its slab
pick p slab slab=cpu cpufree>=1
set object[cachecpu(p)].kmem_cache_cpu.freelist ^= 1 << 41
expect slab-cpu-slab p error

test slab-cpu-chain-circle: the chain of partial slabs goes in a circle
pick p slab slab=chain
set page[p].slab_next = page_va(p)
expect slab-cpu-slab error

test slab-cpu-chain-thawed: a slab in the chain is not frozen
kernels 5.10 6.1
pick p slab slab=chain
set page[p].counters &= ~frozen(1)
expect slab-cpu-slab p error

test slab-cpu-chain-frozen: a slab in the chain is frozen
kernels 6.12
pick p slab slab=chain
set page[p].counters |= frozen(1)
expect slab-cpu-slab p error

test slab-cpu-chain-wild: the chain leads to nowhere
pick p slab slab=chain
set page[p].slab_next = 0xffff800000000040
expect slab-cpu-slab error

# ---- sheaves ----------------------------------------------------------------------------------------------------------

test slab-sheaf-twice: a double free puts an object into a sheaf twice
pick p slab slab=full sheaf>=3
set mem[sheafslot(p,0)] = mem[sheafslot(p,1)]
expect slab-sheaf error

test slab-sheaf-foreign: a sheaf holds an object of another cache
pick p slab slab=full sheaf>=3 cache=filp
pick q slab slab=full cache=kernfs_node_cache
set mem[sheafslot(p,0)] = slabva(q)
expect slab-sheaf q error

test slab-sheaf-free: an object in a sheaf is free for its slab, too
pick p slab free>=1 sheaf>=3
set mem[sheafslot(p,0)] = freeobject(p,0)
expect slab-sheaf p error

test slab-sheaf-middle: an address in the middle of an object
pick p slab slab=full sheaf>=3
set mem[sheafslot(p,0)] += 8
expect slab-sheaf error

test slab-sheaf-wild: no address of a slab at all
pick p slab slab=full sheaf>=3
set mem[sheafslot(p,0)] = 0xdeadbeef
expect slab-sheaf error

test slab-sheaf-size: more objects than it has room for
pick p slab slab=full sheaf>=3
set object[sheaf(p)].slab_sheaf.size = 4000
expect slab-sheaf error

test slab-sheaf-cache: a CPU's sheaf is one of another cache
pick p slab slab=full sheaf>=3
set object[sheaf(p)].slab_sheaf.cache ^= 0x100
expect slab-sheaf error

test slab-barn-number: a barn counts one full sheaf too many
pick p slab slab=full sheaf>=3
set object[barn(p)].node_barn.nr_full += 1
expect slab-sheaf error

# ---- extensions -------------------------------------------------------------------------------------------------------

test slab-obj-exts-bit: the vector of extensions is not marked as one
pick p slab slab=full memcg!=0
set page[p].obj_exts ^= 1
expect slab-obj-exts p error
also memcg-pointer-valid

test slab-obj-exts-wild: it leads to nowhere
pick p slab slab=full memcg!=0
set page[p].obj_exts ^= 1 << 40
expect slab-obj-exts p error

test slab-obj-exts-middle: it leads into the middle of an object
pick p slab slab=full memcg!=0 inuse>=16
set page[p].obj_exts += 8
expect slab-obj-exts p error

test slab-obj-exts-page: it leads to a page of something else
pick p slab slab=full memcg!=0
pick q anon small
set page[p].obj_exts = slabva(p) + pa(q - p) + 1
expect slab-obj-exts p error
