#include "common/wordform.h"

#include <string.h>

/* Words of fewer letters stay as they are, and so many are left of others
 * before ING and ED. */
#define STEM_MIN 4
#define REST_MIN 3

/* Whether a word ends in this, with at least rest letters before it. */
static bool
ends_in(const char *word, size_t length, const char *ending, size_t rest)
{
    const size_t size = strlen(ending);

    return length >= size + rest &&
           memcmp(word + length - size, ending, size) == 0;
}

/* Whether there is a vowel among letters; without one they are no word. */
static bool
has_vowel(const char *letters, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (memchr("AEIOUY", letters[i], 6) != NULL)
            return true;
    }
    return false;
}

/* Cut off the ending of a plural. */
static size_t
cut_plural(char *word, size_t length)
{
    static const char *const longer[] = { "SSES", "SHES", "CHES", "XES" };

    for (size_t i = 0; i < sizeof(longer) / sizeof(*longer); i++) {
        if (ends_in(word, length, longer[i], 0))
            return length - 2;
    }
    if (ends_in(word, length, "IES", 2)) {
        word[length - 3] = 'Y';
        return length - 2;
    }
    if (word[length - 1] == 'S' && memchr("SUI", word[length - 2], 3) == NULL)
        return length - 1;
    return length;
}

/* Cut off ING or ED. */
static size_t
cut_participle(const char *word, size_t length)
{
    const size_t ending = ends_in(word, length, "ING", REST_MIN)  ? 3
                          : ends_in(word, length, "ED", REST_MIN) ? 2
                                                                  : 0;
    const size_t rest = length - ending;

    if (ending == 0 || !has_vowel(word, rest))
        return length;
    if (word[rest - 1] == word[rest - 2] &&
        memchr("LSZ", word[rest - 1], 3) == NULL)
        return rest - 1;
    return rest;
}

/* Cut the endings off a word. */
size_t
wordform_stem(char *word, size_t length)
{
    if (length < STEM_MIN)
        return length;
    for (size_t i = 0; i < length; i++) {
        if (word[i] < 'A' || word[i] > 'Z')
            return length;
    }
    if (ends_in(word, length, "WARDS", 2))
        return length - 5;
    length = cut_plural(word, length);
    length = cut_participle(word, length);
    return ends_in(word, length, "E", STEM_MIN) ? length - 1 : length;
}

/* Whether a text is a sign. */
bool
wordform_is_sign(const char *text, size_t length)
{
    bool letters = false, others = false, spaces = false;

    for (size_t i = 0; i < length; i++) {
        const char c = text[i];

        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80)
            letters = true;
        else if (c == ' ' || (c >= '\t' && c <= '\r'))
            spaces = true;
        else
            others = true;
    }
    return others && !spaces && (!letters || length <= WORDFORM_SIGN_MAX);
}

/* Whether a word may be left out. */
bool
wordform_is_weak(const char *word, size_t length)
{
    static const char *const weak[] = { "A", "AND", "CHARACTER", "EMOJI", "FOR",
        "OF", "SIGN", "SYMBOL", "THE", "WITH" };

    for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++) {
        if (strlen(weak[i]) == length && memcmp(weak[i], word, length) == 0)
            return true;
    }
    return false;
}
