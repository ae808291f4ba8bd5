#include "common/charsearch.h"

#include "common/charcode.h"
#include "common/charindex_data.h"
#include "common/charword.h"
#include "common/spelling.h"
#include "common/wordform.h"

#include <assert.h>
#include <string.h>
#include <strings.h>
#include <uninorm.h>
#include <unistr.h>

/* Words that a beginning of a word may stand for, at most. */
#define CHOICES 8

/* The shortest half of two words in one. */
#define HALF_MIN 3

/* The longest query, in bytes, that may be one character in several parts. */
#define PARTS_MAX 32

_Static_assert(CHARSEARCH_SEQUENCE_MAX < CHARSEARCH_CORRECTED_MAX,
    "who has room for a correction has room for an emoji");

/* No list: the word is not known. */
#define UNKNOWN UINT32_MAX

/* A query as words. */
struct words {
    struct charword word[CHARINDEX_WORDS + CHARSEARCH_CORRECTIONS];
    uint32_t list[CHARINDEX_WORDS + CHARSEARCH_CORRECTIONS]; /* or UNKNOWN */
    size_t count, corrections;
    uint32_t choice[CHOICES]; /* lists of what the last word may begin */
    size_t choices;
};

/* --- The index ----------------------------------------------------------- */

/* The text of a term. */
static const char *
term_text(uint32_t term, size_t *length)
{
    *length = charsearch_terms[term + 1].text - charsearch_terms[term].text;
    return charsearch_texts + charsearch_terms[term].text;
}

/* The first term that does not come before a text. */
static uint32_t
find_term(const char *text, size_t length)
{
    uint32_t low = 0, high = charsearch_sizes.terms;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        size_t size;
        const char *term = term_text(middle, &size);
        int order = memcmp(term, text, size < length ? size : length);

        if (order < 0 || (order == 0 && size < length))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether a term begins with a text. */
static bool
term_begins(uint32_t term, const char *text, size_t length)
{
    size_t size;
    const char *begin;

    if (term == charsearch_sizes.terms)
        return false;
    begin = term_text(term, &size);
    return size >= length && memcmp(begin, text, length) == 0;
}

/* The term with this text; the number of terms when there is none. */
static uint32_t
term_of(const char *text, size_t length)
{
    const uint32_t term = find_term(text, length);
    size_t size;

    if (!term_begins(term, text, length))
        return charsearch_sizes.terms;
    term_text(term, &size);
    return size == length ? term : charsearch_sizes.terms;
}

/* The list of a word, or UNKNOWN. What is left of words without their endings
 * is none itself: FAC, of FACING, is the beginning of FACE as well. */
static uint32_t
list_of(const struct charword *word)
{
    struct charword stem = *word;
    uint32_t term;

    if (word->length > sizeof(word->text))
        return UNKNOWN;
    term = term_of(word->text, word->length);
    if (term < charsearch_sizes.terms && charsearch_terms[term].word)
        return charsearch_terms[term].list;
    stem.length = wordform_stem(stem.text, stem.length);
    if (stem.length == word->length)
        return UNKNOWN;
    term = term_of(stem.text, stem.length);
    return term == charsearch_sizes.terms ? UNKNOWN
                                          : charsearch_terms[term].list;
}

/* How many rows a list has. */
static uint32_t
list_count(uint32_t list)
{
    return charsearch_lists[list].count;
}

/* --- The words of a query ------------------------------------------------ */

/* Take in the whole of a query as one word, if it is a sign that is known. */
static bool
read_sign(struct words *words, const char *query, size_t length)
{
    struct charword *word = &words->word[0];

    if (length > sizeof(word->text) || !wordform_is_sign(query, length))
        return false;
    for (size_t i = 0; i < length; i++)
        word->text[i] = query[i] >= 'a' && query[i] <= 'z'
                            ? (char)(query[i] - 'a' + 'A')
                            : query[i];
    word->length = length;
    words->list[0] = list_of(word);
    words->count = 1;
    return words->list[0] != UNKNOWN;
}

/* Take the next word from a query, as charword_next, but for an underscore,
 * which separates words: no name has one, and short names of emoji have
 * (heart_eyes). */
static bool
next_word(const char **query, const char *end, struct charword *word)
{
    while (*query < end) {
        const char *stop = memchr(*query, '_', (size_t)(end - *query));

        if (charword_next(query, stop == NULL ? end : stop, word))
            return true;
        if (stop != NULL)
            *query = stop + 1;
    }
    return false;
}

/* Cut a query into words; false when there are none, or too many. */
static bool
read_words(struct words *words, const char *query, size_t length)
{
    const char *end = query + length;
    struct charword word;

    words->corrections = words->choices = 0;
    if (read_sign(words, query, length))
        return true;
    words->count = 0;
    while (next_word(&query, end, &word)) {
        if (words->count == CHARINDEX_WORDS)
            return false;
        words->word[words->count] = word;
        words->list[words->count++] = list_of(&word);
    }
    return words->count > 0;
}

/* Leave out the words that may be; false when none is, or none would be left.
 */
static bool
leave_weak(struct words *words)
{
    struct words strong = { .count = 0 };

    for (size_t i = 0; i < words->count; i++) {
        if (wordform_is_weak(words->word[i].text, words->word[i].length))
            continue;
        strong.word[strong.count] = words->word[i];
        strong.list[strong.count++] = words->list[i];
    }
    if (strong.count == words->count || strong.count + words->choices == 0)
        return false;
    memcpy(words->word, strong.word, strong.count * sizeof(*strong.word));
    memcpy(words->list, strong.list, strong.count * sizeof(*strong.list));
    words->count = strong.count;
    return true;
}

/* --- Words that are not known -------------------------------------------- */

/* Note a list as a choice, the longest lists first, if there is room. */
static void
add_choice(struct words *words, uint32_t list)
{
    size_t place = words->choices;

    for (size_t i = 0; i < words->choices; i++) {
        if (words->choice[i] == list)
            return;
    }
    while (place > 0 && list_count(words->choice[place - 1]) < list_count(list))
        place--;
    if (place == CHOICES)
        return;
    if (words->choices < CHOICES)
        words->choices++;
    for (size_t i = words->choices - 1; i > place; i--)
        words->choice[i] = words->choice[i - 1];
    words->choice[place] = list;
}

/* Take the last word for the beginning of others; false if it is of none. It is
 * not a single letter or digit: each of those is a word. */
static bool
begin_words(struct words *words)
{
    const struct charword *word = &words->word[words->count - 1];
    uint32_t term = find_term(word->text, word->length);

    for (; term_begins(term, word->text, word->length); term++) {
        if (charsearch_terms[term].spoken)
            add_choice(words, charsearch_terms[term].list);
    }
    if (words->choices == 0)
        return false;
    words->count--;
    return true;
}

/* Let a word be a term. */
static void
set_word(struct words *words, size_t i, uint32_t term)
{
    size_t length;
    const char *text = term_text(term, &length);

    memcpy(words->word[i].text, text, length);
    words->word[i].length = length;
    words->list[i] = charsearch_terms[term].list;
}

/* Take a word for two that were written together; false if it is not. */
static bool
split_word(struct words *words, size_t i)
{
    const struct charword word = words->word[i];

    for (size_t at = HALF_MIN; at + HALF_MIN <= word.length; at++) {
        const uint32_t one = term_of(word.text, at);
        const uint32_t two = term_of(word.text + at, word.length - at);

        if (one == charsearch_sizes.terms || two == charsearch_sizes.terms ||
            !charsearch_terms[one].spoken || !charsearch_terms[two].spoken)
            continue;
        memmove(&words->word[i + 1], &words->word[i],
            (words->count - i) * sizeof(*words->word));
        memmove(&words->list[i + 1], &words->list[i],
            (words->count - i) * sizeof(*words->list));
        set_word(words, i, one);
        set_word(words, i + 1, two);
        words->count++;
        return true;
    }
    return false;
}

/* Whether there are only ASCII letters in a word. */
static bool
is_spelt(const struct charword *word)
{
    for (size_t i = 0; i < word->length; i++) {
        if ((unsigned char)(word->text[i] - 'A') > 'Z' - 'A')
            return false;
    }
    return true;
}

/* Take a word for the nearest one, of several for the one that occurs most;
 * false if none is near. */
static bool
respell_word(struct words *words, size_t i)
{
    const struct charword *word = &words->word[i];
    const uint32_t letters = spelling_letters(word->text, word->length);
    unsigned least = spelling_tolerance(word->length) + 1;
    uint32_t nearest = UNKNOWN;

    if (least == 1 || !is_spelt(word))
        return false;
    for (uint32_t term = 0; term < charsearch_sizes.terms; term++) {
        size_t length;
        const char *text = term_text(term, &length);
        unsigned distance;

        if (!charsearch_terms[term].spoken || length + least < word->length ||
            word->length + least < length ||
            !spelling_may_match(letters, spelling_letters(text, length), least))
            continue;
        distance = spelling_distance(word->text, word->length, text, length);
        if (distance < least ||
            (distance == least && nearest != UNKNOWN &&
                list_count(charsearch_terms[term].list) >
                    list_count(charsearch_terms[nearest].list))) {
            least = distance;
            nearest = term;
        }
    }
    if (nearest == UNKNOWN)
        return false;
    set_word(words, i, nearest);
    return true;
}

/* Make sense of the words that are not known; false if that is not possible. */
static bool
correct_words(struct words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        if (words->list[i] != UNKNOWN)
            continue;
        if (words->word[i].length > sizeof(words->word[i].text))
            return false;
        if (i == words->count - 1 && begin_words(words))
            continue;
        if (words->corrections == CHARSEARCH_CORRECTIONS ||
            (!split_word(words, i) && !respell_word(words, i)))
            return false;
        words->corrections++;
    }
    return true;
}

/* Keep the words as they were corrected; false if they are too long. */
static bool
keep_correction(struct charsearch *search, const struct words *words)
{
    size_t length = 0;

    for (size_t i = 0; i < words->count; i++) {
        if (length + 1 + words->word[i].length > sizeof(search->corrected))
            return false;
        if (i > 0)
            search->corrected[length++] = ' ';
        for (size_t j = 0; j < words->word[i].length; j++) {
            const char c = words->word[i].text[j];

            /* Words that are known are of letters and digits. */
            search->corrected[length++] = c >= 'A' ? (char)(c - 'A' + 'a') : c;
        }
    }
    search->corrected_length = length;
    return true;
}

/* --- What they find ------------------------------------------------------ */

/* The ranks called by exactly these words, from *at to before the result;
 * equal when there are none. */
static uint32_t
find_called(const struct words *words, uint32_t *at)
{
    const struct charsearch_phrase *phrase = charsearch_phrases;
    uint32_t lists[CHARINDEX_WORDS + CHARSEARCH_CORRECTIONS];
    uint64_t hash;
    uint32_t low = 0, high = charsearch_sizes.phrases;
    size_t count = 0;

    for (size_t i = 0; i < words->count; i++) {
        size_t place = count;

        while (place > 0 && lists[place - 1] > words->list[i])
            place--;
        if (place > 0 && lists[place - 1] == words->list[i])
            continue;
        memmove(
            &lists[place + 1], &lists[place], (count - place) * sizeof(*lists));
        lists[place] = words->list[i];
        count++;
    }
    hash = charsearch_hash(lists, count);
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (phrase[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    *at = phrase[low].ranks;
    if (phrase[low].hash != hash || words->choices > 0)
        return *at;
    return phrase[low + 1].ranks;
}

/* Put into set what has all words; false when there is nothing. */
static bool
find_all(struct charset *set, const struct words *words)
{
    charset_all(set, charsearch_sizes.rows);
    for (size_t i = 0; i < words->count; i++) {
        const struct charsearch_list *list = &charsearch_lists[words->list[i]];

        if (!charset_require(set, list->runs, list[1].runs))
            return false;
    }
    for (size_t i = 0; i < words->choices; i++) {
        const struct charsearch_list *list =
            &charsearch_lists[words->choice[i]];

        /* Beside many words there is no room for all choices. */
        charset_choose(set, list->runs, list[1].runs);
    }
    return charset_any(set);
}

/* How many rows have all words. */
static size_t
count_all(const struct charset *set, const struct words *words)
{
    if (words->count == 1 && words->choices == 0)
        return list_count(words->list[0]);
    return charset_count(set);
}

/* Put a rank before all others, once. */
static void
add_first(struct charsearch *search, uint32_t rank)
{
    uint32_t place = search->firsts;

    for (uint32_t i = 0; i < search->firsts; i++) {
        if (search->first[i] == rank)
            return;
    }
    if (search->firsts == CHARSEARCH_FIRST)
        return;
    search->first[search->firsts++] = rank;
    for (; place > 0 && search->known[place - 1] > rank; place--)
        search->known[place] = search->known[place - 1];
    search->known[place] = rank;
}

/* Find what has the words, if that is anything. */
static void
find_words(
    struct charsearch *search, const char *query, size_t length, bool correct)
{
    struct words words;
    uint32_t at, end;

    if (!read_words(&words, query, length))
        return;
    for (size_t i = 0; i < words.count && !correct; i++) {
        if (words.list[i] == UNKNOWN)
            return;
    }
    if (!correct_words(&words))
        return;
    end = find_called(&words, &at);
    if (at == end) {
        struct words strong = words;

        if (leave_weak(&strong) && find_called(&strong, &at) != at)
            words = strong;
    }
    if ((!find_all(&search->rest.rows, &words) &&
            !(leave_weak(&words) && find_all(&search->rest.rows, &words))) ||
        (words.corrections > 0 && !keep_correction(search, &words))) {
        charset_none(&search->rest.rows);
        return;
    }
    search->count = count_all(&search->rest.rows, &words);
    for (end = find_called(&words, &at); at < end; at++)
        add_first(search, charsearch_called[at]);
}

/* --- Characters as such -------------------------------------------------- */

/* The row of a character, that of a control character as well; the number of
 * all rows when there is none. */
static uint32_t
find_row(uint32_t code)
{
    uint32_t row = charindex_row_of(code);

    /* Those of the control characters come last. */
    for (; row >= charindex_sizes.rows && row < charsearch_sizes.rows; row++) {
        size_t length;
        uint32_t its;

        charindex_character(row, &length, &its);
        if (its == code)
            break;
    }
    return row;
}

/* Put a character before all others, if it has a row. */
static void
add_character(struct charsearch *search, uint32_t code)
{
    const uint32_t row = find_row(code);

    if (row < charsearch_sizes.rows)
        add_first(search, charsearch_ranks[row]);
}

/* Put all characters of a text before all others, in their order. */
static void
add_characters(struct charsearch *search, const char *text, size_t length)
{
    while (length > 0) {
        uint32_t code;
        size_t used = charword_decode(text, length, &code);

        if (used > 0)
            add_character(search, code);
        else
            used = 1;
        text += used;
        length -= used;
    }
}

/* If a query is one character, put it before all others; if it consists of
 * several, those after it, and return true. */
static bool
find_character(struct charsearch *search, const char *query, size_t length)
{
    uint8_t room[4 * PARTS_MAX];
    size_t size = sizeof(room);
    const uint8_t *composed;
    uint32_t code;

    if (charword_decode(query, length, &code) == length) {
        add_character(search, code);
        return false;
    }
    if (length > PARTS_MAX || u8_check((const uint8_t *)query, length) != NULL)
        return false;
    /* It fits, and so few need no more memory. */
    composed =
        u8_normalize(UNINORM_NFC, (const uint8_t *)query, length, room, &size);
    assert(composed == room);
    if (charword_decode((const char *)composed, size, &code) != size)
        return false;
    add_character(search, code);
    add_characters(search, query, length);
    return true;
}

/* Find the characters that a query gives by number or as such; whether it
 * cannot be meant as words. */
static bool
find_given(struct charsearch *search, const char *query, size_t length)
{
    uint32_t codes[CHARSEARCH_FIRST];
    bool bare;
    size_t count = charcode_read(query, length, codes, CHARSEARCH_FIRST, &bare);

    for (size_t i = 0; i < count; i++)
        add_character(search, codes[i]);
    return count > 0 ? !bare : find_character(search, query, length);
}

/* Find the parts of the emoji that a query is the name of, its words in any
 * order; false when there is none. */
static bool
find_sequence(struct charsearch *search, const char *query, size_t length)
{
    const struct charsearch_sequence *sequence = charsearch_sequences;
    const char *const end = query + length;
    uint32_t low = 0, high = charsearch_sizes.sequences;
    uint64_t words = 0;
    struct charword word;

    while (next_word(&query, end, &word)) {
        if (word.length > sizeof(word.text))
            return false;
        if (!wordform_is_weak(word.text, word.length))
            words += charsearch_word(
                word.text, wordform_stem(word.text, word.length));
    }
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (sequence[middle].words < words)
            low = middle + 1;
        else
            high = middle;
    }
    if (words == 0 || sequence[low].words != words)
        return false;
    search->sequence = charsearch_sequence_texts + sequence[low].text;
    add_characters(search, search->sequence, strlen(search->sequence));
    return true;
}

/* Whether a query is more than ASCII letters, digits and spaces. */
static bool
is_written(const char *query, size_t length)
{
    bool letters = false;

    for (size_t i = 0; i < length; i++) {
        const char c = query[i];

        if ((unsigned char)c >= 0x80)
            return true;
        letters = letters || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                  (c >= 'a' && c <= 'z');
    }
    return !letters;
}

/* --- The search ---------------------------------------------------------- */

/* Find a block, if a query asks for one. */
static bool
find_block(struct charsearch *search, const char *query, size_t length)
{
    static const char prefix[] = "block:";
    const size_t size = sizeof(prefix) - 1;

    if (length < size || query[size - 1] != ':' ||
        strncasecmp(query, prefix, size) != 0 ||
        !charblock_find(query + size, length - size, &search->block))
        return false;
    search->part = 0;
    search->count = search->block.count;
    return true;
}

/* Find what a query asks for by relevance. */
static void
find_relevant(struct charsearch *search, const char *query, size_t length)
{
    uint32_t given = 0;

    charindex_strip(&query, &length);
    charset_none(&search->rest.rows);
    if (find_block(search, query, length))
        return;
    if (length > 0 && !find_given(search, query, length)) {
        given = search->firsts;
        find_words(search, query, length, false);
        if (given == 0 && search->count == 0 &&
            !find_sequence(search, query, length))
            find_words(search, query, length, true);
    }
    if (search->firsts == 0 && search->count == 0 && is_written(query, length))
        add_characters(search, query, length);
    /* Those that are called so are among those that have the words. */
    if (search->count == 0)
        given = search->firsts;
    for (uint32_t i = 0; i < given; i++)
        search->count += !charset_has(&search->rest.rows, search->first[i]);
}

/* Find what a query asks for. */
void
charsearch_find(struct charsearch *search, enum charsearch_order order,
    const char *query, size_t length)
{
    search->order = order;
    search->count = 0;
    search->firsts = search->taken = search->passed = 0;
    search->low = search->high = 0;
    search->part = CHARBLOCK_PARTS;
    search->corrected_length = 0;
    search->sequence = "";
    if (order == CHARSEARCH_PUBLISHED) {
        charindex_find(&search->rest, query, length);
        search->count = charindex_count(&search->rest);
    } else {
        find_relevant(search, query, length);
    }
}

/* How many characters are found. */
size_t
charsearch_count(const struct charsearch *search)
{
    return search->count;
}

/* Find the ranks that come next, at most max, that do not stand before all
 * others; false when there are none. They are not yet taken. */
static bool
next_ranks(struct charsearch *search, size_t max, size_t *count)
{
    for (;;) {
        uint32_t start, end;

        if (search->low == search->high) {
            if (!charset_take(&search->rest.rows, SIZE_MAX, &start, &end))
                return false;
            search->low = start;
            search->high = end;
        }
        end = search->high;
        while (search->passed < search->firsts &&
               search->known[search->passed] < search->low)
            search->passed++;
        if (search->passed < search->firsts &&
            search->known[search->passed] < end)
            end = search->known[search->passed];
        if (search->low < end) {
            *count = end - search->low < max ? end - search->low : max;
            return true;
        }
        search->low++;
    }
}

/* Take the next characters of a block as one slice; false when there are none.
 */
static bool
take_block(struct charsearch *search, size_t max, struct charindex_run *run)
{
    for (; search->part < CHARBLOCK_PARTS; search->part++) {
        const uint32_t row = search->block.part[search->part].row;
        const uint32_t left = search->block.part[search->part].end - row;
        const uint32_t count = left < max ? left : (uint32_t)max;

        if (count == 0)
            continue;
        charindex_slice(row, row + count, run);
        search->block.part[search->part].row += count;
        return true;
    }
    return false;
}

/* Take the next characters by relevance as one slice. */
static bool
take_relevant(struct charsearch *search, size_t max, struct charindex_run *run)
{
    size_t most, count = 1;
    uint32_t row;

    if (max == 0)
        return false;
    if (search->taken < search->firsts) {
        row = charsearch_rows[search->first[search->taken++]];
    } else if (next_ranks(search, max, &most)) {
        row = charsearch_rows[search->low];
        while (
            count < most && charsearch_rows[search->low + count] == row + count)
            count++;
        search->low += (uint32_t)count;
    } else {
        return take_block(search, max, run);
    }
    charindex_slice(row, row + (uint32_t)count, run);
    return true;
}

/* Take the next characters as one slice. */
bool
charsearch_take(
    struct charsearch *search, size_t max, struct charindex_run *run)
{
    return search->order == CHARSEARCH_PUBLISHED
               ? charindex_take(&search->rest, max, run)
               : take_relevant(search, max, run);
}

/* Take characters and forget them. */
void
charsearch_skip(struct charsearch *search, size_t count)
{
    struct charindex_run run;
    size_t most;

    if (search->order == CHARSEARCH_PUBLISHED) {
        charindex_skip(&search->rest, count);
        return;
    }
    while (count > 0 && take_block(search, count, &run))
        count -= run.count;
    while (count > 0 && search->taken < search->firsts) {
        search->taken++;
        count--;
    }
    while (count > 0 && next_ranks(search, count, &most)) {
        search->low += (uint32_t)most;
        count -= most;
    }
}

/* What to show of a row. */
const char *
charsearch_shown(const struct charindex_row *row, size_t *length)
{
    static const char pictures[] =
        "\u2400\u2401\u2402\u2403\u2404\u2405\u2406\u2407\u2408\u2409\u240a"
        "\u240b\u240c\u240d\u240e\u240f\u2410\u2411\u2412\u2413\u2414\u2415"
        "\u2416\u2417\u2418\u2419\u241a\u241b\u241c\u241d\u241e\u241f";
    const size_t size = 3;

    *length = size;
    if (row->code < ' ')
        return pictures + row->code * size;
    if (row->code == 0x7f)
        return "\u2421";
    if (row->code >= 0x80 && row->code < 0xa0)
        return "\ufffd";
    *length = row->character_length;
    return row->character;
}

/* The words that were searched for, when that is not what was asked. */
const char *
charsearch_correction(const struct charsearch *search, size_t *length)
{
    *length = search->corrected_length;
    return search->corrected;
}

/* The emoji whose parts were found. */
const char *
charsearch_sequence(const struct charsearch *search)
{
    return search->sequence;
}
