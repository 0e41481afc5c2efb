# SPDX-License-Identifier: GPL-2.0-or-later
# Single flipped bits: every bit of these words of these pages, one at a time.  What notices them is in flips/KERNEL.txt.

flips anon: an anonymous page mapped once
pages anon small mapcount=1 flag=lru flag=swapbacked memcg!=0
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips anon-shared: an anonymous page that two processes map
pages anon small mapcount=2 flag=lru
words mapping _mapcount _refcount

flips anon-unmapped: an anonymous page that somebody holds unmapped
pages anon small mapcount=0
words mapping _mapcount _refcount

flips anon-swapcache: an anonymous page in the swap cache
pages anon-swapcache small flag=lru
words flags mapping private _mapcount _refcount

flips ksm: a page merged by KSM
pages ksm small
words flags mapping _mapcount _refcount

flips file: a page of a file, not mapped
pages file small flag=lru mapcount=0
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips file-mapped: a page of a file or of tmpfs, mapped
pages file|shmem small flag=lru mapcount>=1 refcount<=64
words _mapcount _refcount

flips shmem: a page of tmpfs, not mapped
pages shmem small flag=lru mapcount=0
words flags mapping index private _mapcount _refcount memcg

flips shmem-swapcache: a page of tmpfs on its way to swap
pages shmem-swapcache small
words flags mapping private _mapcount _refcount

flips buddy-head: the first page of a free block
pages buddy first order>=3
words flags lru.next lru.prev mapping index _mapcount _refcount memcg

flips buddy-head-order: the order of a free block
alone
pages buddy first order=3
words private

flips buddy-interior: a page inside a free block
pages buddy interior order>=4
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips pcp: a page on a per-CPU list
pages pcp-free first order=0
words flags mapping index private _mapcount _refcount memcg

flips pcp-links: the links of a per-CPU list
alone
pages pcp-free first order=0
words lru.next lru.prev

flips slab-small: a slab of one page
pages slab small
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips slab-head: the head of a larger slab
pages slab head order>=2
words flags lru.next mapping index private _mapcount _refcount memcg

flips slab-tail-1: the first tail of a slab
pages slab tail=1 order>=2
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips slab-tail-5: a later tail of a slab
pages slab tail=5
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips page-table: a page table
pages page-table small
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips kernel: a page of the kernel
pages kernel small prev=!kernel-interior next=!kernel-interior mapcount=0 mapping=0
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips kernel-interior: a later page of an allocation without __GFP_COMP
pages kernel-interior order>=1 order<=4
words flags lru.next mapping private _mapcount _refcount memcg

flips large-kmalloc: a large kmalloc block
pages large-kmalloc head order>=1
words flags mapping private _mapcount _refcount

flips offline: a page of the balloon
pages offline small
words flags mapping _mapcount _refcount

flips zsmalloc: compressed memory
pages zsmalloc|movable-ops small
words flags mapping _mapcount _refcount

flips reserved: a page of the kernel image
pages reserved small ram refcount=1
words flags lru.next lru.prev mapping private _mapcount _refcount memcg

flips vmemmap: a page that holds struct pages
pages vmemmap small
words flags mapping private _mapcount _refcount

flips zero-page: the page of zeros
pages zero-page
words flags mapping _mapcount _refcount

flips anon-head: the head of a huge anonymous folio
pages anon head order=9
words flags lru.next mapping index private _mapcount _refcount memcg

flips anon-tail-1: its first tail
pages anon tail=1 order=9
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips anon-tail-2: its second tail
pages anon tail=2 order=9
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips anon-tail-3: its third tail
pages anon tail=3 order=9
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips anon-tail-100: a later tail
pages anon tail=100 order=9
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips shmem-head: the head of a huge folio of tmpfs
pages shmem head order=9
words flags mapping private _mapcount _refcount

flips hugetlb-head: the head of a huge page in use
pages hugetlb head order=9
words flags mapping private _mapcount _refcount

flips hugetlb-tail-1: its first tail
pages hugetlb tail=1 order=9
words flags lru.next lru.prev mapping index private _mapcount _refcount memcg

flips hugetlb-tail-3: its third tail
pages hugetlb tail=3 order=9
words flags lru.next mapping private _mapcount _refcount

flips hugetlb-free: a huge page free in the pool
pages hugetlb-free head order=9
words flags mapping private _mapcount _refcount
