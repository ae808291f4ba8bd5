/*
 * Names of files, made of countries in UTF-8: each is one file of the folder,
 * not hidden, with no control character in it. Input: the country.
 */
#include "common/save.h"

#include "tests/fuzz/fuzz.h"

#include <unictype.h>
#include <unistr.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[SAVE_NAME_MAX];
    size_t length;

    if (size == 0 || size > METADATA_COUNTRY_MAX || u8_check(data, size))
        return 0;
    save_name_country(name, (const char *)data, size, "AD", "gif");
    length = strlen(name);
    assert(length > 7 && length <= size + 7);
    assert(strcmp(name + length - 7, "-AD.gif") == 0);
    assert(strchr(name, '/') == NULL && name[0] != '.');
    assert(u8_check((const uint8_t *)name, length) == NULL);
    for (size_t at = 0; at < length;) {
        ucs4_t c;

        at += (size_t)u8_mbtouc(&c, (const uint8_t *)name + at, length - at);
        assert(!uc_is_general_category(c, UC_CONTROL) && c != ' ');
    }
    return 0;
}
