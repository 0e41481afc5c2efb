/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/btf_names.h"

#include "types/btf.h"
#include "types/btf_kinds.h"
#include "types/cursor.h"

struct names_seen {
	struct offset_map offsets;
	uint8_t *kinds; /* name id -> mask of entry kinds */
};

static void name_note(struct names_seen *seen, uint64_t offset, enum entry_kind kind)
{
	uint32_t id = offset_map_find(&seen->offsets, (uint32_t)offset);

	if (id != NAME_NONE)
		seen->kinds[id] |= (uint8_t)bit_u64(kind);
}

static void enumerators_note(struct names_seen *seen, struct cursor c, uint64_t nr, unsigned each)
{
	for (uint64_t i = 0; i < nr && !c.bad; i++) {
		name_note(seen, cursor_word(&c, 4), ENTRY_ENUMERATOR);
		cursor_skip(&c, each - 4);
	}
}

/* One type.  False: not one of the kinds that we know. */
static bool type_note(struct names_seen *seen, struct cursor *c)
{
	uint64_t name = cursor_word(c, 4);
	uint64_t info = cursor_word(c, 4);
	uint64_t kind = info >> 24 & 0x1f, nr = info & 0xffff;

	cursor_skip(c, 4);
	if (kind == 0 || kind >= BTF_NR_KINDS)
		return false;
	if (kind == BTF_STRUCT || kind == BTF_UNION || kind == BTF_TYPEDEF) {
		name_note(seen, name, ENTRY_TYPE);
	} else if (kind == BTF_ENUM || kind == BTF_ENUM64) {
		name_note(seen, name, ENTRY_ENUM);
		enumerators_note(seen, *c, nr, btf_tail[kind].each);
	}
	cursor_skip(c, btf_tail[kind].fixed + nr * btf_tail[kind].each);
	return true;
}

/* The parts of a BTF blob: types and strings. */
static bool btf_split(struct span btf, struct cursor *types, struct span *strings)
{
	struct cursor c = { btf.data, btf.data + btf.size, false, ENDIAN_LITTLE };
	uint64_t header, type_offset, type_size, string_offset, string_size;

	if (btf.size < BTF_HEADER_SIZE || !btf_endian(btf.data, &c.endian))
		return false;
	cursor_skip(&c, 4);
	header = cursor_word(&c, 4);
	type_offset = cursor_word(&c, 4);
	type_size = cursor_word(&c, 4);
	string_offset = cursor_word(&c, 4);
	string_size = cursor_word(&c, 4);
	if (c.bad || header < BTF_HEADER_SIZE || header > btf.size)
		return false;
	if (type_offset + type_size > btf.size - header || string_offset + string_size > btf.size - header)
		return false;
	*types = (struct cursor){ btf.data + header + type_offset, btf.data + header + type_offset + type_size, false,
				  c.endian };
	*strings = (struct span){ btf.data + header + string_offset, string_size };
	return true;
}

static void unseen_close(struct wants *w, const struct names_seen *seen)
{
	for (uint32_t i = 0; i < w->nr; i++)
		if (w->list[i].kind != ENTRY_VARIABLE && !(seen->kinds[w->list[i].name_id] >> w->list[i].kind & 1))
			want_close(w, &w->list[i]);
}

struct error *btf_close_absent(struct span btf, struct wants *w)
{
	_cleanup_free_ uint8_t *kinds = calloc(w->names.nr + 1, sizeof(*kinds));
	struct names_seen seen = { .kinds = kinds };
	struct cursor types;
	struct span strings;
	struct error *err;
	bool ok = true;

	if (!btf.data || !btf_split(btf, &types, &strings))
		return NULL;
	if (!kinds)
		return &error_nomem;
	err = nameset_locate(&w->names, strings, &seen.offsets);
	if (err)
		return err;
	while (ok && !types.bad && cursor_left(&types) > 0)
		ok = type_note(&seen, &types);
	if (ok && !types.bad && !seen.offsets.full)
		unseen_close(w, &seen);
	offset_map_deinit(&seen.offsets);
	return NULL;
}
