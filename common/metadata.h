/*
 * metadata - the country that a flag's metadata.json names.
 *
 * A strict reader of one flat JSON object (RFC 8259), which flag servers have
 * for each flag:
 *
 *     {"tld_cc": ".ad", "iso_cc": "AD", "country": "Andorra", "gec_cc": "AN"}
 *
 * Its values are strings, numbers, true, false and null; an object or array
 * among them makes it malformed. Nothing here allocates.
 */
#ifndef COMMON_METADATA_H
#define COMMON_METADATA_H

#include <stdbool.h>
#include <stddef.h>

/* The longest country, in bytes of UTF-8: with a code and a suffix it still is
 * the name of a file, which has at most 255. */
#define METADATA_COUNTRY_MAX 200

/* The longest metadata.json that is read, in bytes; those of the published
 * flags have 73 to 100. */
#define METADATA_MAX 1024

/*
 * Read the value of "country", a string of 1 to METADATA_COUNTRY_MAX bytes of
 * UTF-8, escapes decoded, into country, without a NUL at its end (it may hold
 * some); return its length. 0: text is no such object, its strings are no
 * UTF-8, or it has no such country or two of them.
 */
size_t metadata_country(
    char country[METADATA_COUNTRY_MAX], const char *text, size_t length);

#endif
