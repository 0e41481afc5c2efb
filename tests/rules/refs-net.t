# SPDX-License-Identifier: GPL-2.0-or-later
# What the network holds: fragments of socket buffers, packet rings, caches of page fragments.

# ---- words that name another page --------------------------------------------------------------------------------------

test net-fragment-page: a fragment of a socket buffer names another page
pick p shmem small held=socket-buffer holders=1 refcount=2
pick q anon small refcount=1 mapcount=1 holders=0
set mem[refslot(p)] = page_va(q)
expect refcount-lt-holders q error
also refcount-extra p
also refcount-held p

test net-fragment-free: a fragment names a page in a free block
pick p shmem small held=socket-buffer holders=1 refcount=2
pick q buddy
set mem[refslot(p)] = page_va(q)
expect held-page-free q error
also refcount-extra p
also refcount-held p

test net-packet-block: a block of a packet ring is a page of somebody else
pick p kernel head held=packet
pick q anon small refcount=1 mapcount=1 holders=0
set mem[refslot(p)] += pa(q - p)
expect refcount-lt-holders q error
expect kernel-page-lost p warning

# ---- words that name no page -------------------------------------------------------------------------------------------

test net-fragment-wild: a fragment names no struct page
pick p shmem small held=socket-buffer holders=1 refcount=2
set mem[refslot(p)] = page_va(p) + 8
expect holder-no-page error
also refcount-extra p
also refcount-held p

test net-packet-wild: a block of a packet ring is at no address
pick p kernel head held=packet
set mem[refslot(p)] ^= bit(62)
expect holder-no-page error
expect kernel-page-lost p warning

# ---- references that are gone ------------------------------------------------------------------------------------------

test net-fragment-ref: the reference of a fragment was dropped
pick p shmem small held=socket-buffer holders=1 refcount=2
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test net-fragment-twice: one of two fragments of one page lost its reference
pick p shmem small held=socket-buffer holders=2 refcount=3
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test net-packet-ref: a packet ring that processes map lost its own reference
pick p kernel head held=packet
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test net-piece-ref: a cache of page fragments counts on a reference that is gone
kernels 6.12
pick p kernel held=page-frag refcount=2
set page[p]._refcount -= 1
expect refcount-lt-holders p note

# ---- what is no damage -------------------------------------------------------------------------------------------------

test ok-fragment-locked: somebody works on the socket, so that its buffer may be on its way out
pick p shmem small held=socket-buffer holders=1 refcount=2
set page[p]._refcount -= 1
set object[mem[refholder(p) + 24]].sock.sk_lock.owned = 1
expect refcount-lt-holders p note

test ok-fragment-more: another one has the page, too
pick p shmem small held=socket-buffer holders=1 refcount=2
set page[p]._refcount += 1
hold p
expect refcount-held p note

# ---- one too many ------------------------------------------------------------------------------------------------------

test net-fragment-extra: a reference beside that of the fragment
pick p shmem small held=socket-buffer holders=1 refcount=2
set page[p]._refcount += 1
expect refcount-extra p warning
also refcount-held p
