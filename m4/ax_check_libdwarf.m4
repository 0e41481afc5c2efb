# SPDX-License-Identifier: GPL-2.0-or-later
# AX_CHECK_LIBDWARF: find libdwarf, with or without a .pc file, and tell its two generations apart.
#
# Generation 1 (20210528 and before): dwarf_init_path() with 12 arguments, no version macro.
# Generation 2 (0.1 and later): DW_LIBDWARF_VERSION and struct Dwarf_Obj_Access_Interface_a_s.
AC_DEFUN([AX_CHECK_LIBDWARF], [
  PKG_CHECK_MODULES([LIBDWARF], [libdwarf], [],
    [LIBDWARF_LIBS=-ldwarf LIBDWARF_CFLAGS=])
  ax_save_CFLAGS=$CFLAGS ax_save_CPPFLAGS=$CPPFLAGS ax_save_LIBS=$LIBS
  CPPFLAGS="$CPPFLAGS $LIBDWARF_CFLAGS" LIBS="$LIBDWARF_LIBS $LIBS"
  AC_CHECK_HEADERS([libdwarf-2/libdwarf.h libdwarf-0/libdwarf.h libdwarf/libdwarf.h libdwarf.h], [break])
  AC_CHECK_FUNC([dwarf_object_init_b], [],
    [AC_MSG_ERROR([libdwarf with dwarf_object_init_b() is needed (Debian: libdwarf-dev)])])
  ax_libdwarf_include="#if defined HAVE_LIBDWARF_2_LIBDWARF_H
#include <libdwarf-2/libdwarf.h>
#elif defined HAVE_LIBDWARF_0_LIBDWARF_H
#include <libdwarf-0/libdwarf.h>
#elif defined HAVE_LIBDWARF_LIBDWARF_H
#include <libdwarf/libdwarf.h>
#else
#include <libdwarf.h>
#endif"
  AC_CHECK_DECL([DW_LIBDWARF_VERSION],
    [AC_DEFINE([LIBDWARF_GENERATION], [2], [libdwarf API generation]) ax_libdwarf_text="0.1 or later"],
    [AC_DEFINE([LIBDWARF_GENERATION], [1], [libdwarf API generation]) ax_libdwarf_text="20210528 or before"],
    [$ax_libdwarf_include])
  CFLAGS=$ax_save_CFLAGS CPPFLAGS=$ax_save_CPPFLAGS LIBS=$ax_save_LIBS
])
