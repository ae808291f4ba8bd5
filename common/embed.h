/*
 * embed - a file in a program, as it is.
 *
 *     EMBED(web_page_js, "common/web/page.js");
 *
 * outside of any function defines a struct embed with the bytes of the file,
 * which is found from the folder where the compiler runs, that of the Makefile.
 * It is the compiler that makes all else, and the only tool in use: so the file
 * comes out for the same machine. Others declare what is defined here with
 *
 *     extern const struct embed web_page_js;
 *
 * Link-time optimisation does not see the definition: compile with -fno-lto.
 */
#ifndef COMMON_EMBED_H
#define COMMON_EMBED_H

#include <stdint.h>

/* A file: read-only, and not NUL-terminated. */
struct embed {
    uint32_t size; /* of the bytes */
    char bytes[];
};

/* Define one. There is no symbol at its end, for which some machines would have
 * to be lucky: s390x has none at odd addresses. */
#define EMBED(name, path)                                                      \
    __asm__(".pushsection .rodata\n"                                           \
            ".balign 4\n"                                                      \
            ".globl " #name "\n" #name ":\n"                                   \
            ".long 2f - 1f\n"                                                  \
            "1: .incbin \"" path "\"\n"                                        \
            "2:\n"                                                             \
            ".popsection")

#endif
