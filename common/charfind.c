/*
 * charfind - Unicode characters by name, on the command line.
 */
#include "common/charindex.h"
#include "common/cli.h"
#include "common/quote.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

/* Exit codes, as grep's; CLI_USAGE for a wrong command line. */
#define FOUND     0
#define NOT_FOUND 1
#define TROUBLE   2

/* Bytes of output per system call. */
#define OUTPUT_SIZE 65536

/* What was asked for. */
struct options {
    int words; /* how many to report; 0: search instead */
    bool json;
    char *query;   /* owned; NULL when no argument was given */
    size_t length; /* of query */
};

enum key {
    KEY_WORDS = 0x200,
    KEY_JSON,
};

/* Add an argument to the query, after a space. */
static void
add_argument(struct options *options, const char *argument)
{
    const size_t length = strlen(argument);
    const size_t gap = options->query == NULL ? 0 : 1;
    char *query = realloc(options->query, options->length + gap + length + 1);

    if (query == NULL) {
        fprintf(stderr, "charfind: out of memory\n");
        exit(TROUBLE);
    }
    if (gap > 0)
        query[options->length] = ' ';
    memcpy(query + options->length + gap, argument, length + 1);
    options->query = query;
    options->length += gap + length;
}

/* Take in one option or argument. */
static error_t
parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case KEY_WORDS:
        options->words = (int)cli_number(state, "words", arg, 1, INT32_MAX);
        break;
    case KEY_JSON:
        options->json = true;
        break;
    case ARGP_KEY_ARG:
        if (u8_check((const uint8_t *)arg, strlen(arg)) != NULL)
            argp_error(state, "the query is not UTF-8");
        add_argument(options, arg);
        break;
    case ARGP_KEY_END:
        if (options->words > 0 && options->query != NULL)
            argp_error(state, "--words takes no query");
        if (options->words == 0 && options->query == NULL)
            argp_usage(state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Read the command line. */
static void
read_options(struct options *options, int argc, char **argv)
{
    static const struct argp_option known[] = {
        { "words", KEY_WORDS, "N", 0,
            "print the N most frequent words of names, with counts", 0 },
        { "json", KEY_JSON, NULL, 0, "print JSON", 0 },
        { 0 },
    };
    static const struct argp argp = {
        .options = known,
        .parser = parse,
        .args_doc = "WORD...\nU+265A\nCHARACTER\n--words=N",
        .doc = "Find Unicode characters by the words of their names.\v"
               "Exits with 0 when something was found, 1 when nothing was, 2 "
               "on trouble, 64 for a wrong command line.",
    };
    static char version[64];

    snprintf(version, sizeof(version), "charfind " VERSION " (Unicode %s)",
        charindex_version);
    argp_program_version = version;
    *options = (struct options) { 0 };
    cli_parse(&argp, 0, argc, argv, options);
}

/* Print the most frequent words, as the published word report does. */
static void
print_words(const struct options *options)
{
    struct charindex_word word;
    size_t n;

    if (options->json)
        putchar('[');
    for (n = 0; n < (size_t)options->words && charindex_word(n, &word); n++) {
        const int length = (int)word.length;

        if (options->json)
            printf("%s\n{\"word\":\"%.*s\",\"count\":%zu}", n > 0 ? "," : "",
                length, word.text, word.count);
        else
            printf("%5zu %.*s\n", word.count, length, word.text);
    }
    if (options->json)
        puts("\n]");
}

/* Print one row of JSON. */
static void
print_item(const struct charindex_row *row, bool first)
{
    char character[QUOTE_JSON_ROOM(4)];

    quote_json(character, row->character, row->character_length);
    printf("%s\n{\"code\":\"%.*s\",\"char\":%s,\"name\":\"%.*s\"}",
        first ? "" : ",", (int)row->label_length, row->label, character,
        (int)row->name_length, row->name);
}

/* Print the characters of set; how many they were. */
static size_t
print_rows(struct charindex_set *set, bool json)
{
    struct charindex_run run;
    struct charindex_row row;
    size_t count = 0;

    while (charindex_take(set, SIZE_MAX, &run)) {
        const char *line = run.bytes;

        for (; charindex_cut(&run, &row); line = run.bytes) {
            if (json) {
                print_item(&row, count == 0);
            } else {
                fwrite(line, 1, row.length, stdout);
                putchar('\n');
            }
            count++;
        }
    }
    return count;
}

/* Search, and print what is found; how many characters that is. */
static size_t
search(const char *query, size_t length, bool json)
{
    struct charindex_set set;
    size_t count;
    char *text;

    charindex_strip(&query, &length);
    text = malloc(QUOTE_JSON_ROOM(length) + QUOTE_STATUS_ROOM(length));
    if (text == NULL) {
        fprintf(stderr, "charfind: out of memory\n");
        exit(TROUBLE);
    }
    charindex_find(&set, query, length);
    count = charindex_count(&set);
    if (json) {
        quote_json(text, query, length);
        printf("{\"query\":%s,\"count\":%zu,\"start\":0,\"stop\":%zu,"
               "\"items\":[",
            text, count, count);
        print_rows(&set, true);
        puts(count > 0 ? "\n]}" : "]}");
    } else {
        print_rows(&set, false);
        quote_status(text, count, query, length);
        puts(text);
    }
    free(text);
    return count;
}

int
main(int argc, char **argv)
{
    static char room[OUTPUT_SIZE];
    struct options options;
    int code = FOUND;

    cli_begin_process();
    setvbuf(stdout, room, _IOFBF, sizeof(room));
    read_options(&options, argc, argv);
    if (options.words > 0)
        print_words(&options);
    else if (search(options.query, options.length, options.json) == 0)
        code = NOT_FOUND;
    free(options.query);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        /* Who pipes it into head wants no more, and no complaint. */
        if (errno != EPIPE)
            fprintf(stderr, "charfind: cannot write: %s\n", strerror(errno));
        return TROUBLE;
    }
    return code;
}
