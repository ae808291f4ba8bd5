/*
 * replay - a main for a fuzz target: try the inputs in these files and folders.
 *
 *     fuzz_NAME PATH...
 *
 * It needs no fuzzer, so any compiler and sanitizer will do. It prints how many
 * inputs were tried; none at all is a failure.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

/* No input of a corpus is longer, in bytes. */
#define INPUT_MAX ((size_t)1 << 20)

/* Try the input in a file. */
static void
replay_file(const char *path)
{
    static char bytes[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    size_t size;
    uint8_t *input;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    size = fread(bytes, 1, sizeof(bytes), file);
    assert(size < sizeof(bytes) && ferror(file) == 0);
    fclose(file);
    input = fuzz_copy(bytes, size);
    LLVMFuzzerTestOneInput(input, size);
    free(input);
}

/* Try an input, or all inputs of a folder; return how many. */
static int
replay(const char *path)
{
    struct dirent **names;
    struct stat status;
    int count, tried = 0;

    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode)) {
        replay_file(path);
        return 1;
    }
    count = scandir(path, &names, NULL, alphasort);
    if (count == -1) {
        perror(path);
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        char inner[4096];

        assert(snprintf(inner, sizeof(inner), "%s/%s", path, names[i]->d_name) <
               (int)sizeof(inner));
        if (names[i]->d_name[0] != '.')
            tried += replay(inner);
        free(names[i]);
    }
    free(names);
    return tried;
}

/* Try what the command line names. */
int
main(int argc, char **argv)
{
    int tried = 0;

    for (int i = 1; i < argc; i++)
        tried += replay(argv[i]);
    printf("%d inputs\n", tried);
    return tried > 0 ? 0 : 1;
}
