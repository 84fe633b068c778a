/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whiteout.h - names in a layer that say what is gone from the layers below it.
 *
 * Source:    OCI image-spec, layer.md, "Whiteouts"; AUFS' own files (".wh..wh.*") are ignored.
 * Purity:    no system calls.
 */
#pragma once

#include "common/base/error.h"

enum whiteout {
	WHITEOUT_NONE,
	WHITEOUT_NAME,   /* ".wh.NAME": NAME is gone */
	WHITEOUT_OPAQUE, /* ".wh..wh..opq": all that the directory had is gone */
	WHITEOUT_IGNORE,
};

/*
 * name: plain (entry_name.h).  *ret_last: of WHITEOUT_NAME, the NAME, within name.
 * -EINVAL: a NAME that is none ("", ".", "..").
 */
int whiteout_of(const char *name, enum whiteout *ret, const char **ret_last,
		struct error *err) MUST_CHECK;
