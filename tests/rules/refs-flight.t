# SPDX-License-Identifier: GPL-2.0-or-later
# References of operations in flight to which no pointer leads, and the same without the operation.

# ---- a large folio that is being split: all its pages are locked, and who splits it points to one of them --------------------

test flight-split: a locked page, and a stack that names the page in front, which was of the same folio
pick p anon|file small follows=1 flag=!locked
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set page[p].flags |= flag(locked)
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p - 1)
expect nothing

test flight-split-register: the same in the list node that the stack names
pick p anon|file small follows=1 flag=!locked
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set page[p].flags |= flag(locked)
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p - 1) + 8
expect nothing

test flight-split-nobody: a locked page, but nobody splits anything
todo 6.12-ppc64el: a leftover in a live frame of a stack names the page that is picked there
pick p anon small follows=1 refcount=1 mapcount=1 flag=!locked
set page[p]._refcount += 1
set page[p].flags |= flag(locked)
expect refcount-extra p warning

test flight-split-unlocked: a page in front of it is named, but it is not locked
pick p anon small follows=1 refcount=1 mapcount=1 flag=!locked
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p - 1)
expect refcount-extra p warning

test flight-split-two: two references are more than who splits has
pick p anon small follows=1 refcount=1 mapcount=1 flag=!locked
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 2
set page[p].flags |= flag(locked)
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p - 1)
expect refcount-extra p warning

test flight-split-other: the page in front is of another folio
pick p anon small follows=0 refcount=1 mapcount=1 flag=!locked
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set page[p].flags |= flag(locked)
set mem[object[task(t)].task_struct.thread.sp + 64] = page_va(p - 1)
expect refcount-extra p warning

# ---- readahead: pages that wait are known by their indexes ---------------------------------------------------------------------

test flight-readahead: a page that waits for the file system
pick p file small mapcount=0 refcount=1 flag=!locked flag=!dirty flag=!private
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set page[p].flags |= flag(locked)
set page[p].flags &= ~flag(uptodate)
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control.file = 0
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control.mapping = mapping(p)
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control._index = page[p].index
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control._nr_pages = 4
expect nothing

test flight-readahead-done: the window has passed the page, whose reference should be gone
pick p file small mapcount=0 refcount=1 flag=!locked flag=!dirty flag=!private
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set page[p].flags |= flag(locked)
set page[p].flags &= ~flag(uptodate)
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control.file = 0
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control.mapping = mapping(p)
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control._index = page[p].index + 1
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control._nr_pages = 4
expect refcount-extra p warning

test flight-readahead-uptodate: a page that was read has nothing to wait for
pick p file small mapcount=0 refcount=1 flag=!locked flag=!dirty flag=!private flag=uptodate
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set page[p].flags |= flag(locked)
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control.file = 0
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control.mapping = mapping(p)
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control._index = page[p].index
set object[object[task(t)].task_struct.thread.sp + 64].readahead_control._nr_pages = 4
expect refcount-extra p warning

# ---- ext4's buddy cache: groups with blocks that wait for the journal -----------------------------------------------------------

test flight-journal: a reference on a page of the buddy cache
pick p file small mapcount=0 refcount=1 flag=!locked flag=!private bdev=0
set object[inode(p)].inode.i_ino = 1
set mem[object[object[super(p)].super_block.s_type].file_system_type.name] = bytes(0x34747865)
set page[p]._refcount += 1
expect nothing

test flight-journal-more: more references than the page has blocks
pick p file small mapcount=0 refcount=1 flag=!locked flag=!private bdev=0 nth=0
set object[inode(p)].inode.i_ino = 1
set object[super(p)].super_block.s_blocksize = 4096
set mem[object[object[super(p)].super_block.s_type].file_system_type.name] = bytes(0x34747865)
set page[p]._refcount += in_page(-1) + 1 >> 12 + 1
expect refcount-extra p warning

test flight-journal-file: a reference on a page of a file of ext4
pick p file small mapcount=0 refcount=1 flag=!locked flag=!private bdev=0 nth=0
set object[inode(p)].inode.i_ino = 12
set mem[object[object[super(p)].super_block.s_type].file_system_type.name] = bytes(0x34747865)
set page[p]._refcount += 1
expect refcount-extra p warning

# ---- pages that wait until no TLB has them; the batch of pointers is in the memory of a process, which is not searched -----------

test flight-unmapping: an entry in the second batch of an mmu_gather
pick p anon small refcount=1 mapcount=1 flag=!locked
pick q zsmalloc|movable-ops small
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.mm = mm(t)
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.active = mem[symbol(page_offset_base)] + (pa(q))
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.next = mem[symbol(page_offset_base)] + (pa(q))
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.nr = 0
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.max = 8
set phys[pa(q)] = 0
set phys[pa(q) + 8] = (510 << 32) | 1
set phys[pa(q) + 16] = page_va(p)
expect nothing

test flight-unmapping-max: no gather: its first batch would have another size
pick p anon small refcount=1 mapcount=1 flag=!locked
pick q zsmalloc|movable-ops small
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.mm = mm(t)
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.active = mem[symbol(page_offset_base)] + (pa(q))
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.next = mem[symbol(page_offset_base)] + (pa(q))
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.nr = 0
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.max = 8
set phys[pa(q)] = 0
set phys[pa(q) + 8] = (510 << 32) | 1
set phys[pa(q) + 16] = page_va(p)
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.max = 7
expect refcount-extra p warning

test flight-unmapping-nr: the batch is empty
pick p anon small refcount=1 mapcount=1 flag=!locked
pick q zsmalloc|movable-ops small
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.mm = mm(t)
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.active = mem[symbol(page_offset_base)] + (pa(q))
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.next = mem[symbol(page_offset_base)] + (pa(q))
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.nr = 0
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.max = 8
set phys[pa(q)] = 0
set phys[pa(q) + 8] = (510 << 32) | 1
set phys[pa(q) + 16] = page_va(p)
set phys[pa(q) + 8] = 510 << 32
expect refcount-extra p warning

test flight-unmapping-cut: the batch says that it has more entries than fit
pick p anon small refcount=1 mapcount=1 flag=!locked
pick q zsmalloc|movable-ops small
pick t anon small mapcount=1 tasks=1
set page[p]._refcount += 1
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.mm = mm(t)
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.active = mem[symbol(page_offset_base)] + (pa(q))
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.next = mem[symbol(page_offset_base)] + (pa(q))
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.nr = 0
set object[object[task(t)].task_struct.thread.sp + 64].mmu_gather.local.max = 8
set phys[pa(q)] = 0
set phys[pa(q) + 8] = (510 << 32) | 1
set phys[pa(q) + 16] = page_va(p)
set phys[pa(q) + 8] = (510 << 32) | 511
expect refcount-extra p warning
