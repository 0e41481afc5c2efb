/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program whose debug info test_types reads, and which prints what test_types must find in it: what the compiler
 * itself says by sizeof and offsetof.  The shapes are those of struct page and its relatives.
 *
 *   member TYPE PATH offset size bit_offset bit_size length stride pointer
 *   size TYPE size      enum TYPE|- NAME value      array VARIABLE size length stride
 *   symbol NAME value size
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef SECOND_UNIT
/* Another unit with a structure of the same name, without any member that is asked for. */
struct node {
	long stranger;
} node_stranger;
struct node *node_of_second_unit = &node_stranger;
struct only_here {
	char pad[24];
	int there;
} only_here_variable;
#else

struct opaque; /* defined nowhere */

struct list_head {
	struct list_head *next, *prev;
};

typedef struct {
	unsigned long f;
} memdesc_flags_t;

typedef unsigned int ids_t[3];

typedef struct {
	volatile int counter;
} atomic_t;

struct page {
	memdesc_flags_t flags;
	union {
		struct {
			union {
				struct list_head lru;
				struct {
					void *filler;
					unsigned int mlock_count;
				};
				struct list_head buddy_list;
			};
			struct opaque *mapping;
			union {
				unsigned long index;
				const volatile unsigned long share;
			};
			unsigned long private;
		};
		struct {
			unsigned long pp_magic;
			struct {
				int inner;
			} named;
			ids_t ids[2];
		};
	};
	union {
		unsigned int page_type;
		atomic_t _mapcount;
	};
	atomic_t _refcount;
};

typedef struct pglist_data {
	struct page *nodes[4];
	char names[3][5][7];
	void (*callback)(int);
	int tail[];
} pg_data_t;

struct zero_array {
	int nr;
	long slots[0];
};

struct slab {
	char pad[8];
	unsigned inuse : 16;
	unsigned objects : 15;
	unsigned frozen : 1;
	unsigned long low : 3;
	unsigned long middle : 40;
	unsigned long high : 21;
	uint8_t first : 2, second : 6;
	struct {
		unsigned below : 5;
		unsigned above : 27;
	};
};

struct node {
	int meant;
};

enum zone_type { ZONE_DMA, ZONE_NORMAL = 2, ZONE_LAST = 200, ZONE_BIG = 0x80000001 };
enum signs { SIGN_MINUS = -5, SIGN_PLUS = 130 };
enum { LOOSE_ONE = 1, LOOSE_MANY = 65537 };
enum wide { WIDE_ONE = 0x123456789abLL, WIDE_MINUS = -0x123456789abLL };
typedef enum { TYPED_FIRST, TYPED_SECOND } typed_t;

extern struct pglist_data *node_data[];
struct pglist_data *node_data[64];
struct page hstates[2][3];
static int static_symbol = 7;
long flexible_initialized[] = { 1, 2, 3 };
int not_an_array;

/* Use them all, so that each type is described. */
pg_data_t *use_pgdat;
struct page use_page;
struct slab use_slab;
struct node use_node;
struct zero_array use_zero_array;
enum zone_type use_zone = ZONE_NORMAL;
enum signs use_signs = SIGN_PLUS;
enum wide use_wide = WIDE_ONE;
typed_t use_typed;

#define SIZE(type) printf("size %s %zu\n", strrchr(" " #type, ' ') + 1, sizeof(type))

#define MEMBER(type, path, length, stride, pointer)                                            \
	printf("member %s %s %zu %zu 0 0 %d %d %d\n", strrchr(" " #type, ' ') + 1, #path,      \
	       offsetof(type, path), sizeof(((type *)0)->path), length, stride, pointer)

/* Find the bits of a field by setting them. */
#define BITS(type, field)                                                                      \
	do {                                                                                   \
		static type t;                                                                 \
		t.field = ~0ull;                                                               \
		print_bits(strrchr(" " #type, ' ') + 1, #field, (const uint8_t *)&t, sizeof(t)); \
		t.field = 0;                                                                   \
	} while (0)

static void print_bits(const char *type, const char *field, const uint8_t *bytes, size_t size)
{
	size_t first = 0, nr = 0, in_bytes;

	for (size_t i = size * 8; i-- > 0;)
		if (bytes[i / 8] >> (i % 8) & 1) {
			first = i;
			nr++;
		}
	in_bytes = (first % 8 + nr + 7) / 8;
	printf("member %s %s %zu %d %zu %zu 0 0 0\n", type, field, first / 8,
	       in_bytes <= 1 ? 1 : in_bytes <= 2 ? 2 : in_bytes <= 4 ? 4 : 8, first % 8, nr);
}

static void print_members(void)
{
	SIZE(struct page);
	SIZE(memdesc_flags_t);
	SIZE(pg_data_t);
	SIZE(struct pglist_data);
	SIZE(struct slab);
	MEMBER(struct page, flags, 0, 0, 0);
	MEMBER(struct page, flags.f, 0, 0, 0);
	MEMBER(memdesc_flags_t, f, 0, 0, 0);
	MEMBER(struct page, lru, 0, 0, 0);
	MEMBER(struct page, lru.prev, 0, 0, 1);
	MEMBER(struct page, filler, 0, 0, 1);
	MEMBER(struct page, mlock_count, 0, 0, 0);
	MEMBER(struct page, buddy_list.next, 0, 0, 1);
	MEMBER(struct page, mapping, 0, 0, 1);
	MEMBER(struct page, share, 0, 0, 0);
	MEMBER(struct page, private, 0, 0, 0);
	MEMBER(struct page, named.inner, 0, 0, 0);
	MEMBER(struct page, ids, 6, 4, 0);
	MEMBER(struct page, page_type, 0, 0, 0);
	MEMBER(struct page, _mapcount, 0, 0, 0);
	MEMBER(struct page, _refcount.counter, 0, 0, 0);
	MEMBER(pg_data_t, nodes, 4, 8, 0);
	MEMBER(struct pglist_data, names, 105, 1, 0);
	MEMBER(struct pglist_data, callback, 0, 0, 1);
	MEMBER(struct node, meant, 0, 0, 0);
	printf("member pglist_data tail %zu 0 0 0 0 4 0\n", offsetof(struct pglist_data, tail));
	printf("member zero_array slots %zu 0 0 0 0 8 0\n", offsetof(struct zero_array, slots));
	BITS(struct slab, inuse);
	BITS(struct slab, objects);
	BITS(struct slab, frozen);
	BITS(struct slab, low);
	BITS(struct slab, middle);
	BITS(struct slab, high);
	BITS(struct slab, first);
	BITS(struct slab, second);
	BITS(struct slab, below);
	BITS(struct slab, above);
}

static void print_values(void)
{
	printf("enum zone_type ZONE_NORMAL %lld\n", (long long)ZONE_NORMAL);
	printf("enum zone_type ZONE_LAST %lld\n", (long long)ZONE_LAST);
	printf("enum - ZONE_BIG %lld\n", (long long)ZONE_BIG);
	printf("enum signs SIGN_MINUS %lld\n", (long long)SIGN_MINUS);
	printf("enum signs SIGN_PLUS %lld\n", (long long)SIGN_PLUS);
	printf("enum - LOOSE_MANY %lld\n", (long long)LOOSE_MANY);
	printf("enum - LOOSE_ONE %lld\n", (long long)LOOSE_ONE);
	printf("enum wide WIDE_ONE %lld\n", (long long)WIDE_ONE);
	printf("enum wide WIDE_MINUS %lld\n", (long long)WIDE_MINUS);
	printf("enum - TYPED_SECOND %lld\n", (long long)TYPED_SECOND);
	printf("array node_data %zu 64 8\n", sizeof(node_data));
	printf("array hstates %zu 2 %zu\n", sizeof(hstates), sizeof(hstates[0]));
	printf("array flexible_initialized %zu 3 8\n", sizeof(flexible_initialized));
	printf("symbol node_data %llu %zu\n", (unsigned long long)(uintptr_t)node_data, sizeof(node_data));
	printf("symbol static_symbol %llu 4\n", (unsigned long long)(uintptr_t)&static_symbol);
}

int main(void)
{
	enum { LOOSE_INSIDE = 3 };

	print_members();
	print_values();
	return static_symbol + LOOSE_ONE + LOOSE_INSIDE == 0;
}
#endif
