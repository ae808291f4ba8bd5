/*
 * Answers: what is made of them depends on the bytes, not on how they are cut;
 * there is one head at most, and only behind a head a body; what is kept of a
 * chunked body is not longer than what came. Input: the cut, the bytes; an odd
 * cut is the answer to HEAD, which has no body.
 */
#include "tests/fuzz/answer.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct answer whole, pieces;
    const uint8_t cut = fuzz_take(&data, &size);
    const enum http_method method = cut % 2 == 1 ? HTTP_HEAD : HTTP_GET;
    const size_t each = 1 + cut / 2;

    answer_read(&whole, data, size, size, size, method);
    answer_read(&pieces, data, size, each, each, method);
    assert(strcmp(whole.text, pieces.text) == 0);
    assert(whole.body_size == pieces.body_size &&
           memcmp(whole.body, pieces.body, whole.body_size) == 0);
    assert(whole.heads <= 1 && (whole.heads == 1 || whole.body_size == 0));
    assert(whole.body_size == 0 || method == HTTP_GET);
    assert(whole.heads == 0 || size >= sizeof("HTTP/1.1 200\n\n") - 1);
    free(whole.body);
    free(pieces.body);
    return 0;
}
