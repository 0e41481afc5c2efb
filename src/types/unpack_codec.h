/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file unpack_codec.h  The methods of packing, each as a stream: bytes in, bytes out. */
#ifndef TYPES_UNPACK_CODEC_H
#define TYPES_UNPACK_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What is between the two buffers of a step.  The codec moves in/out and lowers the sizes. */
struct codec_step {
	const uint8_t *in;
	size_t in_size;
	uint8_t *out;
	size_t out_size;
	bool last; /**< there is no more input */
};

enum codec_result {
	CODEC_MORE, /**< go on, with more input or more room */
	CODEC_END,  /**< all of it is out */
	CODEC_BAD,  /**< damaged */
};

struct codec {
	const char *name;
	uint8_t magic[6];
	size_t magic_size;
	/** NULL: this program was built without.  open(): NULL for no memory. */
	void *(*open)(void);
	enum codec_result (*step)(void *state, struct codec_step *s);
	void (*close)(void *state);
};

extern const struct codec unpack_codecs[];
extern const size_t unpack_nr_codecs;

#endif
