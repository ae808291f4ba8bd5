#include "report/run/journal.h"

#include "report/replace.h"
#include "report/values.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char no_journal[] = "it has no journal";

struct journal {
    FILE *out;
    json_t *lines; /* of earlier sessions, without the head */
};

/* Name the file. */
static char *
path_in(const char *directory)
{
    char *path;

    if (asprintf(&path, "%s/journal.jsonl", directory) == -1)
        err(1, NULL);
    return path;
}

/* Read all whole lines; NULL when there is no file or no first line. */
static json_t *
read_lines(const char *directory)
{
    char *path = path_in(directory), *line = NULL;
    FILE *in = fopen(path, "re");
    json_t *lines = json_array(), *value;
    size_t room = 0;

    free(path);
    while (in != NULL && getline(&line, &room, in) > 0) {
        value = json_loads(line, 0, NULL);
        if (value == NULL)
            break; /* the run that was interrupted */
        json_array_append_new(lines, value);
    }
    free(line);
    if (in != NULL)
        fclose(in);
    if (json_array_size(lines) > 0)
        return lines;
    json_decref(lines);
    return NULL;
}

/* Read the first line. */
json_t *
journal_head(const char *directory, const char **why)
{
    json_t *lines = read_lines(directory), *head;

    *why = no_journal;
    if (lines == NULL)
        return NULL;
    head = json_incref(json_array_get(lines, 0));
    json_decref(lines);
    return head;
}

/* Write one line and see to it that it is in the file. */
static void
write_line(FILE *out, const json_t *line)
{
    if (json_dumpf(line, out, JSON_COMPACT) == -1 || putc('\n', out) == EOF ||
        fflush(out) == EOF)
        err(1, "journal.jsonl");
}

/* Write all lines to a file in place of the old one, to be continued. */
static void
start_file(struct journal *j, const char *directory, const json_t *head)
{
    char *path = path_in(directory), *text;
    size_t size, i;
    FILE *all = open_memstream(&text, &size);
    const json_t *line;
    int fd = -1;

    if (all == NULL)
        err(1, "%s", path);
    write_line(all, head);
    json_array_foreach(j->lines, i, line)
        write_line(all, line);
    if (fclose(all) == EOF)
        err(1, "%s", path);
    if (replace_file(path, text, size) == 0)
        fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1 || (j->out = fdopen(fd, "a")) == NULL)
        err(1, "%s", path);
    free(text);
    free(path);
}

/* Tell whether a rate of requests is one. */
static bool
is_rate(double x)
{
    return x >= 1 && x <= 1e9;
}

/* Tell whether a line is one that can be resumed from. */
static bool
is_whole(const json_t *line)
{
    const json_t *run = json_object_get(line, "run");
    const json_t *rate = json_object_get(line, "rate");
    double until = get_number(line, "until_seconds");

    if (get_text(line, "scenario")[0] == '\0')
        return false;
    if (run != NULL && (get_count(run, "block") == 0 ||
                           get_count(run, "position") == 0 || !(until >= 0)))
        return false;
    return rate == NULL || (is_rate(get_number(rate, "rate")) &&
                               is_rate(get_number(rate, "burst")));
}

/* Take what an earlier session wrote; NULL, with the reason, when it cannot be
 * resumed. */
static json_t *
take_lines(const char *directory, const json_t *head, const char **why)
{
    json_t *lines = read_lines(directory);
    const json_t *line;
    size_t i;

    *why = NULL;
    if (lines == NULL)
        *why = no_journal;
    else if (!json_equal(json_array_get(lines, 0), head))
        *why = "it was started on another machine, with other programs, or "
               "with other options";
    json_array_remove(lines, 0);
    json_array_foreach(lines, i, line)
        if (*why == NULL && !is_whole(line))
            *why = "a line of journal.jsonl is damaged";
    if (*why == NULL)
        return lines;
    json_decref(lines);
    return NULL;
}

/* Open it. */
struct journal *
journal_open(
    const char *directory, const json_t *head, bool resume, const char **why)
{
    json_t *lines = resume ? take_lines(directory, head, why) : json_array();
    struct journal *j;

    if (lines == NULL)
        return NULL;
    j = calloc(1, sizeof(*j));
    if (j == NULL)
        err(1, "journal");
    j->lines = lines;
    start_file(j, directory, head);
    return j;
}

/* Write down a run. */
void
journal_add_run(struct journal *j, const char *scenario, const char *order,
    double until_seconds, const json_t *run)
{
    json_t *line = json_pack("{s:s, s:s, s:f, s:O}", "scenario", scenario,
        "order", order, "until_seconds", until_seconds, "run", run);

    write_line(j->out, line);
    json_decref(line);
}

/* The last run is that of the last line that has the time. */
double
journal_seconds(const struct journal *j)
{
    double seconds = 0;
    json_t *line;
    size_t i;

    json_array_foreach(j->lines, i, line)
        if (json_object_get(line, "until_seconds") != NULL)
            seconds = get_number(line, "until_seconds");
    return seconds;
}

/* Collect a block. */
json_t *
journal_block(
    const struct journal *j, const char *scenario, size_t block, size_t count)
{
    json_t *found = json_array();
    json_t *line;
    size_t i;

    json_array_foreach(j->lines, i, line) {
        json_t *run = json_object_get(line, "run");
        size_t position = json_array_size(found) + 1;

        if (run == NULL || strcmp(get_text(line, "scenario"), scenario) != 0 ||
            get_count(run, "block") != block)
            continue;
        if (get_number(run, "position") == 1 && position > 1)
            json_array_clear(found); /* an earlier try was interrupted */
        json_array_append(found, run);
    }
    if (json_array_size(found) == count)
        return found;
    json_decref(found);
    return NULL;
}

/* Write down a note. */
void
journal_add_note(struct journal *j, const char *scenario, const char *key,
    const json_t *value)
{
    json_t *line = json_pack("{s:s, s:O}", "scenario", scenario, key, value);

    write_line(j->out, line);
    json_decref(line);
}

/* Look a note up. */
json_t *
journal_note(const struct journal *j, const char *scenario, const char *key)
{
    json_t *line;
    size_t i;

    json_array_foreach(j->lines, i, line) {
        json_t *value = json_object_get(line, key);

        if (value != NULL && strcmp(get_text(line, "scenario"), scenario) == 0)
            return value;
    }
    return NULL;
}

/* Count notes. */
size_t
journal_count(const struct journal *j, const char *scenario, const char *key)
{
    const json_t *line;
    size_t n = 0, i;

    json_array_foreach(j->lines, i, line)
        n += json_object_get(line, key) != NULL &&
             strcmp(get_text(line, "scenario"), scenario) == 0;
    return n;
}

/* Close it. */
void
journal_close(struct journal *j)
{
    if (fclose(j->out) == EOF)
        err(1, "journal.jsonl");
    json_decref(j->lines);
    free(j);
}
