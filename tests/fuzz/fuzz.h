/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what a fuzz target needs.
 *
 * A target checks more than "no crash": what was accepted must survive being
 * written and read again, and a refusal must say something.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The entry that libFuzzer calls, and corpus_driver.c without it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold; ends the program so that the fuzzer keeps the input. */
#define fuzz_check(what)                                                                           \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			(void)fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__,     \
				      #what);                                                      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
