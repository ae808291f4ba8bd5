#include "report/values.h"

#include "common/log.h"

#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* End the program without memory. */
static json_t *
made(json_t *value)
{
    if (value == NULL)
        err(1, "report.json");
    return value;
}

/* Make a number. */
json_t *
value_number(double x)
{
    return made(isfinite(x) ? json_real(x) : json_null());
}

/* Make a text. */
json_t *
value_text(const char *s)
{
    return made(s != NULL && s[0] != '\0' ? json_string(s) : json_null());
}

/* Make a whole number. */
json_t *
value_count(uint64_t n)
{
    return made(json_integer((json_int_t)n));
}

/* Make the text of a digest. */
json_t *
value_digest(uint64_t digest)
{
    char text[17];

    snprintf(text, sizeof(text), "%016" PRIx64, digest);
    return value_text(digest != 0 ? text : NULL);
}

/* Read a number of either kind. */
double
get_number(const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Read a whole number; a double holds no larger ones exactly. */
uint64_t
get_count(const json_t *o, const char *key)
{
    double x = get_number(o, key);

    return x >= 0 && x <= 0x1p53 && x == floor(x) ? (uint64_t)x : 0;
}

/* Read a text. */
const char *
get_text(const json_t *o, const char *key)
{
    return text_of(json_object_get(o, key));
}

/* Read a text. */
const char *
text_of(const json_t *element)
{
    const char *text = json_string_value(element);

    return text != NULL ? text : "";
}

/* Make a text harmless. */
char *
text_harmless(const char *text)
{
    size_t length = strlen(text);
    char *shown = reallocarray(NULL, length + 1, LOG_HARMLESS_TIMES);

    if (shown == NULL)
        err(1, NULL);
    log_harmless(shown, LOG_HARMLESS_TIMES * (length + 1), text, length);
    return shown;
}

/* Read a truth. */
int
get_bool(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}
