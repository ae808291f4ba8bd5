#!/usr/bin/python3
"""
generate - write the completions for bash, zsh and fish.

    generate.py BUILD [FOLDER]

Asks each program in the folder BUILD for its --help, and writes
threads-vs-events.bash, .zsh and .fish to FOLDER, by default the folder of this
file. They are kept with the sources, since a build for another machine cannot
run its programs. tests/system/test_package.py fails when they are out of date;
`make completions` brings them up to date.
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MANUALS = os.path.join(HERE, "..", "..", "man")
NAME = "threads-vs-events"
TWINS = ("threaded", "evented")

# Has argp print each option in one line, its description from this column on.
COLUMN = 80
HELP_FORMAT = f"opt-doc-col={COLUMN},rmargin=4000"

# What an argument is, by its name in --help, and by the option where the name
# is too general.
KINDS = {"FILE": "file", "DIR": "folder", "ADDR": "host",
    "HOST[=ADDRESS]": "host"}
OPTION_KINDS = {"--user": "user", "--only": "scenarios"}
# Values that --help names in a sentence.
VALUES = {
    "--environment": ("full",),
    "--fault": ("abort", "close", "hang", "cut", "long", "twice", "slow",
        "garbage", "bad-chunk", "loop", "bare-lf"),
    "--hosts": ("check",),
    "--order": ("relevance", "code"),
    "--peer-speaks": ("game", "charfinder", "http", "push", "echo",
        "flag-server", "flags", "spinner"),
    "--publish": ("any", "none", "local"),
    "--server": ("DELAY", "ERROR", "LOCAL", "REMOTE"),
    "--strategy": ("random", "bisect"),
}
# The program that is followed by a command.
COMMAND_TAKER = "spinner"


class Option:
    """An option: how it is spelt, its argument ("" if it takes none), what
    kind of thing that is, which values it may have, and what it is for."""

    def __init__(self, line):
        left, text = line[:COLUMN].strip(), line[COLUMN:].strip()
        argument = re.search(r"=('.*?'|\S+?),?(?: |$)", left)
        self.argument = argument[1].strip("'") if argument else ""
        self.names = re.findall(r"(?:^|, )(--?[\w?-]+)", left)
        self.longs = [name for name in self.names if name.startswith("--")]
        self.shorts = [name for name in self.names if name not in self.longs]
        self.kind = OPTION_KINDS.get(
            self.longs[0], KINDS.get(self.argument, ""))
        self.values = self._values(text)
        self.repeats = "may be repeated" in text
        # The first clause, without what stands in brackets.
        self.text = re.split(r"[;:] ", re.sub(r" \(.*?\)", "", text))[0]

    def _values(self, text):
        """The values that its argument lists, or that its text names."""
        if "|" in self.argument:
            return [value for value in self.argument.split("|")
                if not value.isupper()]
        values = VALUES.get(self.longs[0], ()) \
            if self.argument and not self.kind else ()
        for value in values:
            if not re.search(rf"\b{value}\b", f"{self.argument} {text}"):
                sys.exit(f"--help of {self.longs[0]} does not name {value}")
        return values

    def key(self):
        """What is the same in commands whose options are the same."""
        return (*self.names, self.argument, *self.values, self.text)


def ask(*path):
    """The options of a program."""
    said = subprocess.run([os.path.join(*path), "--help"], text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True,
        env={**os.environ, "ARGP_HELP_FMT": HELP_FORMAT}).stdout
    return [Option(line) for line in said.splitlines()
        if re.match(r" {2,6}-", line)]


def commands(build):
    """The commands, by their names when installed, with their options."""
    # Not what an older build has left.
    programs = sorted(name
        for name in os.listdir(os.path.join(build, TWINS[0]))
        if os.path.exists(os.path.join(MANUALS, f"{name}.1")))
    return {
        **{f"{program}-{twin}": ask(build, twin, program)
            for program in programs for twin in TWINS},
        "charfind": ask(build, "charfind"),
        NAME: ask(build, "compare"),
    }


def grouped(found):
    """Each different option with the commands that have it."""
    groups = {}
    for command, options in found.items():
        for option in options:
            groups.setdefault(option.key(), (option, []))[1].append(command)
    return list(groups.values())


def wrapped(words, indent, end=""):
    """Words in lines of at most 80 columns; all but the last get an end."""
    lines = []
    for word in words:
        if lines and len(f"{lines[-1]} {word}{end}") <= 80:
            lines[-1] += f" {word}"
        else:
            lines.append(indent + word)
    return f"{end}\n".join(lines)


def quoted(text, quote=r"'\''"):
    """A word in single quotes, with another way to write these."""
    return "'" + text.replace("'", quote) + "'"


HEAD = """\
# Completions for the programs of threads-vs-events.
# Generated from their --help by `make completions`; do not edit.
"""

BASH = r"""
_threads_vs_events()
{
    local command=${1##*/} word=${COMP_WORDS[COMP_CWORD]}
    local option=${COMP_WORDS[COMP_CWORD - 1]} options=() values=()

    # To bash, = is a word of its own.
    if [[ $word == = ]]; then
        word=
    elif [[ $option == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $command in
@OPTIONS@
    esac
    case "$command $option" in
@VALUES@
    esac
    COMPREPLY=()
    if (( ${#values[@]} == 0 )); then
        [[ " ${options[*]} " == *" $option= "* ]] && return
        if [[ $word == -* ]]; then
            values=(-W "${options[*]}")
        elif [[ $command == @TAKER@-* ]]; then
            values=(-A command -A file)
        else
            return
        fi
    fi
    mapfile -t COMPREPLY < <(compgen "${values[@]}" -- "$word")
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    fi
}

complete -F _threads_vs_events \
@NAMES@
"""

BASH_KINDS = {
    "file": "values=(-f); compopt -o filenames",
    "folder": "values=(-d); compopt -o filenames",
    "host": "values=(-A hostname)",
    "user": "values=(-u)",
    "scenarios": r"""values=(-W "$("$1" --list | sed -n 's/^\([^ ]\+\) .*/\1/p')")
        [[ $word == *,* ]] && values+=(-P "${word%,*},")
        word=${word##*,}""",
}


def bash(found):
    """The completions for bash."""
    options, values = [], []
    for command, known in found.items():
        names = [name + "=" * bool(option.argument)
            for option in known for name in option.longs]
        options.append(f"    {command})\n        options=(\n"
            + wrapped(names, " " * 12) + "\n        ) ;;")
    for option, having in grouped(found):
        if option.values or option.kind:
            cases = [f"'{command} {name}'"
                for command in having for name in option.names]
            values.append(wrapped(
                [f"{case} |" for case in cases[:-1]] + [f"{cases[-1]})"],
                "    ", " \\") + "\n        " +
                (f"values=(-W '{' '.join(option.values)}')" if option.values
                    else BASH_KINDS[option.kind]) + " ;;")
    return (BASH.replace("@OPTIONS@", "\n".join(options))
        .replace("@VALUES@", "\n".join(values))
        .replace("@TAKER@", COMMAND_TAKER)
        .replace("@NAMES@", wrapped(found, "    ", " \\")))


ZSH = r"""
_threads_vs_events_scenarios() {
    local -a lines=(${(f)"$(_call_program scenarios $words[1] --list)"})
    _sequence compadd - ${${(M)lines:#[^ ]*}%% *}
}

case $service in
@CASES@
esac
"""

ZSH_KINDS = {
    "": " ",
    "file": "_files",
    "folder": "_files -/",
    "host": "_hosts",
    "user": "_users",
    "scenarios": "_threads_vs_events_scenarios",
}


def zsh_option(option, name):
    """One spelling of an option as _arguments wants it."""
    text = re.sub(r"([\[\]:\\])", r"\\\1", option.text)
    others = "" if option.repeats or len(option.names) == 1 else (
        f"({' '.join(option.names)})")
    spec = ("*" if option.repeats else others) + name
    if option.argument:
        spec += "=" if name in option.longs else "+"
    spec += f"[{text}]"
    if option.argument:
        action = (f"({' '.join(option.values)})" if option.values
            else ZSH_KINDS[option.kind])
        spec += f":{option.argument.replace(':', ' ')}:{action}"
    return quoted(spec)


def zsh(found):
    """The completions for zsh."""
    cases = []
    for command, known in found.items():
        specs = [zsh_option(option, name)
            for option in known for name in option.names]
        if command.startswith(COMMAND_TAKER):
            specs += ["'(-)1:command:_command_names -e'",
                "'*::argument:_normal'"]
        cases.append(f"{command})\n    _arguments -s -S \\\n        "
            + " \\\n        ".join(specs) + "\n    ;;")
    return ZSH.replace("@CASES@", "\n".join(cases))


FISH_KINDS = {
    "": "-x",
    "file": "-r -F",
    "folder": "-x -a '(__fish_complete_directories)'",
    "host": "-x -a '(__fish_print_hostnames)'",
    "user": "-x -a '(__fish_complete_users)'",
    "scenarios": "-x -a '(__fish_complete_list , \"threads-vs-events --list | "
        "string match -r \\'^\\S+\\'\")'",
}


def fish(found):
    """The completions for fish."""
    lines = []
    for command in found:
        taken = ("-x -a '(__fish_complete_subcommand)'"
            if command.startswith(COMMAND_TAKER) else "-f")
        lines.append(f"complete -c {command} {taken}")
    for option, having in grouped(found):
        words = [f"-c {command}" for command in having]
        words += [f"-s '{name[1:]}'" for name in option.shorts]
        words += [f"-l {name[2:]}" for name in option.longs]
        if option.values:
            words.append(f"-x -a '{' '.join(option.values)}'")
        elif option.argument:
            words.append(FISH_KINDS[option.kind])
        words.append("-d " + quoted(option.text, r"\'"))
        lines.append(wrapped(["complete"] + words, "", " \\")
            .replace("\\\n", "\\\n    "))
    return "\n" + "\n".join(lines) + "\n"


def main():
    """Do what the command line asks for."""
    build = sys.argv[1]
    folder = sys.argv[2] if len(sys.argv) > 2 else HERE
    found = commands(build)
    names = "#compdef " + " ".join(found) + "\n"
    for shell, text in (("bash", HEAD + bash(found)),
            ("zsh", names + HEAD + zsh(found)), ("fish", HEAD + fish(found))):
        path = os.path.join(folder, f"{NAME}.{shell}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
