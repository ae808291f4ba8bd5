/*
 * embed - a file in a program, as it is.
 *
 *     EMBED(web_page_js, "common/web/page.js");
 *
 * outside of any function defines a struct embed with the bytes of the file;
 * EMBED_BOTH, with those of two files, one behind the other. Their paths are
 * relative to the folder in which the compiler runs, that of the Makefile. No
 * other tool is needed, so the object is for the compiler's target. Other files
 * declare the struct:
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

/* Define one. Its size comes first, because s390x could not address a symbol at
 * its end: that may be odd. */
#define EMBED(name, path) EMBED_ALL(name, EMBED_FILE(path))
#define EMBED_BOTH(name, path, next)                                           \
    EMBED_ALL(name, EMBED_FILE(path) EMBED_FILE(next))
#define EMBED_FILE(path) ".incbin \"" path "\"\n"
#define EMBED_ALL(name, files)                                                 \
    __asm__(".pushsection .rodata\n"                                           \
            ".balign 4\n"                                                      \
            ".globl " #name "\n" #name ":\n"                                   \
            ".long 2f - 1f\n"                                                  \
            "1:\n" files "2:\n"                                                \
            ".popsection")

#endif
