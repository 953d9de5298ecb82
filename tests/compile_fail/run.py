#!/usr/bin/env python3
"""Compiles a file that must not compile, and checks the error that its author meant.

    run.py COMPILER FLAGS... FILE
    run.py --flags-of BUILD_DIR SOURCE FILE     (the command that compiles SOURCE in BUILD_DIR)

The first lines of FILE are `// error: <regex>`. The compiler must fail with exactly one error, in at
most 15 lines. An error in a file of etch must be a sentence, `etch: ...`. (Neither is asked of a fault
in a layer's own `forward`: the compiler shows by which calls it came there.) The output must match
each regex and must name FILE with the line marked `// here`. With -DTWIN the same file must compile:
it then holds the corrected line. Compilers differ in quotes and in the space of `> >`; the regexes
need not know of that: they see straight single quotes and `>>`.

Lines like `// flags: -fconstexpr-steps=1000` follow, for flags without which the error would be
another: those that the compiler knows are given, but to the twin none. `// lines: 20` allows as many
where the compiler leaves no choice.

    // error: etch::expects<etch::vector>, etch::given<etch::extents<26, 26, 32>>
    // error: insert etch::flatten before it
    #include <etch/etch.hpp>
    #ifdef TWIN
    constexpr auto net = ...;
    #else
    constexpr auto net = ...;  // here
    #endif
"""

import json
import os
import re
import shlex
import subprocess
import sys

# "file:3:5: error: text", "cc1plus: fatal error: text"; no excerpt of source ("   3 | ... error:").
ERROR_LINE = re.compile(r"^(?!\s*\d*\s*\|)(.*[:\s])?(fatal )?error: .*", re.MULTILINE)
MOST_LINES = 15


def compile_file(command, directory, file, *more):
    """Returns whether FILE compiles, and what the compiler says."""
    # A twin declares what nothing reads.
    full = [*command, "-Wno-unused-const-variable", "-fdiagnostics-color=never", "-fsyntax-only",
            *more, file]
    done = subprocess.run(full, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", errors="replace", env={**os.environ, "LC_ALL": "C"})
    return done.returncode == 0, done.stdout


def complaints(command, directory, file):
    """The list of what is wrong with FILE as a must-not-compile test, and the compiler's output."""
    with open(file, encoding="utf-8") as source:
        lines = source.read().splitlines()
    said = {"error": [], "flags": [], "lines": []}
    for line in lines:
        if not (found := re.match(r"// (error|flags|lines): (.+)", line)):
            break
        said[found[1]].append(found[2])
    expected = said["error"]
    most_lines = int(said["lines"][0]) if said["lines"] else MOST_LINES
    marked = [n for n, line in enumerate(lines, 1) if re.search(r"// here\s*$", line)]
    if not expected:
        return ["its first line must be `// error: <regex>`"], ""
    if len(marked) != 1:
        return [f"{len(marked)} lines are marked `// here` instead of one"], ""

    wrong = []
    flags = [f for f in " ".join(said["flags"]).split()
             if compile_file([*command, "-x", "c++"], directory, os.devnull, f)[0]]
    compiles, output = compile_file(command, directory, file, *flags)
    if compiles:
        wrong.append("it compiles")
    else:
        errors = [match[0] for match in ERROR_LINE.finditer(output)]
        if len(errors) != 1:
            wrong.append(f"{len(errors)} errors instead of exactly one")
        if not re.search("etch::faults::|non-'?constexpr'? function", output):
            if errors and not errors[0].startswith(file) and "etch: " not in errors[0]:
                wrong.append("the error is no sentence, `etch: ...`")
            if (printed := len(output.splitlines())) > most_lines:
                wrong.append(f"{printed} lines instead of at most {most_lines}")
        plain = re.sub(r"[\u2018\u2019]", "'", output)
        while "> >" in plain:
            plain = plain.replace("> >", ">>")
        for regex in expected:
            if not re.search(regex, plain):
                wrong.append(f"no error matches: {regex}")
        if not re.search(rf"{re.escape(os.path.basename(file))}:{marked[0]}\b", output):
            wrong.append(f"the line marked `// here` ({marked[0]}) is not named")
    twin_compiles, twin_output = compile_file(command, directory, file, "-DTWIN")
    if not twin_compiles:
        wrong.append("its twin (-DTWIN) does not compile")
        output += "--- twin:\n" + twin_output
    return wrong, output


def flags_of(build_dir, source):
    """The command and directory of SOURCE in compile_commands.json, without source and output."""
    with open(os.path.join(build_dir, "compile_commands.json"), encoding="utf-8") as database:
        entries = json.load(database)
    for entry in entries:
        directory = entry["directory"]
        if os.path.realpath(os.path.join(directory, entry["file"])) == os.path.realpath(source):
            words = iter(shlex.split(entry["command"]))
            command = []
            for word in words:
                if word in ("-o", "-MF", "-MQ", "-MT"):
                    next(words)
                elif word not in ("-c", "-MD", "-MMD", entry["file"]):
                    command.append(word)
            return command, directory
    sys.exit(f"{build_dir}/compile_commands.json does not compile {source}")


def main(arguments):
    if len(arguments) == 4 and arguments[0] == "--flags-of":
        command, directory = flags_of(arguments[1], arguments[2])
    elif len(arguments) >= 2 and not arguments[0].startswith("-"):
        command, directory = arguments[:-1], None
    else:
        sys.exit(__doc__)
    file = os.path.abspath(arguments[-1])
    wrong, output = complaints(command, directory, file)
    for complaint in wrong:
        print(f"{file}: {complaint}")
    if wrong:
        print(output)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
