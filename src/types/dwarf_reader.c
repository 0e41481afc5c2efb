/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/dwarf_reader.h"

#include <stdio.h>

#include "types/cursor.h"

/* ---- what libdwarf calls: section 0 is no section, as in ELF ---- */

static struct span reader_section(const struct reader *r, uint64_t index)
{
	return index - 1 == DWARF_INFO ? r->slice : r->sections->at[index - 1];
}

static int section_info(void *object, dwapi_section_index index, dwapi_section *ret, int *error)
{
	const struct reader *r = object;

	(void)error;
	if (index > DWARF_NR_SECTIONS)
		return DW_DLV_NO_ENTRY;
	if (index == 0)
		dwapi_section_set(ret, "", 0);
	else
		dwapi_section_set(ret, dwarf_section_name((enum dwarf_section)(index - 1)),
				  reader_section(r, index).size);
	return DW_DLV_OK;
}

static int section_load(void *object, dwapi_section_index index, Dwarf_Small **ret, int *error)
{
	const struct reader *r = object;
	struct span bytes;

	(void)error;
	if (index == 0 || index > DWARF_NR_SECTIONS)
		return DW_DLV_NO_ENTRY;
	bytes = reader_section(r, index);
	if (!bytes.data)
		return DW_DLV_NO_ENTRY;
	*ret = (Dwarf_Small *)bytes.data; /* libdwarf does not write to sections without relocations */
	return DW_DLV_OK;
}

static dwapi_byte_order byte_order(void *object)
{
	return ((const struct reader *)object)->sections->endian == ENDIAN_BIG ? DWAPI_BIG_ENDIAN : DWAPI_LITTLE_ENDIAN;
}

static Dwarf_Small length_size(void *object)
{
	(void)object;
	return 4;
}

static Dwarf_Small pointer_size(void *object)
{
	(void)object;
	return 8;
}

static Dwarf_Unsigned section_count(void *object)
{
	(void)object;
	return DWARF_NR_SECTIONS + 1;
}

__attribute__((unused)) static Dwarf_Unsigned file_size(void *object)
{
	return ((const struct reader *)object)->sections->at[DWARF_INFO].size;
}

static const dwapi_methods reader_methods =
	DWAPI_METHODS(section_info, byte_order, length_size, pointer_size, file_size, section_count, section_load);

/* ---- open and close ---- */

void reader_init(struct reader *r, const struct dwarf_sections *s)
{
	*r = (struct reader){ .sections = s };
	/* Without its list of all allocations libdwarf is twice as fast; we release everything anyway. */
	r->tracking = dwarf_set_de_alloc_flag(0);
}

static void reader_close(struct reader *r)
{
	if (r->dbg)
		dwapi_finish(r->dbg);
	r->dbg = NULL;
}

void reader_deinit(struct reader *r)
{
	reader_close(r);
	dwarf_set_de_alloc_flag(r->tracking);
}

/* Keep the first thing that went wrong; always returns false. */
static bool reader_fail(struct reader *r, Dwarf_Error error, const char *what)
{
	if (!r->failed)
		snprintf(r->message, sizeof(r->message), "%s%s%s", what, error ? ": " : "",
			 error ? dwarf_errmsg(error) : "");
	r->failed = true;
	if (error)
		dwarf_dealloc_error(r->dbg, error);
	return false;
}

/* Turn a result of libdwarf into: true, there it is; false, it is not there, or an error, which is remembered. */
static bool reader_result(struct reader *r, int rc, Dwarf_Error error, const char *what)
{
	if (rc == DW_DLV_OK)
		return true;
	return rc == DW_DLV_ERROR ? reader_fail(r, error, what) : false;
}

static bool reader_open(struct reader *r, struct span slice, bool whole)
{
	Dwarf_Error error = NULL;
	int rc;

	if (r->dbg && r->whole && whole)
		return true;
	reader_close(r);
	r->slice = slice;
	r->whole = whole;
	r->interface = (dwapi_interface)DWAPI_INTERFACE(r, &reader_methods);
	rc = dwarf_object_init_b(&r->interface, NULL, NULL, DW_GROUPNUMBER_ANY, &r->dbg, &error);
	if (rc == DW_DLV_OK)
		return true;
	r->dbg = NULL;
	return reader_fail(r, error, "libdwarf cannot open the debug info");
}

Dwarf_Die reader_unit(struct reader *r, const struct unit *u, bool far)
{
	struct span info = r->sections->at[DWARF_INFO];

	r->failed = false;
	r->steps = 0;
	r->steps_max = u->size; /* an entry has at least a byte; collecting adds its own allowance */
	if (!reader_open(r, far ? info : (struct span){ info.data + u->offset, u->size }, far))
		return NULL;
	return entry_at(r, (far ? u->offset : 0) + u->root);
}

/* ---- entries ---- */

/* Count an entry; false when a unit has more than it can have, which means that its references run in circles. */
static bool reader_step(struct reader *r)
{
	if (r->failed)
		return false;
	if (r->steps++ < r->steps_max)
		return true;
	return reader_fail(r, NULL, "entries refer to each other in circles");
}

void entry_free(struct reader *r, Dwarf_Die die)
{
	if (die)
		dwarf_dealloc(r->dbg, die, DW_DLA_DIE);
}

Dwarf_Die entry_child(struct reader *r, Dwarf_Die die)
{
	Dwarf_Error error = NULL;
	Dwarf_Die child = NULL;

	int rc;

	if (!reader_step(r))
		return NULL;
	rc = dwarf_child(die, &child, &error);
	return reader_result(r, rc, error, "entry below another") ? child : NULL;
}

Dwarf_Die entry_next(struct reader *r, Dwarf_Die die)
{
	Dwarf_Error error = NULL;
	Dwarf_Die next = NULL;
	int rc;

	if (!reader_step(r)) {
		entry_free(r, die);
		return NULL;
	}
	rc = dwarf_siblingof_b(r->dbg, die, true, &next, &error);
	entry_free(r, die);
	return reader_result(r, rc, error, "next entry") ? next : NULL;
}

Dwarf_Die entry_at(struct reader *r, uint64_t offset)
{
	Dwarf_Error error = NULL;
	Dwarf_Die die = NULL;
	int rc;

	if (!reader_step(r))
		return NULL;
	rc = dwarf_offdie_b(r->dbg, offset, true, &die, &error);
	if (rc == DW_DLV_OK)
		return die;
	reader_fail(r, rc == DW_DLV_ERROR ? error : NULL, "an entry refers to something that is no entry");
	return NULL;
}

uint64_t entry_offset(struct reader *r, Dwarf_Die die)
{
	Dwarf_Error error = NULL;
	Dwarf_Off offset = 0;
	int rc = dwarf_dieoffset(die, &offset, &error);

	return reader_result(r, rc, error, "offset of an entry") ? offset : 0;
}

unsigned entry_tag(struct reader *r, Dwarf_Die die)
{
	Dwarf_Error error = NULL;
	Dwarf_Half tag = 0;
	int rc = dwarf_tag(die, &tag, &error);

	return reader_result(r, rc, error, "tag of an entry") ? tag : 0;
}

static Dwarf_Attribute entry_attribute(struct reader *r, Dwarf_Die die, unsigned attribute)
{
	Dwarf_Error error = NULL;
	Dwarf_Attribute attr = NULL;
	int rc = dwarf_attr(die, (Dwarf_Half)attribute, &attr, &error);

	return reader_result(r, rc, error, "attribute of an entry") ? attr : NULL;
}

/* Not dwarf_diename(): generation 1 loses (and leaks) errors in there. */
const char *entry_name(struct reader *r, Dwarf_Die die)
{
	Dwarf_Attribute attr = entry_attribute(r, die, DW_AT_name);
	Dwarf_Error error = NULL;
	char *name = NULL;
	int rc;

	if (!attr)
		return NULL;
	rc = dwarf_formstring(attr, &name, &error);
	dwarf_dealloc(r->dbg, attr, DW_DLA_ATTR);
	return reader_result(r, rc, error, "name of an entry") ? name : NULL;
}

bool entry_flag(struct reader *r, Dwarf_Die die, unsigned attribute)
{
	Dwarf_Attribute attr = entry_attribute(r, die, attribute);
	Dwarf_Error error = NULL;
	Dwarf_Bool flag = 0;
	int rc;

	if (!attr)
		return false;
	rc = dwarf_formflag(attr, &flag, &error);
	dwarf_dealloc(r->dbg, attr, DW_DLA_ATTR);
	return reader_result(r, rc, error, "flag of an entry") && flag;
}

/* Constants are signed or unsigned by their form; a plain data form is unsigned. */
static bool attribute_number(struct reader *r, Dwarf_Attribute attr, int64_t *ret)
{
	Dwarf_Error error = NULL;
	Dwarf_Unsigned u;
	Dwarf_Signed s;

	if (dwarf_formudata(attr, &u, &error) == DW_DLV_OK) {
		*ret = (int64_t)u;
		return true;
	}
	dwarf_dealloc_error(r->dbg, error);
	error = NULL;
	if (dwarf_formsdata(attr, &s, &error) == DW_DLV_OK) {
		*ret = s;
		return true;
	}
	dwarf_dealloc_error(r->dbg, error);
	return false;
}

bool entry_number(struct reader *r, Dwarf_Die die, unsigned attribute, int64_t *ret)
{
	Dwarf_Attribute attr = entry_attribute(r, die, attribute);
	bool ok;

	if (!attr)
		return false;
	ok = attribute_number(r, attr, ret);
	dwarf_dealloc(r->dbg, attr, DW_DLA_ATTR);
	return ok;
}

bool entry_reference(struct reader *r, Dwarf_Die die, unsigned attribute, uint64_t *ret)
{
	Dwarf_Attribute attr = entry_attribute(r, die, attribute);
	Dwarf_Error error = NULL;
	Dwarf_Off offset = 0;
	int rc;

	if (!attr)
		return false;
	rc = dwapi_reference(attr, &offset, &error);
	dwarf_dealloc(r->dbg, attr, DW_DLA_ATTR);
	*ret = offset;
	return reader_result(r, rc, error, "reference of an entry");
}

bool entry_type(struct reader *r, Dwarf_Die die, uint64_t *ret)
{
	return entry_reference(r, die, DW_AT_type, ret);
}

/* DWARF 2 gives a location as a program: "add this constant to the address of the structure". */
static uint64_t location_program(Dwarf_Ptr program, uint64_t size)
{
	struct cursor c = { program, (const uint8_t *)program + size, false, ENDIAN_LITTLE }; /* bytes alone */
	uint64_t op = cursor_word(&c, 1);
	uint64_t location = op == DW_OP_plus_uconst || op == DW_OP_constu ? cursor_uleb(&c) : 0;

	return c.bad ? 0 : location;
}

/* The location as a program: DW_FORM_exprloc, or a block before DWARF 4. */
static uint64_t attribute_program(struct reader *r, Dwarf_Attribute attr)
{
	Dwarf_Error error = NULL;
	Dwarf_Unsigned size = 0;
	Dwarf_Ptr program = NULL;
	Dwarf_Block *block = NULL;
	uint64_t location;
	int rc;

	if (dwarf_formexprloc(attr, &size, &program, &error) == DW_DLV_OK)
		return location_program(program, size);
	dwarf_dealloc_error(r->dbg, error);
	error = NULL;
	rc = dwarf_formblock(attr, &block, &error);
	if (!reader_result(r, rc, error, "place of a member"))
		return 0;
	location = location_program(block->bl_data, block->bl_len);
	dwarf_dealloc(r->dbg, block, DW_DLA_BLOCK);
	return location;
}

uint64_t entry_member_location(struct reader *r, Dwarf_Die die)
{
	Dwarf_Attribute attr = entry_attribute(r, die, DW_AT_data_member_location);
	int64_t number = 0;

	if (!attr)
		return 0;
	if (!attribute_number(r, attr, &number))
		number = (int64_t)attribute_program(r, attr);
	dwarf_dealloc(r->dbg, attr, DW_DLA_ATTR);
	return (uint64_t)number;
}
