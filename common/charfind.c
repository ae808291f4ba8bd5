/*
 * charfind - Unicode characters on the command line, by what people call them,
 * by code, by block or as such.
 */
#include "common/charformat.h"
#include "common/charsearch.h"
#include "common/cli.h"
#include "common/quote.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unistr.h>

/* Exit codes, as grep's; CLI_USAGE for a wrong command line. */
#define FOUND     0
#define NOT_FOUND 1
#define TROUBLE   2

/* Bytes of output per system call. */
#define OUTPUT_SIZE 65536

/* The columns of a code. */
#define LABEL_COLUMNS 7

/* Rows that are printed on a terminal when no limit is given: about what it
 * shows at once, as the likely ones come first. */
#define TERMINAL_ROWS 40

/* What was asked for. */
struct options {
    int words; /* how many to report; 0: search instead */
    bool json;
    const char *format; /* of a row; NULL: as it goes over the wire */
    bool lines;         /* a query per line of standard input */
    enum charsearch_order order;
    size_t limit;  /* rows of one query; 0: not given */
    char *query;   /* owned; NULL when no argument was given */
    size_t length; /* of query */
};

enum key {
    KEY_WORDS = 0x200,
    KEY_JSON,
    KEY_ORDER,
    KEY_FORMAT,
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

/* Take in the name of an order. */
static void
read_order(struct options *options, const char *arg, struct argp_state *state)
{
    if (strcmp(arg, "code") == 0)
        options->order = CHARSEARCH_PUBLISHED;
    else if (strcmp(arg, "relevance") == 0)
        options->order = CHARSEARCH_RELEVANCE;
    else
        argp_error(state, "--order: '%s' is neither code nor relevance", arg);
}

/* Take in the format of a row. */
static void
read_format(struct options *options, const char *arg, struct argp_state *state)
{
    const char *wrong = charformat_check(arg);

    if (wrong != NULL)
        argp_error(state, "--format: not valid from '%s' on", wrong);
    options->format = arg;
}

/* Check the arguments together. */
static void
check_options(struct options *options, struct argp_state *state)
{
    if (options->format != NULL && (options->json || options->words > 0))
        argp_error(state, "--format cannot be had with --json or --words");
    if (options->words > 0 && options->query != NULL)
        argp_error(state, "--words takes no query");
    if (options->words == 0 && options->query == NULL)
        argp_usage(state);
    options->lines = options->query != NULL && strcmp(options->query, "-") == 0;
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
    case KEY_ORDER:
        read_order(options, arg, state);
        break;
    case KEY_FORMAT:
        read_format(options, arg, state);
        break;
    case 'n':
        options->limit = (size_t)cli_number(state, "limit", arg, 1, INT32_MAX);
        break;
    case ARGP_KEY_ARG:
        if (u8_check((const uint8_t *)arg, strlen(arg)) != NULL)
            argp_error(state, "the query is not UTF-8");
        add_argument(options, arg);
        break;
    case ARGP_KEY_END:
        check_options(options, state);
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
        { "format", KEY_FORMAT, "FORMAT", 0,
            "print FORMAT for each character and nothing else; in it are "
            "{char} {name} {code} {decimal} {utf8} {utf16} {html} {entity} "
            "{css} {js} {c} {category} {block} {script} {age} {decomposition} "
            "{aliases} {keywords} \\t \\n \\\\ {{ }}",
            0 },
        { "limit", 'n', "N", 0,
            "print at most N characters (default: 40 on a terminal, but all "
            "with --format or elsewhere)",
            0 },
        { "order", KEY_ORDER, "ORDER", 0,
            "relevance (default): words in any form, other names and "
            "keywords, the likely characters first; code: words of names as "
            "they are spelt, by code point",
            0 },
        { 0 },
    };
    static const struct argp argp = {
        .options = known,
        .parser = parse,
        .args_doc = "WORD...\nCHARACTER...\nCODE...\n-\n--words=N",
        .doc = "Find Unicode characters by what people call them, or say what "
               "characters and codes (U+265A, 0x265A, &hearts;, \\u2665) "
               "are. block:NAME is all characters of a block.\vWith - alone, "
               "every line of standard input is a query.\n\n"
               "Exit codes: 0 something was found, 1 nothing was, 2 an error, "
               "64 usage error.",
    };
    static char version[64];

    snprintf(version, sizeof(version), "charfind " VERSION " (Unicode %s)",
        charindex_version);
    argp_program_version = version;
    *options = (struct options) {
        .order = CHARSEARCH_RELEVANCE,
    };
    cli_parse(&argp, 0, argc, argv, options);
    if (options->limit == 0)
        options->limit = options->format == NULL && isatty(STDOUT_FILENO)
                             ? TERMINAL_ROWS
                             : SIZE_MAX;
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

/* Print one item of JSON. */
static void
print_item(const struct charindex_row *row, bool first)
{
    char character[QUOTE_JSON_ROOM(4)];

    quote_json(character, row->character, row->character_length);
    printf("%s\n{\"code\":\"%.*s\",\"char\":%s,\"name\":\"%.*s\"}",
        first ? "" : ",", (int)row->label_length, row->label, character,
        (int)row->name_length, row->name);
}

/* Print a row as it goes over the wire. */
static void
print_line(const struct charindex_row *row)
{
    size_t length;
    const char *shown = charsearch_shown(row, &length);

    printf("%-*.*s\t%.*s\t%.*s\n", LABEL_COLUMNS, (int)row->label_length,
        row->label, (int)length, shown, (int)row->name_length, row->name);
}

/* Print a row as it was asked for. */
static void
print_row(
    const struct charindex_row *row, const struct options *options, bool first)
{
    if (options->json) {
        print_item(row, first);
    } else if (options->format == NULL) {
        print_line(row);
    } else {
        charformat_print(options->format, row, stdout);
        putchar('\n');
    }
}

/* Print so many characters of search. */
static void
print_rows(
    struct charsearch *search, size_t limit, const struct options *options)
{
    struct charindex_run run;
    struct charindex_row row;
    bool first = true;

    while (charsearch_take(search, limit, &run)) {
        limit -= run.count;
        for (; charindex_cut(&run, &row); first = false)
            print_row(&row, options, first);
    }
}

/* Print what was found as JSON. */
static void
print_json(struct charsearch *search, size_t shown, const char *query,
    size_t length, char *room, const struct options *options)
{
    size_t corrected_length;
    const char *corrected = charsearch_correction(search, &corrected_length);

    quote_json(room, query, length);
    printf("{\"query\":%s,", room);
    if (corrected_length > 0)
        printf("\"corrected\":\"%.*s\",", (int)corrected_length, corrected);
    if (*charsearch_sequence(search) != '\0')
        printf("\"sequence\":\"%s\",", charsearch_sequence(search));
    printf("\"count\":%zu,\"start\":0,\"stop\":%zu,\"items\":[",
        charsearch_count(search), shown);
    print_rows(search, shown, options);
    puts(shown > 0 ? "\n]}" : "]}");
}

/* Print what was found, and how many characters these are. */
static void
print_text(struct charsearch *search, size_t shown, const char *query,
    size_t length, char *room, const struct options *options)
{
    const size_t count = charsearch_count(search);
    size_t corrected_length;
    const char *corrected = charsearch_correction(search, &corrected_length);
    char meant[QUOTE_STATUS_ROOM(CHARSEARCH_CORRECTED_MAX)];

    print_rows(search, shown, options);
    if (*charsearch_sequence(search) != '\0') {
        quote_repr(room, query, length);
        printf("Parts of %s for %s", charsearch_sequence(search), room);
    } else {
        quote_status(room, corrected_length > 0 ? 0 : count, query, length);
        fputs(room, stdout);
    }
    if (corrected_length > 0) {
        quote_status(meant, count, corrected, corrected_length);
        printf("; %s", meant);
    }
    if (shown == 1 && count > 1)
        printf(", the first shown");
    else if (shown < count)
        printf(", the first %zu shown", shown);
    putchar('\n');
}

/* Search, and print what is found; how many characters that is. */
static size_t
search(const char *query, size_t length, const struct options *options)
{
    struct charsearch found;
    size_t count, shown;
    char *room;

    charindex_strip(&query, &length);
    room = malloc(QUOTE_JSON_ROOM(length) + QUOTE_STATUS_ROOM(length));
    if (room == NULL) {
        fprintf(stderr, "charfind: out of memory\n");
        exit(TROUBLE);
    }
    charsearch_find(&found, options->order, query, length);
    count = charsearch_count(&found);
    shown = count < options->limit ? count : options->limit;
    if (options->json)
        print_json(&found, shown, query, length, room, options);
    else if (options->format != NULL)
        print_rows(&found, shown, options);
    else
        print_text(&found, shown, query, length, room, options);
    free(room);
    return count;
}

/* Search for every line of standard input; how many characters are found. */
static size_t
search_lines(const struct options *options)
{
    char *line = NULL;
    size_t room = 0, count = 0;
    ssize_t length;

    while ((length = getline(&line, &room, stdin)) > 0) {
        if (u8_check((const uint8_t *)line, (size_t)length) != NULL) {
            fprintf(stderr, "charfind: a line is not UTF-8\n");
            exit(TROUBLE);
        }
        count += search(line, (size_t)length, options);
    }
    free(line);
    if (ferror(stdin)) {
        fprintf(stderr, "charfind: cannot read: %s\n", strerror(errno));
        exit(TROUBLE);
    }
    return count;
}

int
main(int argc, char **argv)
{
    static char room[OUTPUT_SIZE];
    struct options options;
    size_t count = 1;

    cli_begin_process();
    setvbuf(stdout, room, _IOFBF, sizeof(room));
    read_options(&options, argc, argv);
    if (options.words > 0)
        print_words(&options);
    else if (options.lines)
        count = search_lines(&options);
    else
        count = search(options.query, options.length, &options);
    free(options.query);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        /* Who pipes it into head wants no more, and no complaint. */
        if (errno != EPIPE)
            fprintf(stderr, "charfind: cannot write to standard output: %s\n",
                strerror(errno));
        return TROUBLE;
    }
    return count > 0 ? FOUND : NOT_FOUND;
}
