/*
 * Metadata: what jansson reads in a flat object, this reader reads, and no
 * more. Input: the text.
 */
#include "common/metadata.h"

#include "tests/fuzz/fuzz.h"

#include <jansson.h>

/* Whether jansson refused a text for what it cannot hold, a large number or a
 * name with a NUL: the grammar of JSON has them. */
static bool
is_beyond_jansson(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow ||
           json_error_code(error) == json_error_null_byte_in_key;
}

/* Whether an object has no objects and arrays in it. */
static bool
is_flat(json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
        if (json_is_object(value) || json_is_array(value))
            return false;
    return true;
}

/* How often a key "country" may be in the text, at most. */
static int
count_countries(const uint8_t *data, size_t size)
{
    int count = 0;

    /* It may be escaped; whoever escapes it is not counted exactly. */
    for (size_t i = 0; i < size; i++)
        count += (size - i >= 9 && memcmp(data + i, "\"country\"", 9) == 0) ||
                 (size - i >= 2 && memcmp(data + i, "\\u", 2) == 0);
    return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char country[METADATA_COUNTRY_MAX];
    const size_t length = metadata_country(country, (const char *)data, size);
    json_error_t error;
    json_t *object =
        json_loadb((const char *)data, size, JSON_ALLOW_NUL, &error);
    json_t *value = json_object_get(object, "country");

    assert(length <= METADATA_COUNTRY_MAX);
    if (length > 0) {
        assert(object != NULL || is_beyond_jansson(&error));
        if (object != NULL) {
            assert(is_flat(object) && json_string_length(value) == length);
            assert(memcmp(json_string_value(value), country, length) == 0);
        }
    } else if (object != NULL && size <= METADATA_MAX && is_flat(object) &&
               /* It passes over a NUL behind a number or a word. */
               memchr(data, '\0', size) == NULL &&
               count_countries(data, size) == 1) {
        assert(json_string_length(value) == 0 ||
               json_string_length(value) > METADATA_COUNTRY_MAX);
    }
    json_decref(object);
    return 0;
}
