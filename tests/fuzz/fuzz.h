/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is one file fuzz_<name>.c with LLVMFuzzerTestOneInput(). Built by clang it is a
 * libFuzzer program; with any compiler it is also linked with replay.c, which runs the files of its
 * corpus. Properties are checked with fuzz_require(), which stays in every build type.
 */
#ifndef WP_TESTS_FUZZ_H
#define WP_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, as a crash the fuzzer sees, when a property does not hold. */
static inline void fuzz_require(bool holds, const char *property)
{
    if (!holds) {
        fprintf(stderr, "property violated: %s\n", property);
        abort();
    }
}

#endif
