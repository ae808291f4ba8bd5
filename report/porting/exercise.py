#!/usr/bin/python3
"""
exercise - lay out a folder in which a program is to be ported; `make exercise`
runs it.

    exercise.py [--to TWIN|any] [--brief] NAME DIR

NAME is a program: echo_server, guess_server and so on. DIR becomes a folder of the learner's own: one twin of the program as it is, to port from, and
the other as a skeleton, made from the sources: all files that the program
links, in which everything stands but the bodies of the functions. Instead of
one stands UNWRITTEN(), which says when it is called. README.md there says what
to do; `make check` climbs the ladder of tests/ladder/.

What each step needs is found out with the finished program, whose functions
say when they are called; --brief leaves that out.
"""

import argparse
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

import port
import twins

LADDER = os.path.join(twins.ROOT, "tests", "ladder")
sys.path.insert(0, LADDER)
import ladder

MODELS = {"threaded": "threads", "evented": "events"}

# What `compare` races a program as, its options, and in which scenarios. A
# player waits for its server, so guess_client is not raced.
RACES = {"guess_server": ("game", " --port {port} --quiet", "reply-50"),
    "echo_server": ("echo", " --port {port}", "lines-50"),
    "charfinder": ("charfinder", " --port {port} --http-port off --quiet",
        "find-50"),
    "flag_server": ("flag-server", " --port {port} --delay-port off "
        "--error-port off --quiet", "flags-50"),
    "push_server": ("push", " --port {port} --quiet", "echo-50"),
    "flags": ("flags", "", "load-20,load-flat-30"),
    "spinner": ("spinner", "", "spin,spin-block")}

# Those that are no servers: they are called with a twin's options.
JOBS = ("flags", "spinner")

LIBRARIES = {"threaded": "-lunistring", "evented": "-levent_core -lunistring"}
MORE_LIBRARIES = {"push_server": " -lnettle"}

UNWRITTEN_H = """\
/*
 * unwritten - what stands in the functions of a skeleton.
 *
 * UNWRITTEN() says on standard error that its function was called, though it is
 * not written yet; once. Take it out when you write the body. The Makefile
 * includes this in every file.
 */
#ifndef UNWRITTEN_H
#define UNWRITTEN_H

void unwritten(const char *file, int line, const char *function);

#define UNWRITTEN()                                                            \\
    do {                                                                       \\
        static _Atomic(_Bool) said;                                            \\
                                                                               \\
        if (!said)                                                             \\
            unwritten(__FILE__, __LINE__, __func__);                           \\
        said = 1;                                                              \\
    } while (0)

#endif
"""

UNWRITTEN_C = """\
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Say that a function was called. */
void
unwritten(const char *file, int line, const char *function)
{
    char text[256];

    snprintf(text, sizeof(text), "%s:%d: %s is not written yet\\n", file, line,
        function);
    (void)!write(STDERR_FILENO, text, strlen(text));
}
"""


class Exercise:
    """A program to be ported to a twin."""

    def __init__(self, name, to):
        self.name = name
        self.to = to
        self.source = twins.TWINS[to == twins.TWINS[0]]
        self.program = name.replace("_", "-")
        texts = {os.path.join(folder, file): twins.read(folder, file)
            for folder in ("common", *twins.TWINS)
            for file in twins.files(folder)}
        parsed = {path: port.File(text) for path, text in texts.items()}
        self.texts = {twin: {path: texts[path]
            for path in port.closure(parsed, f"{twin}/{name}")
            if path.startswith(twin)} for twin in twins.TWINS}

    def in_order(self, twin):
        """The files of a twin, in the order in which they explain each
        other."""
        pairs = twins.pairs()
        return sorted(self.texts[twin], key=lambda path:
            pairs.index(os.path.basename(path)))


def body_of(function):
    """What stands in the body of a function that is not written: a value of
    its type."""
    start = function.comment.count("\n") + 1 if function.comment else 0
    end = next(n for n, line in enumerate(function.lines)
        if line.startswith(function.name + "("))
    words = " ".join(function.lines[start:end])
    words = re.sub(r"\b(static|const|inline)\b", "", words).strip()
    if words == "void":
        return []
    if "_Noreturn" in words:
        return ["    abort();"]
    if words.endswith("*"):
        value = "NULL"
    elif words == "bool":
        value = "false"
    elif words.startswith("enum "):
        value = f"({words})0"
    elif words.startswith("struct "):
        value = f"({words}) {{ 0 }}"
    else:
        value = "0"
    return [f"    return {value};"]


def cut_bodies(text):
    """A source file without the bodies of its functions."""
    source = twins.Source(text)
    lines, at = [], 0
    for function in source.functions:
        end = _find(source.lines, function.lines, at)
        lines += source.lines[at:end - len(function.lines)]
        brace = function.lines.index("{")
        lines += [*function.lines[:brace + 1], "    UNWRITTEN();",
            *body_of(function), "}"]
        at = end
    return "\n".join([*lines, *source.lines[at:], ""])


def mark_bodies(text):
    """A source file whose functions say that they are called."""
    return re.sub(r"^\{$", "{\n    UNWRITTEN();", text, flags=re.MULTILINE)


def _find(lines, part, start):
    """Where a part ends that stands somewhere behind start."""
    for at in range(start, len(lines)):
        if lines[at:at + len(part)] == part:
            return at + len(part)
    raise ValueError(part[0])


# --- The folder ------------------------------------------------------------

MAKEFILE = """\
# {program}, from {source}/ to {to}/. README.md says what to do.
#
#   make          build what is written so far
#   make check    climb the ladder, up to the first step that fails;
#                 STEP=3 takes that step only, SAN=thread looks for what
#                 threads do at once
#   make race     race it against both twins
#   make todo     count what is not written yet

PROJECT := {root}
CC ?= cc

# A function that nobody calls yet is no mistake here.
WARNINGS := {warnings} \\
\t-Wno-unused-function -Wno-unused-variable -Wno-unused-const-variable
CPPFLAGS := {cppflags} -include unwritten.h

# The ladder is climbed under sanitizers, which name a mistake when it is made.
SAN ?= address,undefined
CHECK := build/check$(filter-out -address%,-$(SAN))
$(CHECK)/{program}: CFLAGS := -O1 -g -std=c11 -fPIE -pthread $(WARNINGS) \\
\t-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
$(CHECK)/{program}: LDFLAGS := -pie -pthread -fsanitize=$(SAN)
# It is raced as the twins are built.
build/race/{program}: CFLAGS := {cflags}
build/race/{program}: LDFLAGS := {ldflags}

all: $(CHECK)/{program}

SOURCES := $(wildcard {to}/*.c) unwritten.c
define program
$1/obj/%.o: %.c Makefile unwritten.h
\t@mkdir -p $$(@D)
\t@echo "  CC    $$@"
\t@$$(CC) $$(CPPFLAGS) $$(CFLAGS) -MMD -MP -c -o $$@ $$<
$1/{program}: $(SOURCES:%.c=$1/obj/%.o) $(PROJECT)/build/libcommon.a
\t@echo "  LINK  $$@"
\t@$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ {libraries}
endef
$(eval $(call program,$(CHECK)))
$(eval $(call program,build/race))

$(PROJECT)/build/libcommon.a:
\t$(MAKE) -C $(PROJECT) build/libcommon.a

check: $(CHECK)/{program}
\t@{python} -B $(PROJECT)/tests/ladder/ladder.py --folder . --to {to} \\
\t\t$(STEP:%=--step %) {name} $(CHECK)/{program}

{race}
todo:
\t@grep -c 'UNWRITTEN();' {to}/*.c || true

clean:
\trm -rf build

.PHONY: all check race todo clean
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find build -name '*.d' 2>/dev/null)
"""

RACE = """\
# RACE=--standard takes ten minutes; compare --help says what else there is.
RACE ?= --only {scenario}
race: build/race/{program}
\t$(MAKE) -C $(PROJECT) all
\t$(PROJECT)/build/compare $(RACE) --output build/report \\
\t\t--peer-speaks {speaks} --peer 'yours=build/race/{program}{how}'
"""

NO_RACE = """\
race:
\t@echo 'There is nothing to race: how long a {program} takes is up to its \
server and its user.'
"""

# How a program in another language is started.
STARTED = """\
# How it is started: {{port}} becomes the port, and {{options}}, if you take
# them, the options that a step needs, such as --line-timeout 0.5.
COMMAND ?= ./{program} {{port}}"""
STARTED_JOB = """\
# How it is started; the options of {program} are appended.
COMMAND ?= ./{program}"""

MAKEFILE_ANY = """\
# {program}, in any language. README.md says what to do.
#
#   make check    climb the ladder, up to the first step that fails;
#                 STEP=3 takes that step only
#   make race     race it against both twins

PROJECT := {root}

{started}

check:
\t@{python} -B $(PROJECT)/tests/ladder/ladder.py --folder . $(STEP:%=--step %) \\
\t\t{name} '$(COMMAND)'

{race}
.PHONY: check race
"""

RACE_ANY = """\
# RACE=--standard takes ten minutes; compare --help says what else there is.
RACE ?= --only {scenario}
race:
\t$(MAKE) -C $(PROJECT) all
\t$(PROJECT)/build/compare $(RACE) --output build/report \\
\t\t--peer-speaks {speaks} \\
\t\t--peer 'yours=$(subst {{web}},0,$(subst {{options}},,$(COMMAND)))'
"""


def write(folder, path, text):
    """Write a file below a folder."""
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def race_rule(exercise):
    """The rule of `make race`."""
    if exercise.name not in RACES:
        return NO_RACE.format(program=exercise.program)
    speaks, how, scenario = RACES[exercise.name]
    return (RACE_ANY if exercise.to == "any" else RACE).format(
        program=exercise.program, speaks=speaks, how=how, scenario=scenario)


def makefile(exercise):
    """The Makefile of the folder, with the flags of the project's."""
    given = os.environ.get
    return (MAKEFILE_ANY if exercise.to == "any" else MAKEFILE).format(
        program=exercise.program, name=exercise.name, to=exercise.to,
        source=exercise.source, root=twins.ROOT, race=race_rule(exercise),
        started=(STARTED_JOB if exercise.name in JOBS else STARTED).format(
            program=exercise.program),
        libraries=LIBRARIES.get(exercise.to, "")
            + MORE_LIBRARIES.get(exercise.name, ""), python=sys.executable,
        warnings=given("EXERCISE_WARNINGS", "-Wall -Wextra "
            "-Wno-unused-parameter"),
        cppflags=given("EXERCISE_CPPFLAGS",
            "-I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64"),
        cflags=given("EXERCISE_CFLAGS", "-O2 -g -std=c11 -fPIE -pthread"),
        ldflags=given("EXERCISE_LDFLAGS", "-pie -pthread"))


def lay_out(exercise, folder, change=cut_bodies):
    """Write the folder, but for its README.md; change is what becomes of the
    sources that are to be written."""
    os.makedirs(folder, exist_ok=True)
    os.symlink(os.path.join(twins.ROOT, "common"),
        os.path.join(folder, "common"))
    write(folder, "Makefile", makefile(exercise))
    for twin in twins.TWINS:
        for path, text in exercise.texts[twin].items():
            if twin == exercise.to and path.endswith(".c"):
                text = change(text)
            write(folder, path, text)
    if exercise.to != "any":
        write(folder, "unwritten.h", UNWRITTEN_H)
        write(folder, "unwritten.c", UNWRITTEN_C)


# --- What each step needs --------------------------------------------------

def find_needs(exercise, steps):
    """Which functions each step is the first to call, [(file, function)] each,
    found out with the finished program; None: it could not be."""
    with tempfile.TemporaryDirectory() as folder:
        lay_out(exercise, folder, mark_bodies)
        made = subprocess.run(["make", "-C", folder], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        if made.returncode != 0:
            print(made.stdout, file=sys.stderr)
            return None
        program = ladder.Program(
            f"{folder}/build/check/{exercise.program}", exercise.name,
            exercise.to, 2 * ladder.PATIENCE)
        program.is_watched = True
        needs, known = [], set()
        for step in steps:
            program.called.clear()
            try:
                step.climb(program)
            except ladder.Failed as failed:
                print(f"{step.title}: {failed}", file=sys.stderr)
                return None
            called = {(path, name) for path, _, name in program.called}
            needs.append(called - known)
            known |= called
    return needs


# --- README.md -------------------------------------------------------------

INTRODUCTION = """\
# Port {program}: from {from_model} to {to_model}

`{source}/` is the program as it stands, to port from. `{to}/` is the same
program without the bodies of its functions, to be written by you. `common/` is
what both share: what the messages mean, options, limits. It is linked as it is.

    make check

builds what is written so far, climbs the steps below up to the first that is
not passed, and says what was sent, what was expected, what came, and what to
read. Begin with it; it names the first function to write.

{files}

## How to go about it

1. Read `{source}/{name}.c` from top to bottom, then
   `{to}/{name}.c`: the comment at its head says what became of what.
2. Run `make check`. Under "to write" stand the functions that were called and
   are not written yet. Write them from above: `main`, then what it calls.
3. Look for the counterpart of a function: it has the same name, or the comment
   above it ends with `Twin: name.`, or there is none, which is the price of the
   port. The sentence above a function says what it must do; the headers
   (`{to}/*.h`, `common/*.h`) are the manual of everything that you call.
4. The first step needs {first}, most of them short; the others
   need few. Let "to write" lead you rather than the list below a step: that has
   all that the finished program calls there for the first time, and some of it
   matters only later, like what a clock calls. `make check STEP=3` takes one
   step alone.

`{project}/{to}/` has the solution. Look when you are stuck; it
passes all steps.

## What is given, and what is not

Given is everything outside of functions: structs, constants, the order of the
functions, the sentence above each, its arguments. A struct is the answer to
"what has to be remembered between two waits", which one can hardly find without
having written the program once; and the signatures speak of it. Yours is what
happens, and when. You may change anything: nothing but the behaviour of the
program is checked.

In each body stands `UNWRITTEN();`, which says on standard error that the
function was called; take it out when you write the body. The program is
built with AddressSanitizer and UndefinedBehaviorSanitizer, so a mistake with
memory is named where it is made{leaks}.
`make check SAN=thread` takes ThreadSanitizer instead, which names what two
threads do at once without a lock, and threads that nobody joins.

## The ladder
"""

LEAKS = """;
what is not freed is named at the stop, by "detected memory leaks\""""

INTRODUCTION_ANY = """\
# Write {program} in a language of your choice

`common/protocols.md` says what the messages mean; `threaded/` and `evented/`
are the program in C, with threads and with events: take the model that your
language likes.

    make check COMMAND='python3 {program}.py{port}'

starts your program, climbs the steps below up to the first that is not passed,
and says what was sent, what was expected, what came, and what to read. It needs
to {listen}, and to stay in the foreground.
{options}
## The ladder
"""

OPTIONS_ANY = """\
Some steps need options. They are put in the place of `{{options}}` in the
command; without it the limits are to be those of the protocol, and the steps
that cannot do without options are skipped. They are {options}; `--help` of the
twins says what each means.
"""

SECOND_DOOR_ANY = "`{web}` is the port of the second door."


def count_files(exercise):
    """The table of the files, as Markdown."""
    both = twins.read_all()
    side = twins.TWINS.index(exercise.to)
    rows = [f"| file of `{exercise.to}/` | functions | with a counterpart in "
        f"`{exercise.source}/` | lines of the solution |", "|---|---|---|---|"]
    for path in exercise.in_order(exercise.to):
        file = os.path.basename(path)
        if file.endswith(".h"):
            continue
        functions = both.sides[side][file].functions
        paired = sum(both.counterpart(side, file, f)[1] is not None
            for f in functions)
        rows.append(f"| `{file}` | {len(functions)} | {paired} | "
            f"{len(both.sides[side][file].lines)} |")
    return "\n".join(rows)


def show_needs(exercise, called):
    """What a step needs, as Markdown: files in reading order, functions in
    theirs."""
    both = twins.read_all()
    side = both.sides[twins.TWINS.index(exercise.to)]
    parts = []
    for path in exercise.in_order(exercise.to):
        file = os.path.basename(path)
        names = [f"`{name}`" for name in side[file].names()
            if (path, name) in called]
        if names:
            parts.append(f"{file}: {', '.join(names)}")
    return "Called for the first time: " + "; ".join(parts) + "." \
        if parts else "Nothing is called for the first time: what is there has " \
        "to do more."


def show_rest(exercise, needs):
    """What no step calls, as Markdown."""
    both = twins.read_all()
    side = both.sides[twins.TWINS.index(exercise.to)]
    called = set().union(*needs)
    parts = []
    for path in exercise.in_order(exercise.to):
        file = os.path.basename(path)
        names = [f"`{function.name}`" for function in side[file].functions
            if (path, function.name) not in called]
        if names and file.endswith(".c"):
            parts.append(f"{file}: {', '.join(names)}")
    return ["", "## What no step calls", "", textwrap.fill(
        "The ladder does not lead to these: options that no step uses, want of "
        "descriptors or memory, other programs. " + "; ".join(parts) + ".",
        ladder.WIDTH, break_long_words=False, break_on_hyphens=False)] \
        if parts else []


def options_any(exercise, steps):
    """What is said about options to those who write in another language."""
    asked = []
    for step in steps:
        # What follows is for the twins.
        source = re.split(r"if program\.is_foreign\(\):\s+return",
            inspect.getsource(step.climb))[0]
        if ladder.TWIN not in step.needs:
            asked += [f"`{name}`" for call in
                re.findall(r"program\.serve\((.*?)\)", source, re.DOTALL)
                for name in re.findall(r'"(--[a-z-]+)"', call)]
    text = OPTIONS_ANY.format(options=", ".join(dict.fromkeys(asked)))
    if exercise.name == "charfinder":
        text += SECOND_DOOR_ANY
    return "\n" + textwrap.fill(text, ladder.WIDTH, break_long_words=False,
        break_on_hyphens=False) + "\n"


def show_steps(exercise, steps, needs, guide):
    """The ladder, as Markdown."""
    parts = []
    for number, step in enumerate(steps, 1):
        parts += ["", f"### {number} {step.title}", ""]
        if exercise.to == "any" and ladder.TWIN in step.needs:
            parts.append("Of the twins only: it is skipped.")
            continue
        for paragraph in step.lesson(exercise.to):
            parts += [textwrap.fill(paragraph, ladder.WIDTH), ""]
        for row in guide.rows(step):
            parts.append(f"* {row}")
        if needs:
            parts += ["", textwrap.fill(
                show_needs(exercise, needs[number - 1]), ladder.WIDTH,
                break_long_words=False, break_on_hyphens=False)]
    if needs:
        parts += show_rest(exercise, needs)
    return "\n".join(parts)


def readme(exercise, steps, needs, folder):
    """The README.md of the folder."""
    guide = ladder.Guide(folder, exercise.to)
    if exercise.to == "any":
        is_job = exercise.name in JOBS
        listens = not is_job and exercise.name != "guess_client"
        text = INTRODUCTION_ANY.format(program=exercise.program,
            port="" if is_job else " {port}",
            listen="listen on the port that it is given" if listens
            else f"take the options of {exercise.program}" if is_job
            else "connect to the port that it is given, and to take the "
            "options of\nguess-client",
            options=options_any(exercise, steps) if listens else "")
    else:
        text = INTRODUCTION.format(program=exercise.program,
            name=exercise.name, to=exercise.to, source=exercise.source,
            from_model=MODELS[exercise.source], to_model=MODELS[exercise.to],
            project=twins.ROOT, files=count_files(exercise),
            first=f"{len(needs[0])} functions" if needs
            else "the most functions",
            leaks=LEAKS if exercise.name != "guess_client" else "")
    text += show_steps(exercise, steps, needs, guide) + "\n"
    if exercise.name in RACES:
        text += ("\n## The race\n\n    make race\n\nholds your program to the "
            "protocol and races it against both twins; what it\ncosts more "
            "than they do is worth a look at `strace -c`.\n")
    return text


def main():
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="exercise.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", choices=(*twins.TWINS, "any"),
        default="evented", help="what to port it to (default evented)")
    parser.add_argument("--brief", action="store_true",
        help="do not find out what each step needs")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("dir", metavar="DIR")
    options = parser.parse_args()
    name = options.name.replace("-", "_")
    if name not in ladder.NAMES:
        parser.error(f"no exercise is called {options.name!r}; there are "
            + ", ".join(ladder.NAMES))
    folder = os.path.abspath(os.path.expanduser(options.dir))
    if os.path.isdir(folder) and os.listdir(folder):
        sys.exit(f"exercise: {folder} is not empty, and may hold your work; "
            "remove it, or name another by DIR=")
    exercise = Exercise(name, options.to)
    steps = ladder.load(name)
    needs = None
    try:
        lay_out(exercise, folder)
        if options.to != "any" and not options.brief:
            print("Climbing the ladder with the finished program, to see what "
                "each step needs ...", flush=True)
            needs = find_needs(exercise, steps)
        write(folder, "README.md", readme(exercise, steps, needs, folder))
    except OSError as error:
        sys.exit(f"exercise: {error.filename}: {error.strerror}")
    print(f"{folder}: read README.md there, then: make -C {folder} check")
    return 0


if __name__ == "__main__":
    sys.exit(main())
