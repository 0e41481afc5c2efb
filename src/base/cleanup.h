/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file cleanup.h  Scope-bound release of resources, by the compiler's cleanup attribute. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _cleanup_(fn) __attribute__((cleanup(fn)))
#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)
#define _must_check_ __attribute__((warn_unused_result))
/** Of a function that is compiled anew for each constant argument: left to itself GCC keeps one copy that asks each time. */
#define _always_inline_ inline __attribute__((always_inline))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))

/** Hand a cleanup variable's value over to the caller and forget it here. */
#define take_ptr(p)                                                                            \
	({                                                                                     \
		__typeof__(p) taken_ = (p);                                                    \
		(p) = NULL;                                                                    \
		taken_;                                                                        \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
