# SPDX-License-Identifier: GPL-2.0-or-later
# Counters of zones and nodes against what the struct pages say.

# ---- counters that drifted --------------------------------------------------------------------------------------------

test node-anon-mapped-high: one page was unmapped and not counted out
set node[0].vm_stat[NR_ANON_MAPPED] += 1
expect node-stat-anon-mapped note

test node-anon-mapped-leak: many were
set node[0].vm_stat[NR_ANON_MAPPED] += 30000
expect node-stat-anon-mapped warning

test node-file-mapped-low: a mapping was counted out twice
set node[0].vm_stat[NR_FILE_MAPPED] -= 2
expect node-stat-file-mapped note

test node-file-pages-low: pages were counted out twice
set node[0].vm_stat[NR_FILE_PAGES] -= 7
expect node-stat-file-pages note

test node-shmem-high: shmem that is not there
set node[0].vm_stat[NR_SHMEM] += 5000
expect node-stat-shmem warning

test node-anon-thps: a huge page was split without accounting
set node[0].vm_stat[NR_ANON_THPS] += 1
expect node-stat-thps note

test node-shmem-thps: the same of shmem
set node[0].vm_stat[NR_SHMEM_THPS] += 2
expect node-stat-thps note

test node-file-thps: the same of files
set node[0].vm_stat[NR_FILE_THPS] += 3
expect node-stat-thps note

test node-dirty-leak: writers are throttled for nothing
set node[0].vm_stat[NR_FILE_DIRTY] += 100000
expect node-stat-dirty-writeback warning

test node-writeback-leak: a page whose end of writeback was not counted
set node[0].vm_stat[NR_WRITEBACK] += 1
expect node-stat-dirty-writeback note

test node-swapcache: more in swap cache than are there
set node[0].vm_stat[NR_SWAPCACHE] += 9
expect swapcache-stat note

test node-slab-reclaimable: slabs given back without accounting
set node[0].vm_stat[NR_SLAB_RECLAIMABLE_B] += 8
expect slab-nr-stat note

test node-slab-unreclaimable: a leak in the counter
set node[0].vm_stat[NR_SLAB_UNRECLAIMABLE_B] += 100000
expect slab-nr-stat warning

test node-slab-low: less than there are slabs
set node[0].vm_stat[NR_SLAB_UNRECLAIMABLE_B] -= 1000
expect slab-nr-stat

test node-pagetable: a page table was freed without its destructor
kernels 6.1 6.12 7.3
set node[0].vm_stat[NR_PAGETABLE] += 1
expect node-stat-pagetable note

test zone-pagetable: the same where zones count them
kernels 5.10
set zone[DMA32].vm_stat[NR_PAGETABLE] += 1
expect node-stat-pagetable note

test node-kernel-stack: stacks of tasks that are gone
set node[0].vm_stat[NR_KERNEL_STACK_KB] += 64000
expect node-stat-kernel-stack warning

test node-kernel-stack-few: stacks counted out twice
set node[0].vm_stat[NR_KERNEL_STACK_KB] -= 320
expect node-stat-kernel-stack

test ok-kernel-stack-fork: a task that fork() has not put on the list yet
set node[0].vm_stat[NR_KERNEL_STACK_KB] += 16
expect nothing

test ok-cache-locked: a folio that is being added to the page cache is locked
pick p file small flag=lru flag=!dirty flag=!writeback
set page[p].flags |= flag(locked)
set node[0].vm_stat[NR_FILE_PAGES] -= 1
expect nothing

test cache-not-locked: without a locked folio nobody is at work
set node[0].vm_stat[NR_FILE_PAGES] -= 1
expect node-stat-file-pages note

test node-lru-inactive: a page was freed while it was on the LRU
set node[0].vm_stat[NR_INACTIVE_ANON] += 1
expect nr-lru-stat note

test node-lru-both: and its zone counted it, too
set node[0].vm_stat[NR_INACTIVE_FILE] += 3
set zone[DMA32].vm_stat[NR_ZONE_INACTIVE_FILE] += 3
expect nr-lru-stat note
expect nr-lru-stat note follows

test node-unevictable: the same of unevictable pages
set node[0].vm_stat[NR_UNEVICTABLE] -= 4
expect nr-lru-stat note

test zone-lru-active: a zone alone
set zone[DMA32].vm_stat[NR_ZONE_ACTIVE_FILE] += 5000
expect nr-lru-stat warning

test zone-mlock: pages freed while locked in memory
set zone[DMA32].vm_stat[NR_MLOCK] += 2
expect node-stat-mlock note

test node-isolated-leak: direct reclaim waits for pages that nobody has
set node[0].vm_stat[NR_ISOLATED_FILE] += 4000
expect isolated-stat

test node-isolated-negative: put back twice
set node[0].vm_stat[NR_ISOLATED_ANON] -= 5
expect isolated-stat note
expect stat-percpu-fold note follows

test ok-isolated-freed: reclaim has just freed pages, and counts them when its whole batch is done
pick p buddy first order>=6
set mem[page[p].lru.next + 8] = page[p].lru.prev
set mem[page[p].lru.prev] = page[p].lru.next
set mem[nr_free(p)] -= 1
set mem[zone_stat(p, 0)] -= 1 << page[p].private
set page[p].page_type = -1
set page[p].private = 0
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
set node[0].vm_stat[NR_ISOLATED_ANON] += 60
expect frozen-run p note

test ok-isolated-some: pages off the LRU may be isolated ones
kernels 5.10 6.1 6.1-arm64 6.12 7.3 7.3-n*
set node[0].vm_stat[NR_ISOLATED_ANON] += 1
expect nothing

test node-hugetlb-high: huge pages freed past the usual functions
set node[0].vm_stat[NR_HUGETLB] += 102400
expect nr-hugetlb-stat warning

test ok-hugetlb-surplus: surplus pages counted out that were never in
set node[0].vm_stat[NR_HUGETLB] -= 102400
expect nr-hugetlb-stat note

# ---- what CPUs keep to themselves ---------------------------------------------------------------------------------------

test ok-diff-moved: a CPU has not added its difference yet
set node[0].vm_stat[NR_FILE_PAGES] -= 1
set object[percpu(node[0].per_cpu_nodestats, 0)].per_cpu_nodestat.vm_node_stat_diff[NR_FILE_PAGES] += 1
expect nothing

test diff-lost: it lost one
set object[percpu(node[0].per_cpu_nodestats, 0)].per_cpu_nodestat.vm_node_stat_diff[NR_SHMEM] -= 1
expect node-stat-shmem note

test stat-negative: a counter that nothing recounts is negative
set node[0].vm_stat[NR_KERNEL_MISC_RECLAIMABLE] -= 100000
expect stat-percpu-fold warning

test stat-negative-zone: the same of a zone
set zone[DMA32].vm_stat[NR_ZSPAGES] -= 100000
expect stat-percpu-fold warning

test stat-bit: the sign bit of a counter
set node[0].vm_stat[NR_ANON_MAPPED] ^= 1 << 63
expect node-stat-anon-mapped warning
expect stat-percpu-fold warning follows

test ok-write-pending-negative: known to go below zero
set zone[DMA32].vm_stat[NR_ZONE_WRITE_PENDING] -= 3
expect nothing

# ---- sizes --------------------------------------------------------------------------------------------------------------

test node-present: a node that says it has more than its zones
set node[0].node_present_pages += 512
expect zone-present-recount

test node-present-bit: by one flipped bit
set node[0].node_present_pages ^= 1 << 30
expect zone-present-recount warning

test zone-managed-low: a zone that lost memory from its account
set zone[DMA32].managed_pages -= 5000
expect zone-managed-recount warning
expect zone-managed-recount warning follows

test totalram: MemTotal alone is wrong
set mem[symbol(_totalram_pages)] += 100000
expect zone-managed-recount warning

# ---- pages that are damaged ---------------------------------------------------------------------------------------------

test totals-follow-page: a page without its mapping is missing in the counters
pick p anon small entries=1 flag=lru
set page[p].mapping = 0
expect any p error
also node-stat-anon-mapped
also any

test totals-follow-zeroed: a zeroed struct page
pick p file small flag=lru flag=!dirty
zero page[p]
expect any p
expect node-stat-file-pages follows
also any
