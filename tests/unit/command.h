/*
 * command - command lines in tests, and programs that end over them.
 */
#ifndef TESTS_COMMAND_H
#define TESTS_COMMAND_H

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The most words of a command line here, and the most that is printed. */
#define WORDS 20
#define ROOM  16384

/* What a program that ended has left behind. */
struct ended {
    int code; /* -1: it did not end by exit */
    char out[ROOM], err[ROOM];
};

/* A command line that is refused, and the first line that says why. */
struct refusal {
    const char *line, *message;
};

/* Make words of a command line, cut at blanks; the words end in a NULL and lie
 * in text. */
static inline int
cut(char *text, char *words[WORDS + 1])
{
    int count = 0;

    for (char *word = text; (word = strsep(&text, " ")) != NULL;) {
        if (*word == '\0')
            continue;
        ck_assert_int_lt(count, WORDS);
        words[count++] = word;
    }
    words[count] = NULL;
    return count;
}

/* Read a file from its start, as a C string. */
static inline void
read_file(FILE *file, char text[ROOM])
{
    size_t length;

    rewind(file);
    length = fread(text, 1, ROOM - 1, file);
    ck_assert_uint_lt(length, ROOM - 1);
    text[length] = '\0';
    fclose(file);
}

/* Run something in a process of its own, and wait for its end. An exit code
 * of 99 is ours: it came back. */
static inline void
run(void (*what)(const char *), const char *line, struct ended *ended)
{
    FILE *out = tmpfile(), *err = tmpfile();
    int status;
    pid_t child;

    ck_assert(out != NULL && err != NULL);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        if (dup2(fileno(out), STDOUT_FILENO) == -1 ||
            dup2(fileno(err), STDERR_FILENO) == -1)
            _exit(98);
        what(line);
        exit(99);
    }
    ck_assert_int_ne(child, -1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ended->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_file(out, ended->out);
    read_file(err, ended->err);
}

#endif
