#!/usr/bin/python3
"""The cost of the port: report/porting/port.py counts what a person counts."""

import json
import os
import re
import subprocess
import sys
import unittest

from harness import ROOT, main

sys.path.insert(0, os.path.join(ROOT, "report", "porting"))
import port
import twins

COMMON = """\
/* Words that both speak. */
#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

struct talk {
    int turn; /* whose it is */
    char *said, name[8];
    void (*heard)(int turn, char *what);
};

int words_say(struct talk *talk); // one line

#endif
"""
THREADED = """\
#include "common/words.h"

/* What is known of a peer. */
struct peer {
    int fd;
};

struct server {
    int main; /* no function */
};

/* Talk. */
static void
talk_to(int fd)
{
    struct talk talk;

    while (words_say(&talk) && fd > 0)
        ;
}

/* Begin: "if" in a string is none. */
int
main(void)
{
    puts("if (this) { && }"); /* while */
    if (start(talk_to))
        return 1;
    return 0;
}
"""
EVENTED = """\
#include "common/words.h"

struct peer {
    LIST_ENTRY(peer) link;
    _Atomic(int) fd;
    struct event *readable, *writable;
};

/* A peer may be read from. */
static void
on_readable(int fd)
{
    if (fd > 0 || fd == -1)
        later(fd);
}

/* Begin. */
int
main(void)
{
    puts("if (this) { && }");
    serve(&(struct program) { .session_size = sizeof(struct talk),
        .line = on_readable });
    return 0;
}
"""
TEXTS = {"common/words.h": COMMON, "common/unused.h": "int x;\n",
    "threaded/chat.c": THREADED, "evented/chat.c": EVENTED}


class Counts(unittest.TestCase):
    """Two small twins, counted by hand."""

    def setUp(self):
        counted = port.count(TEXTS)
        self.chat = counted["programs"][0]
        self.file = counted["files"][0]

    def test_the_program_is_found(self):
        self.assertEqual(self.chat["name"], "chat")

    def test_lines_are_those_of_code(self):
        self.assertEqual(self.chat["common_lines"], 9)
        self.assertEqual(self.chat["common_files"], 1)
        self.assertEqual(self.chat["threaded"]["lines"], 22)
        self.assertEqual(self.chat["evented"]["lines"], 20)
        self.assertEqual(self.chat["evented"]["own_lines"], 20)

    def test_unchanged_lines(self):
        # Outside of functions: the include, "struct peer {" and "};".
        # In main: its head of two lines, "{", puts, "return 0;", "}".
        self.assertEqual(self.chat["unchanged"], 9)
        self.assertEqual(self.file["unchanged"], 9)

    def test_functions(self):
        self.assertEqual(self.file["functions_both"], 1)
        self.assertEqual(self.file["threaded_only"], ["talk_to"])
        self.assertEqual(self.file["evented_only"], ["on_readable"])
        self.assertEqual(self.chat["threaded"]["functions"], 2)

    def test_functions_that_are_called_back(self):
        self.assertEqual(self.chat["threaded"]["called_back"], ["talk_to"])
        self.assertEqual(self.chat["evented"]["called_back"], ["on_readable"])

    def test_decisions(self):
        # while and && in one, if in main; if and || in the other.
        self.assertEqual(self.chat["threaded"]["decisions"], 3)
        self.assertEqual(self.chat["evented"]["decisions"], 2)

    def test_fields_of_a_connection(self):
        structs = {s["name"]: s for s in self.chat["structs"]}
        self.assertEqual(sorted(structs), ["peer", "talk"])
        self.assertEqual(structs["peer"]["evented"], 4)
        self.assertEqual(structs["peer"]["evented_only"],
            ["link", "readable", "writable"])
        self.assertEqual(structs["talk"]["threaded"], None)
        self.assertEqual(structs["talk"]["evented_only"],
            ["turn", "said", "name", "heard"])


class Sources(unittest.TestCase):
    """The programs as they stand."""

    def test_the_counts_agree_with_the_sources(self):
        done = subprocess.run([sys.executable, port.__file__],
            stdout=subprocess.PIPE, text=True, check=True)
        counted = json.loads(done.stdout)
        names = [program["name"] for program in counted["programs"]]
        self.assertIn("guess-server", names)
        self.assertIn("guess-client", names)
        self.assertEqual([file["name"] for file in counted["files"]],
            sorted(twins.pairs()))
        for file in counted["files"]:
            for twin in twins.TWINS:
                functions = twins.Source(twins.read(twin, file["name"])).names()
                self.assertEqual(len(functions),
                    file["functions_both"] + len(file[f"{twin}_only"]))
                self.assertLessEqual(file["unchanged"], file[twin])

    def test_what_a_process_has_one_of_is_no_connections(self):
        known, whole = set(), set()
        for twin in twins.TWINS:
            for name in twins.files(twin):
                text = twins.read(twin, name)
                known |= port.File(text).structs.keys()
                found = re.findall(
                    r"^    static struct (\w+) \w+(?: =|;)", text, re.MULTILINE)
                whole |= set(found)
        self.assertLessEqual(set(port.PER_PROCESS), known)
        # A client of the game has one connection.
        self.assertEqual(whole & known - set(port.PER_PROCESS), {"client"})

    def test_every_field_has_a_name(self):
        for twin in twins.TWINS:
            for name in twins.files(twin):
                structs = port.File(twins.read(twin, name)).structs
                for struct, fields in structs.items():
                    self.assertGreater(len(fields), 0, struct)
                    self.assertEqual(len(fields), len(set(fields)), struct)


if __name__ == "__main__":
    main()
