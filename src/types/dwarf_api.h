/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file dwarf_api.h  The two generations of libdwarf's interface, made one.
 *
 * Generation 1 is 20210528 (Debian 12) and before, generation 2 is 0.1 and later.  Everything that differs between
 * them and that we use is here, and nothing else includes libdwarf's headers.
 */
#ifndef TYPES_DWARF_API_H
#define TYPES_DWARF_API_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#if defined HAVE_LIBDWARF_2_LIBDWARF_H
#include <libdwarf-2/dwarf.h>
#include <libdwarf-2/libdwarf.h>
#elif defined HAVE_LIBDWARF_0_LIBDWARF_H
#include <libdwarf-0/dwarf.h>
#include <libdwarf-0/libdwarf.h>
#elif defined HAVE_LIBDWARF_LIBDWARF_H
#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>
#else
#include <dwarf.h>
#include <libdwarf.h>
#endif

#ifndef LIBDWARF_GENERATION
#error "configure must define LIBDWARF_GENERATION"
#endif

#if LIBDWARF_GENERATION == 1

typedef Dwarf_Obj_Access_Interface dwapi_interface;
typedef Dwarf_Obj_Access_Methods dwapi_methods;
typedef Dwarf_Obj_Access_Section dwapi_section;
typedef Dwarf_Half dwapi_section_index;
typedef Dwarf_Endianness dwapi_byte_order;
static const dwapi_byte_order DWAPI_LITTLE_ENDIAN = DW_OBJECT_LSB, DWAPI_BIG_ENDIAN = DW_OBJECT_MSB;

static inline void dwapi_section_set(dwapi_section *s, const char *name, uint64_t size)
{
	*s = (dwapi_section){ .name = name, .size = size };
}

#define DWAPI_METHODS(info, order, length, pointer, filesize, count, load)                     \
	{ .get_section_info = (info), .get_byte_order = (order), .get_length_size = (length),  \
	  .get_pointer_size = (pointer), .get_section_count = (count), .load_section = (load) }

#define DWAPI_INTERFACE(obj, m) { .object = (obj), .methods = (m) }

static inline void dwapi_finish(Dwarf_Debug dbg)
{
	Dwarf_Error error = NULL;

	dwarf_object_finish(dbg, &error);
}

static inline int dwapi_type_offset(Dwarf_Die die, Dwarf_Off *ret, Dwarf_Error *error)
{
	return dwarf_dietype_offset(die, ret, error);
}

static inline int dwapi_reference(Dwarf_Attribute attr, Dwarf_Off *ret, Dwarf_Error *error)
{
	return dwarf_global_formref(attr, ret, error);
}

/** The library that runs is of the generation that we were built for.  Generation 1 calls itself by date. */
static inline bool dwapi_version_fits(void)
{
	const char *version = dwarf_package_version();

	return strlen(version) == 8 && strspn(version, "0123456789") == 8;
}

#define DWAPI_BUILT_FOR "20210528 or older"

#else

typedef Dwarf_Obj_Access_Interface_a dwapi_interface;
typedef Dwarf_Obj_Access_Methods_a dwapi_methods;
typedef Dwarf_Obj_Access_Section_a dwapi_section;
typedef Dwarf_Unsigned dwapi_section_index;
typedef Dwarf_Small dwapi_byte_order;
static const dwapi_byte_order DWAPI_LITTLE_ENDIAN = DW_END_little, DWAPI_BIG_ENDIAN = DW_END_big;

static inline void dwapi_section_set(dwapi_section *s, const char *name, uint64_t size)
{
	*s = (dwapi_section){ .as_name = name, .as_size = size, .as_addralign = 1 };
}

#define DWAPI_METHODS(info, order, length, pointer, filesize, count, load)                     \
	{ .om_get_section_info = (info), .om_get_byte_order = (order),                         \
	  .om_get_length_size = (length), .om_get_pointer_size = (pointer),                    \
	  .om_get_filesize = (filesize), .om_get_section_count = (count),                      \
	  .om_load_section = (load) }

#define DWAPI_INTERFACE(obj, m) { .ai_object = (obj), .ai_methods = (m) }

static inline void dwapi_finish(Dwarf_Debug dbg)
{
	dwarf_object_finish(dbg);
}

static inline int dwapi_type_offset(Dwarf_Die die, Dwarf_Off *ret, Dwarf_Error *error)
{
	Dwarf_Bool is_info = 0;
	int rc = dwarf_dietype_offset(die, ret, &is_info, error);

	return rc == DW_DLV_OK && !is_info ? DW_DLV_NO_ENTRY : rc;
}

static inline int dwapi_reference(Dwarf_Attribute attr, Dwarf_Off *ret, Dwarf_Error *error)
{
	Dwarf_Bool is_info = 0;
	int rc = dwarf_global_formref_b(attr, ret, &is_info, error);

	return rc == DW_DLV_OK && !is_info ? DW_DLV_NO_ENTRY : rc;
}

/**
 * The library that runs is of the generation that we were built for, which calls itself by dotted numbers.  The first of
 * them says nothing: Debian's 0.11.1 is 0.11.1 in its header and 1.11.1 when it runs.
 */
static inline bool dwapi_version_fits(void)
{
	return strchr(dwarf_package_version(), '.') != NULL;
}

#define DWAPI_BUILT_FOR DW_LIBDWARF_VERSION

#endif
#endif
