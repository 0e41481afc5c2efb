# SPDX-License-Identifier: GPL-2.0-or-later
# Address spaces: tasks that have them, their areas, their counters.

# ---- tasks ------------------------------------------------------------------------------------------------------------

test task-mm-shifted: a task's mm is no address space
pick p anon small entries=1 tasks=1
set task[p].mm += 8
expect task-mm-valid error

test task-mm-bit: one bit of it is flipped
pick p anon small entries=1 tasks=1
set task[p].mm ^= 1 << 44
expect task-mm-valid error

test task-mm-user: it is a user address
pick p anon small entries=1 tasks=1
set task[p].mm = 0x400000
expect task-mm-valid error

test mm-users-low: fewer users than threads
pick p anon small entries>=1 tasks>=2
set mm[p].mm_users = 1
expect mm-users error

test ok-mm-users-high: somebody looks at the address space
pick p anon small entries=1
set mm[p].mm_users += 3
expect nothing

# ---- areas ------------------------------------------------------------------------------------------------------------

test vma-end-short: an area that ends too early
kernels 6.1 6.12 7.3
pick p anon small entries=1 vma=stack
set vma[p].vm_end -= 0x1000
expect vma-tree-order error

test vma-end-bit: one bit of its end is flipped
pick p anon small entries=1 vma=anonymous
set vma[p].vm_end ^= 1 << 40
expect vma-tree-order error

test vma-start-high: an area that starts too late
kernels 6.1 6.12 7.3
pick p file|shmem small entries>=1 vma=file-private
set vma[p].vm_start += 0x1000
expect vma-tree-order error

test vma-end-list: the same where no tree knows better
kernels 5.10
pick p anon small entries=1 vma=stack
set vma[p].vm_end -= 0x1000
expect pte-outside-vma error
expect mm-total-vm warning follows

test vma-start-list: all pages of the area seem to be at wrong places
kernels 5.10
pick p file|shmem small entries>=1 vma=file-private
set vma[p].vm_start += 0x1000
expect pte-outside-vma error
expect pte-index-vs-vma error
expect mm-total-vm warning follows

test vma-mm-foreign: an area names another address space
pick p anon small entries=1
pick q anon small entries=1 mm=!p
set vma[p].vm_mm = mm(q)
expect vma-tree-order error

test vma-zeroed: an area's start and end are gone
pick p anon small entries=1
set vma[p].vm_start = 0
set vma[p].vm_end = 0
expect vma-tree-order error

test vma-list-cut: the list of areas ends early
kernels 5.10
pick p anon small entries=1
set vma[p].vm_next = 0
expect vma-tree-order error

test vma-list-wild: it leads into nothing
kernels 5.10
pick p anon small entries=1
set vma[p].vm_next = 0x4141414141414140
expect vma-tree-order error

test vma-list-prev: it does not lead back
kernels 5.10
pick p anon small entries=1
set vma[p].vm_prev = 0x4141414141414140
expect vma-tree-order error

test vma-rb-left: the tree of areas has lost a branch
kernels 5.10
pick p anon small entries=1
set object[mm[p].mm_rb].rb_node.rb_left = 0
expect vma-tree-order error

test vma-rb-loop: a branch leads back to the root
kernels 5.10
pick p anon small entries=1
set object[mm[p].mm_rb].rb_node.rb_right = mm[p].mm_rb
expect vma-tree-order error

test maple-slot-lost: an area is missing in the tree
kernels 6.1 6.12 7.3
pick p anon small entries=1
set object[mm[p].mm_mt.ma_root & ~255].maple_arange_64.slot[0] = 0
expect vma-tree-order error

test maple-slot-wild: a slot leads nowhere
kernels 6.1 6.12 7.3
pick p anon small entries=1
set object[mm[p].mm_mt.ma_root & ~255].maple_arange_64.slot[1] ^= 1 << 43
expect vma-tree-order error

test maple-pivot: a pivot is wrong
kernels 6.1 6.12 7.3
pick p anon small entries=1
set object[mm[p].mm_mt.ma_root & ~255].maple_arange_64.pivot[0] -= 0x10000
expect vma-tree-order error

test maple-parent: a node does not lead back to its parent
kernels 6.1 6.12 7.3
pick p anon small entries=1
set mem[mem[(mm[p].mm_mt.ma_root & ~255) + 80] & ~255] ^= 0x10000
expect vma-tree-order error

test vma-file-wild: the area's file is no file
pick p file|shmem small entries>=1 vma=file-private
set vma[p].vm_file = 0x4141414141414140
expect vma-file-live error

test vma-file-put: the area's file has no reference left
pick p file small entries>=1 vma=file-*
set object[vma[p].vm_file].file.f_count = 0
expect vma-file-live error

test vma-file-dead: the same in newer kernels
pick p file small entries>=1 vma=file-*
set object[vma[p].vm_file].file.f_ref = 7 << 61
expect vma-file-live error

test vma-anon-vma-other: the area's anon_vma is not on its chain
pick p anon small entries=1 vma=anonymous
pick q anon small entries=1 mm=!p vma=stack
set vma[p].anon_vma = vma[q].anon_vma
expect vma-anonvma-chain error

test vma-chain-wild: its chain leads into nothing
pick p anon small entries=1
set vma[p].anon_vma_chain.next = 0x4141414141414140
expect vma-anonvma-chain error

test vma-chain-empty: its chain is empty
pick p anon small entries=1
set vma[p].anon_vma_chain.next = vma(p) + 0x78
expect vma-anonvma-chain error

test vma-chain-foreign: a link of the chain names another area
pick p anon small entries=1
pick q anon small entries=1 mm=!p
set mem[vma[p].anon_vma_chain.next - 16] = vma(q)
expect vma-anonvma-chain error

test vma-flags-shared: an area that says it is shared
pick p anon small entries=1 vma=anonymous
set vma[p].vm_flags |= 8
expect pte-kind-vs-vma error

test vma-pgoff: an area with a wrong offset
pick p file|shmem small entries>=1 vma=file-*
set vma[p].vm_pgoff += 1
expect pte-index-vs-vma error

test vma-locked: the areas change
kernels 6.1 6.12 7.3
pick p anon small entries=1 vma=stack
set vma[p].vm_end -= 0x1000
set mm[p].mmap_lock.count = 1
expect vma-tree-order note
also pte-outside-vma
also mm-total-vm

# ---- sums -------------------------------------------------------------------------------------------------------------

test map-count-high: the number of areas
pick p anon small entries=1
set mm[p].map_count += 1
expect mm-map-count warning

test map-count-low: one too few
pick p anon small entries=1
set mm[p].map_count -= 1
expect mm-map-count warning

test map-count-locked: while areas change
pick p anon small entries=1
set mm[p].map_count += 1
set mm[p].mmap_lock.count = 1
expect mm-map-count note

test total-vm: size of all areas
pick p anon small entries=1
set mm[p].total_vm += 1
expect mm-total-vm warning

test locked-vm: size of those that are locked in memory
pick p anon small entries=1 vmaflag=locked
set mm[p].locked_vm -= 1
expect mm-total-vm warning

test locked-vm-wrapped: less than nothing
pick p anon small entries=1
set mm[p].locked_vm = -8
expect mm-total-vm warning

test ok-locked-vm-high: what mremap(MREMAP_DONTUNMAP) of a part of a locked area leaves
pick p anon small entries=1
set mm[p].locked_vm += 8
expect mm-total-vm note

test rss-anon-high: counter of anonymous pages
pick p anon small entries=1
set mm[p].rss[1] += 1
expect mm-rss warning

test rss-anon-low: one too few
pick p anon small entries=1
set mm[p].rss[1] -= 1
expect mm-rss warning

test rss-file: counter of pages of files
pick p file small entries=1
set mm[p].rss[0] += 5
expect mm-rss warning

test rss-swap: counter of swap entries
pick p anon small entries=1
set mm[p].rss[2] += 1
expect mm-rss warning

test rss-shmem: counter of shared memory
pick p shmem small entries=1
set mm[p].rss[3] -= 1
expect mm-rss warning

test rss-task: the part that a task keeps to itself
kernels 5.10 6.1
pick p anon small entries=1
set task[p].rss_stat.count[1] += 1
expect mm-rss warning

test rss-cpu: the part that a CPU keeps to itself
kernels 6.12 7.3
pick p anon small entries=1
set mem32[percpu(mm[p].rss_cpu[1], 0)] += 1
expect mm-rss warning

test rss-locked: a CPU has unmapped and not yet counted
pick p anon small entries=1
set mm[p].rss[1] += 1
set page[table(p)].ptl = 1
expect mm-rss note

test pgtables-high: size of the page tables
pick p anon small entries=1
set mm[p].pgtables_bytes += 4096
expect mm-pgtables-bytes warning

test pgtables-low: one table too few
pick p anon small entries=1
set mm[p].pgtables_bytes -= 4096
expect mm-pgtables-bytes warning

test hugetlb-usage: memory of hugetlbfs
pick h hugetlb large entries>=1
set mm[h].hugetlb_usage += 512
expect mm-hugetlb-usage warning

test mm-zero-users: an address space that is being torn down is not compared
pick p anon small entries=1 tasks=1
set mm[p].mm_users = 0
set task[p].mm = 0
set mm[p].rss[1] += 7
set mm[p].map_count = 0
expect nothing
