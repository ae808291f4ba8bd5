/*
 * Lines: the scanner finds what a search for LF finds, however the bytes are
 * cut, and looks at none of them twice. Input: the limit, the cut, the bytes.
 */
#include "common/line.h"

#include "tests/fuzz/fuzz.h"

#include <stdbool.h>

/* What is left of the input, by the plainest reading of the rules. */
static enum line_status
expected(const char *data, size_t size, size_t max, struct line *line)
{
    const char *end = memchr(data, '\n', size);

    line->text = data;
    line->length = end == NULL ? size : (size_t)(end - data);
    if (end != NULL && line->length > 0 && end[-1] == '\r')
        line->length--;
    if (line->length > max)
        return LINE_TOO_LONG;
    return line->length == 0 && end == NULL ? LINE_END : LINE_READY;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t max = 1 + fuzz_take(&data, &size) % 32u;
    const uint8_t cut = fuzz_take(&data, &size);
    size_t begin = 0, end = 0, used = 0;
    struct line_scanner scanner;
    enum line_status status;

    line_init(&scanner, max);
    do {
        struct line line, wanted;
        const char *rest = fuzz_copy(data + begin, end - begin);

        status = line_next(&scanner, rest, end - begin, &line, &used);
        assert(scanner.seen <= LINE_ROOM(max) && used <= end - begin);
        if (status == LINE_PARTIAL && end < size) {
            assert(used == 0 && memchr(rest, '\n', end - begin) == NULL);
            end = fuzz_cut(cut, end, size);
        } else {
            if (status == LINE_PARTIAL) {
                assert(memchr(rest, '\n', end - begin) == NULL);
                status = line_last(&scanner, rest, end - begin, &line);
                used = end - begin;
            }
            assert(expected(rest, end - begin, max, &wanted) == status ||
                   status == LINE_TOO_LONG);
            if (status == LINE_READY)
                assert(line.length == wanted.length && line.text == rest);
            if (status == LINE_TOO_LONG)
                assert(end - begin > max);
            begin += used;
            if (begin == size)
                status = LINE_END;
        }
        free((void *)(uintptr_t)rest);
    } while (status == LINE_READY || status == LINE_PARTIAL);
    return 0;
}
