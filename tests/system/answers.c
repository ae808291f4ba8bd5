/*
 * answers - what http_response makes of the answers in these files.
 *
 *     answers FILE...
 *
 * The files are inputs of fuzz_http_response. Prints a line for each: what
 * answer.h says of it, a blank, and the body in hexadecimal digits.
 */
#include "tests/fuzz/answer.h"

/* No input is longer, in bytes. */
#define INPUT_MAX ((size_t)1 << 20)

/* Print what is made of one input. */
static void
show(const char *path)
{
    static uint8_t bytes[INPUT_MAX];
    static struct answer answer;
    FILE *file = fopen(path, "rb");
    const uint8_t *data = bytes;
    uint8_t cut;
    size_t size;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    size = fread(bytes, 1, sizeof(bytes), file);
    assert(size < sizeof(bytes) && ferror(file) == 0);
    fclose(file);
    cut = fuzz_take(&data, &size);
    answer_read(
        &answer, data, size, size, size, cut % 2 == 1 ? HTTP_HEAD : HTTP_GET);
    printf("%s ", strrchr(answer.text, '|') + 1);
    for (size_t i = 0; i < answer.body_size; i++)
        printf("%02x", (unsigned)(unsigned char)answer.body[i]);
    printf(" %s\n", answer.text);
    free(answer.body);
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        show(argv[i]);
    return 0;
}
