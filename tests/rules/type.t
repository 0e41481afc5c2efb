# SPDX-License-Identifier: GPL-2.0-or-later
# Page types, reserved pages, states that exclude each other: src/rules/type.def.

# ---- page types and mapcounts --------------------------------------------------------------------------------------

test type-valid-free: a type nobody defined on a free page
pick p buddy interior order>=2
set page[p].page_type = 0x90000000
expect type-valid p error

test type-valid-kernel: a type nobody defined on a page of the kernel
pick p kernel small
set page[p].page_type = 0xe0000001
expect type-valid p error

test type-valid-anon: the top bits of the mapcount of an anonymous page
pick p anon small mapcount=1
set page[p]._mapcount = 0x90000000
expect type-valid p error

test type-low-bits: a page table page was unmapped as if it were user memory
needs PAGE_TYPE_BYTE
pick p page-table small
set page[p]._mapcount -= 1
expect type-low-bits p warning

test type-low-bits-plus: a page table page was mapped as if it were user memory
needs PAGE_TYPE_BYTE
pick p page-table small
set page[p]._mapcount += 1
expect type-low-bits p warning

test type-low-bits-slab: a flipped bit in the type word of a slab
needs PAGE_TYPE_BYTE
pick p slab first
set page[p].page_type ^= 1 << 5
expect type-low-bits p warning

test ok-zsmalloc-offset: zsmalloc keeps an offset below its type
needs PAGE_TYPE_BYTE
pick p zsmalloc first
set page[p].page_type = type(zsmalloc) | 0x480
expect nothing

test ok-zsmalloc-mapcount: zsmalloc keeps an offset in the mapcount word
needs not PAGE_TYPE_BYTE
pick p movable-ops small
set page[p]._mapcount = 0x480
expect nothing

test mapcount-underflow: an anonymous page was unmapped once too often
pick p anon small mapcount=1
set page[p]._mapcount = -2
expect mapcount-underflow p error

test mapcount-underflow-file: a page cache page was unmapped three times too often
pick p file|shmem small
set page[p]._mapcount = -4
expect mapcount-underflow p error

test mapcount-underflow-kernel: a page of the kernel was unmapped
pick p kernel small mapcount=0
set page[p]._mapcount = -2
expect mapcount-underflow p error

test mapcount-underflow-tail: a tail was unmapped once too often
pick p anon head order>=2 mapcount=0|
set page[p+1]._mapcount = -2
expect mapcount-underflow p+1 error

test mapcount-overflow: mapped two thousand million times
pick p anon small mapcount=1
set page[p]._mapcount = 0x7fffff80
expect mapcount-overflow p warning

# ---- reserved pages ---------------------------------------------------------------------------------------------------

test reserved-refcount: put_page() on memory that was reserved at boot
pick p reserved small ram refcount=1
set page[p]._refcount = 0
expect reserved-refcount p warning

test reserved-references: early tables and the vDSO are counted several times, but somebody maps or has them
pick p reserved small ram refcount=1
set page[p]._refcount = 4
expect refcount-extra p warning

test reserved-not-lru: PG_reserved set on a page of the page cache
pick p anon small flag=lru flag=!unevictable
set page[p].flags |= flag(reserved)
expect reserved-not-lru p error

test reserved-not-lru-flag: PG_lru on a page of the kernel image
pick p reserved small ram
set page[p].flags |= flag(lru)
expect reserved-not-lru p error

test reserved-swapbacked: a bit flipped in the flags of a reserved page
pick p reserved small ram
set page[p].flags |= flag(swapbacked)
expect reserved-not-lru p error

test ok-reserved-private: boot memory information
pick p reserved small ram flag=!private
set page[p].flags |= flag(private)
expect nothing

test reserved-not-compound: the head of a slab is marked reserved
pick p slab head
set page[p].flags |= flag(reserved)
expect reserved-not-compound p warning

# ---- who may be on the LRU ----------------------------------------------------------------------------------------------

test lru-excl-kinds-slab: a slab still on an LRU list
pick p slab first
set page[p].flags |= flag(lru)
expect lru-excl-kinds p error

test lru-excl-kinds-table: a page table still on an LRU list
pick p page-table small
set page[p].flags |= flag(lru)
expect lru-excl-kinds p error

test lru-excl-kinds-offline: a balloon page on an LRU list
pick p offline small
set page[p].flags |= flag(lru)
expect lru-excl-kinds p error

test lru-excl-kinds-hugetlb: hugetlb pages are on lists of their own
pick p hugetlb head
set page[p].flags |= flag(lru)
expect lru-excl-kinds p error

test lru-excl-kinds-unevictable: a slab marked unevictable
pick p slab first
set page[p].flags |= flag(unevictable)
expect lru-excl-kinds p error

# ---- slabs ---------------------------------------------------------------------------------------------------------------

test slab-refcount-plus: somebody holds on to a slab
pick p slab first
set page[p]._refcount += 2
expect slab-refcount p error

test slab-refcount-minus: a slab will be freed with its objects in it
pick p slab first
set page[p]._refcount = 1 - page[p]._refcount
expect slab-refcount p error

test slab-refcount-scan: a memory scanner may hold one reference for an instant
kernels 6.1 5.10 6.12
pick p slab first
set page[p]._refcount = 2
expect slab-refcount p warning

test ok-slab-mapping: a slab uses the mapping word for itself, and full ones leave it as it was
kernels 6.12 7.3
pick p slab slab=full
set page[p].mapping ^= 0x40
expect nothing

# ---- lists ----------------------------------------------------------------------------------------------------------------

test list-poison-in-use: list_del() of a page that still says it is on the LRU: the list tells
pick p anon|file small flag=lru flag=!unevictable
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect lru-links p error

test list-poison-in-use-half: half a list_del() is worse than a whole one
pick p anon|file small flag=lru flag=!unevictable
set page[p].lru.prev = LIST_POISON2
expect lru-links p error
expect list-poison-in-use p warning follows

test list-poison-in-use-free: list_del() of a free block that was not taken
pick p buddy first order>=2
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect list-poison-in-use p error

test ok-unevictable-links: unevictable folios are on no list
needs not SECTION_BITS
kernels 6.1 6.12 7.3
pick p anon|file|shmem small flag=lru flag=unevictable
set page[p].lru.next = LIST_POISON1
set page[p].lru.prev = LIST_POISON2
expect nothing

test ok-mlock-count: the second list word of an unevictable folio counts locks
kernels 6.1 6.12 7.3
pick p anon|file|shmem small flag=lru flag=unevictable
set page[p].lru.prev = 7
expect nothing

# ---- idle page tracking ---------------------------------------------------------------------------------------------------

test idle-young-tail: idle marks belong to the head
needs IDLE_FLAGS
pick p anon head order>=2
set page[p+2].flags |= flag(idle)
expect idle-young-tail p+2 warning

test young-tail: young marks belong to the head
needs IDLE_FLAGS
pick p slab head order>=2
set page[p+2].flags |= flag(young)
expect idle-young-tail p+2 warning

test ok-idle-head: the head may be idle
needs IDLE_FLAGS
pick p anon head order>=2
set page[p].flags |= flag(idle)
expect nothing

# ---- page pools -------------------------------------------------------------------------------------------------------------

test page-pool-pp-valid: the pool of a page is gone
needs PAGE_POOL
pick p kernel small
set page[p].pp_magic = PP_SIGNATURE
set page[p].pp = 0x1234
expect page-pool-pp-valid p error

test page-pool-ref-count: a fragment was returned twice
needs PAGE_POOL
pick p kernel small
pick q slab first
set page[p].pp_magic = PP_SIGNATURE
set page[p].pp = page_va(q)
set page[p].private = -1
expect page-pool-pp-valid p error

test ok-page-pool: a page of a pool
needs PAGE_POOL
pick p kernel small
pick q slab first
set page[p].pp_magic = PP_SIGNATURE | (3 << 8)
set page[p].pp = page_va(q)
set page[p].private = 1
expect nothing

# ---- huge pages ----------------------------------------------------------------------------------------------------------------

test hugetlb-order: a huge page of a size there is no pool for
needs HUGETLB
pick p slab head order=3 slab=full
set page[p].page_type = type(hugetlb)
expect hugetlb-order p error

test hugetlb-order-dtor: a destructor makes a slab look like a huge page
needs COMPOUND_DTOR
pick p kernel head order>=1
set folio[p].dtor = 2
expect hugetlb-order p error

test hugetlb-restore-reserve: the reservation is promised back though the page is mapped
needs HUGETLB_FLAGS
pick p hugetlb head entire>=1 vmaflag=shared
set page[p].private |= 1 << enum(hugetlb_page_flags.HPG_restore_reserve)
expect hugetlb-restore-reserve p warning

test ok-hugetlb-restore-reserve-fork: and its owner has unmapped it, but not his child
needs HUGETLB_FLAGS
pick p hugetlb head entire>=1 vmaflag=!shared
set page[p].private |= 1 << enum(hugetlb_page_flags.HPG_restore_reserve)
expect hugetlb-restore-reserve p note

test ok-hugetlb-migratable: the other marks of huge pages
needs HUGETLB_FLAGS
pick p hugetlb head entire>=1
set page[p].private |= 1 << enum(hugetlb_page_flags.HPG_migratable)
expect nothing

test ok-hugetlb-restore-reserve-unmapped: a page between reservation and first fault
needs HUGETLB_FLAGS
pick p hugetlb|hugetlb-free head entire=0
set page[p].private |= 1 << enum(hugetlb_page_flags.HPG_restore_reserve)
expect nothing

# ---- the pages of zeros ----------------------------------------------------------------------------------------------------------

test zero-page-mapcount: the zero page counted like an ordinary one
set page[zero_pfn]._mapcount = 0
expect zero-page-mapcount zero_pfn error

test zero-page-mapping: the zero page taken over as anonymous memory
pick q anon small
set page[zero_pfn].mapping = page[q].mapping
expect zero-page-mapcount zero_pfn error

test huge-zero-page-mapcount: the huge zero page counted like an ordinary one
pick p huge-zero-page head
set page[p]._mapcount = 3
expect zero-page-mapcount p error

test zero-page-references: users of the zero page may have references, but nobody has these
machines x86_64 aarch64 riscv64 ppc64
set page[zero_pfn]._refcount += 5
expect refcount-extra zero_pfn warning

# ---- flags that mean nothing on a kind ---------------------------------------------------------------------------------

test kind-flags-legal-slab: a dirty slab
pick p slab small
set page[p].flags |= flag(dirty)
expect kind-flags-legal p warning

test kind-flags-legal-table: a page table that is swap backed
pick p page-table small
set page[p].flags |= flag(swapbacked)
expect kind-flags-legal p warning

test hugetlb-freed-flag: a reference on a huge page in the pool
kernels 6.1 6.12 7.3
pick p hugetlb-free head
set page[p]._refcount = 1
expect hugetlb-free-list p error
expect hugetlb-freed-flag p warning follows
also nr-hugetlb-stat

test hugetlb-freed-flag-lost: a huge page in the pool without its mark: as while it is being taken out
kernels 6.1 6.12 7.3
pick p hugetlb-free head
set page[p].private = 0
expect hugetlb-free-list p error
expect hugetlb-freed-flag p note follows

test type-valid-kmemcg: an unmapped page cache page marked as kernel memory
kernels 5.10
pick p file small mapcount=0
set page[p]._mapcount = ~0x200
expect type-valid p error

test kind-flags-legal-offline: a slab that says it is offline
kernels 5.10 6.1
pick p slab small
set page[p]._mapcount = ~0x100
expect balloon-list p error
expect kind-flags-legal p warning follows
