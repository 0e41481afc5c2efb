# SPDX-License-Identifier: GPL-2.0-or-later
# Page caches: slots, pages and what counts them.

# ---- slots -------------------------------------------------------------------------------------------------------------

test cache-slot-erased: a page that its file has lost
pick p file small innode>=1 nrpages>=8
set mem[slot(p)] = 0
expect cache-slot-points-back p error
expect xa-node-backptr error follows
expect cache-nrpages error follows

test cache-slot-erased-head: the only page of a file
pick p file|shmem small innode=0
set mem[slot(p)] = 0
expect cache-slot-points-back p error
expect cache-nrpages error follows

test cache-slot-erased-shmem: the same in shared memory
pick p shmem small innode>=1 nrpages>=8
set mem[slot(p)] = 0
expect cache-slot-points-back p error

test cache-slot-shadow: a shadow stands where the page was
pick p file small innode>=1 writeback=1
set mem[slot(p)] = 0x12345
expect cache-slot-points-back p error
expect cache-nrpages error follows

test cache-slot-anon: a slot leads to anonymous memory
pick p file small innode>=1 nrpages>=8
pick q anon small
set mem[slot(p)] = page_va(q)
expect cache-slot-points-back p error
expect cache-entry-mapping q error follows

test cache-slot-other-file: a slot leads to a page of another file
pick p file small innode>=1 nrpages>=8
pick q shmem small
set mem[slot(p)] = page_va(q)
expect cache-slot-points-back p error
expect cache-entry-mapping q error follows

test cache-slot-tail: a slot leads to a tail
pick p file small innode>=1 nrpages>=8
pick q anon tail=1
set mem[slot(p)] = page_va(q)
expect cache-slot-points-back p error
expect cache-entry-mapping q error follows

test cache-slot-bit: one bit of a slot is flipped
pick p file small innode>=1 nrpages>=8
set mem[slot(p)] ^= 1 << 40
expect cache-slot-points-back p error
expect cache-entry-mapping error follows

test cache-slot-internal: a slot holds what no xarray knows
pick p file small innode>=1 nrpages>=8
set mem[slot(p)] = 0x802
expect cache-slot-points-back p error
expect cache-entry-mapping error follows

test cache-slot-twice: a page stands in another slot, too
pick p file small innode=1 nrpages<=40
set mem[emptyslot(p)] = page_va(p)
expect cache-entry-mapping p error
expect cache-nrpages error follows

test cache-slot-free: a slot leads to free memory
pick p file small innode=1 nrpages<=40
pick q buddy first
set mem[emptyslot(p)] = page_va(q)
expect cache-entry-free-page q error
expect cache-nrpages error follows

test cache-slot-slab: a slot leads to a slab
pick p file small innode>=1 nrpages>=8
pick q slab first
set mem[slot(p)] = page_va(q)
expect cache-slot-points-back p error
expect cache-entry-free-page q error follows

test cache-slot-of-thp: up to v5.16 each page of a huge page has its slot
kernels 5.10
pick p shmem large
set mem[slot(p,3)] = 0
expect cache-slot-points-back p error
expect cache-nrpages error follows

test xa-sibling-erased: a huge page lacks the second of its slots
kernels 6.1 6.12 7.3
pick p shmem large order>=8
set mem[slot(p,64)] = 0
expect xa-sibling-valid p error

test xa-sibling-stray: a sibling of nothing
kernels 6.1 6.12 7.3
pick p file small innode=1 nrpages<=40
set mem[emptyslot(p)] = 0x9e
expect xa-sibling-valid error

test hugetlb-cache-slots: a page of hugetlbfs lacks one
kernels 6.12 7.3
pick p hugetlb large order>=8 nrpages>=1
set mem[slot(p,64)] = 0
expect hugetlb-cache-index p error

# ---- pages -------------------------------------------------------------------------------------------------------------

test cache-page-index: a page says that it is elsewhere
pick p file small mapcount=0 innode>=1
set page[p].index += 1
expect cache-entry-mapping p error

test cache-page-index-bit: one bit of it
pick p shmem small mapcount=0 innode>=1
set page[p].index ^= 1 << 33
expect cache-entry-mapping p error

test cache-page-mapping: a page says that it is in another file
pick p file small mapcount=0 innode>=1 writeback=1
pick q file small writeback=0
set page[p].mapping = mapping(q)
expect cache-entry-mapping p error

test cache-page-no-mapping: a page without a file, in a file
pick p file small mapcount=0 innode>=1
set page[p].mapping = 0
expect cache-entry-mapping p error

test hugetlb-page-index: a huge page says that it is elsewhere
pick p hugetlb large nrpages>=1
set page[p].index += 4096
expect cache-entry-mapping p error

test cache-page-freed: a page is freed while it is in a file
pick p file small mapcount=0 innode>=1
pick q buddy first order=0
copy page[q] -> page[p]
expect any p error
also any

# ---- counts ------------------------------------------------------------------------------------------------------------

test cache-nrpages-high: a file counts a page too many
pick p file small nrpages>=2
set object[mapping(p)].address_space.nrpages += 1
expect cache-nrpages error

test cache-nrpages-locked: the same under the lock
pick p file small nrpages>=2
set object[mapping(p)].address_space.nrpages += 1
set object[mapping(p)].address_space.i_pages.xa_lock = 1
expect cache-nrpages note

test cache-nrexceptional: a file counts a shadow that it lacks
kernels 5.10
pick p file small
set object[mapping(p)].address_space.nrexceptional += 1
expect cache-nrexceptional warning

test shmem-swapped-high: swapped pages that are nowhere
pick p shmem small
set object[shmeminfo(p)].shmem_inode_info.swapped += 3
expect shmem-swapped error

test ok-slot-retry: collapse lets faults wait at a hole, under the lock
pick p file|shmem small innode=1 nrpages<=40
set object[mapping(p)].address_space.i_pages.xa_lock = 1
set mem[emptyslot(p)] = 0x402
set object[xnode(p)].xa_node.count += 1
expect nothing

test cache-slot-retry: such an entry is left behind
pick p file|shmem small innode=1 nrpages<=40
set mem[emptyslot(p)] = 0x402
set object[xnode(p)].xa_node.count += 1
expect cache-entry-mapping error

# ---- nodes -------------------------------------------------------------------------------------------------------------

test xa-node-count: a node counts a slot too many
pick p file small innode>=1 nrpages>=8
set object[xnode(p)].xa_node.count += 1
expect xa-node-backptr error

test xa-node-count-locked: the same under the lock: slots first, then their number
pick p file small innode>=1 nrpages>=8
set object[xnode(p)].xa_node.count += 1
set object[mapping(p)].address_space.i_pages.xa_lock = 1
expect xa-node-backptr note

test xa-node-values: a node counts a value too many
pick p file small innode>=1 nrpages>=8
set object[xnode(p)].xa_node.nr_values += 1
expect xa-node-backptr error

test xa-node-array: a node of another xarray
pick p file small innode>=1 nrpages>=8
set object[xnode(p)].xa_node.array += 8
expect xa-node-backptr error

test xa-node-parent: a node names another parent
pick p file small innode>=2
set object[xnode(p)].xa_node.parent ^= 1 << 20
expect xa-node-backptr error

test xa-node-shift: a node of another level hides its pages
pick p file small innode>=2
set object[xnode(p)].xa_node.shift = 18
expect xa-node-backptr error

test xa-node-zero: a node of zeros
pick p file small innode>=2
set object[xnode(p)].xa_node.parent = 0
set object[xnode(p)].xa_node.array = 0
expect xa-node-backptr error

# ---- tags --------------------------------------------------------------------------------------------------------------

test tag-dirty-missing: a dirty page that write-back does not find
pick p file small writeback=1 innode>=1 flag=!dirty flag=!locked flag=uptodate
set page[p].flags |= flag(dirty)
expect tag-dirty-vs-flag p warning

test tag-writeback-missing: writeback without the tag
pick p file small writeback=1 innode>=1 flag=!writeback
set page[p].flags |= flag(writeback)
expect tag-writeback-vs-flag p error

test tag-writeback-stray: the tag without writeback
pick p file small writeback=1 innode=1 flag=!writeback
set object[xnode(p)].xa_node.marks[1][0] |= slotbit(p)
expect tag-writeback-vs-flag p error

test tag-propagation-up: a tag that the node above does not know
pick p file small writeback=1 innode>=2 flag=!dirty
set object[xnode(p)].xa_node.marks[2][0] |= slotbit(p)
expect tag-propagation warning

test tag-propagation-top: a tag of the whole file that no page has
if topmark(2)
pick p file small writeback=1 innode>=1
set object[mapping(p)].address_space.i_pages.xa_flags ^= topmark(2)
expect tag-propagation warning

test ok-tag-dirty-clean: write-back clears the flag first
pick p file small writeback=1 innode=1 flag=!dirty
set object[xnode(p)].xa_node.marks[0][0] |= slotbit(p)
set object[mapping(p)].address_space.i_pages.xa_flags |= topmark(0)
expect nothing

# ---- inodes ------------------------------------------------------------------------------------------------------------

test mapping-host-shifted: an address_space that names another host
pick p file small nrpages>=4
set object[mapping(p)].address_space.host += 64
expect mapping-host-backptr error

test mapping-host-bit: one bit of it
pick p file small nrpages>=4
set object[mapping(p)].address_space.host ^= 1 << 42
expect mapping-host-backptr error

test inode-mapping-bit: an inode with a wrong i_mapping
pick p file small nrpages>=4
set object[inode(p)].inode.i_mapping ^= 1 << 41
expect mapping-host-backptr error

test mapping-host-cleared: pages of an inode that was cleared
kernels 5.10 6.1
pick p file small nrpages>=4
set object[inode(p)].inode.i_state = 0x60
expect mapping-host-live error

test mapping-host-cleared-12: the same with its bits of v6.12
kernels 6.12
pick p file small nrpages>=4
set object[inode(p)].inode.i_state = 0x180
expect mapping-host-live error

test mapping-host-cleared-7: the same with its bits of v7.3
kernels 7.3
pick p file small nrpages>=4
set object[inode(p)].inode.i_state.__state = 0x300
expect mapping-host-live error

test mapping-aops-shifted: operations that are none
pick p file small nrpages>=4
set object[mapping(p)].address_space.a_ops += 4
expect mapping-aops-known error

test inode-sb-shifted: an inode on the list of another super block
pick p file small nrpages>=4
set object[inode(p)].inode.i_sb += 8
expect inode-list-links error

test inode-list-next: the list of inodes ends early
pick p file small nrpages>=4
set object[inode(p)].inode.i_sb_list.next = 0
expect inode-list-links error

test inode-list-prev: one link backwards is wrong
pick p file small nrpages>=4
set object[inode(p)].inode.i_sb_list.prev += 16
expect inode-list-links error

# ---- buffers -----------------------------------------------------------------------------------------------------------

test buffer-ring-page: a buffer of another page
pick p file small flag=private bdev=1
set object[page[p].private].buffer_head.b_page += 64
expect buffer-ring-valid p error

test buffer-ring-open: the ring leads astray
pick p file small flag=private bdev=1
set object[page[p].private].buffer_head.b_this_page ^= 1 << 44
expect buffer-ring-valid p error

test buffer-ring-size: a buffer of another size
pick p file small flag=private bdev=1
set object[page[p].private].buffer_head.b_size = 512
expect buffer-ring-valid p error

test node-overwritten: slots of a node hold what was written over them; their pages are all lost, and the node is why
kernels 5.10* 6.*
pick p file small innode=1 nrpages>=20 mapcount=0 nth=0
set mem[slot(p)] = 0x3333333333333333
set mem[slot(p,1)] = 0x3333333333333333
set mem[slot(p,2)] = 0x3333333333333333
set mem[slot(p,3)] = 0x3333333333333333
expect xa-node-backptr error
