#!/usr/bin/env python3
"""What the public headers ask of the program around them: headers.py BUILD_DIR SOURCE

The programs below are compiled by the command that compiles SOURCE in BUILD_DIR.

- With -fsanitize=undefined, with more warnings than the library is written with, and behind headers
  that define its names as macros, they compile without a word, and the macros are what they were.
- By an older standard, or a compiler that is too old, each header is one sentence and nothing more.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "compile_fail"))
import run  # noqa: E402

NET = """constexpr auto net = etch::input<8, 8, 2> | etch::conv2d<4, 3, etch::same> | etch::batch_norm
  | etch::relu | etch::max_pool2d<2> | etch::conv2d<4, 3, etch::same> | etch::flatten
  | etch::dense<8> | etch::tanh | etch::dropout<0.5> | etch::dense<3>;
static_assert(etch::cost<net>.workspace_bytes > 0);
"""
INFERENCE = """#include <etch/inference.hpp>
""" + NET + """
auto run(etch::model<net> const& m, std::array<float, 128> const& x) { return m.forward(x); }
"""
TRAINING = """#include <etch/etch.hpp>
#include <etch/bench.hpp>
""" + NET + """
constexpr auto p = 1, x = 2, g = 3;  // names that the library's functions have too
void run(etch::model<net>& m, etch::adam& optimizer, etch::dataset const& data) {
  etch::fit(m, optimizer, etch::cross_entropy, data, {.epochs = p + x + g});
  etch::save(m, etch::summary<net>());
}
"""
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wsign-conversion",
            "-Wswitch-enum", "-Wfloat-equal", "-Werror"]
# Of windows.h and what it includes, complex.h, math.h, sys/sysmacros.h and strings.h of C, X11, Qt,
# Arduino, macOS and Linux; and what g++ itself defines with -std=gnu++20.
MACROS = """min max near far small interface hyper IN OUT OPTIONAL ERROR NO_ERROR RGB CONST VOID DELETE STRICT
  IGNORE TRUE FALSE ABSOLUTE RELATIVE TRANSPARENT OPAQUE pascal cdecl Yield environ
  I complex imaginary DOMAIN SING OVERFLOW UNDERFLOW PLOSS TLOSS HUGE major minor makedev index
  rindex bcopy bzero None Bool Status True False Success Always Above Below Complex
  emit signals slots foreach forever abs round bit word F sq constrain radians degrees B0 B1 HIGH
  LOW INPUT OUTPUT DEFAULT PI check verify require likely unlikely noinline packed swap clamp
  container_of unix linux""".split()
OLD = [("C++20: compile with -std=c++20", ["-std=c++17"]),
       ("12 or newer", ["-U__GNUC__", "-D__GNUC__=11"]),
       ("16 or newer", ["-U__clang_major__", "-D__clang_major__=15"])]


def system_headers():
    """What the library includes that is not its own; not for one processor alone."""
    files = [f for folder in ("dsl", "codegen", "runtime") for f in (ROOT / folder).rglob("*.hpp")]
    found = {h for f in files for h in re.findall(r"^#include <(.*)>", f.read_text(), re.MULTILINE)}
    return sorted(h for h in found if h != "arm_neon.h" and not h.startswith("etch/"))


def hostile(program):
    """PROGRAM behind macros that are no code."""
    includes = re.findall(r"^#include .*\n", program, re.MULTILINE)
    text = "".join(f"#if __has_include(<{h}>)\n#include <{h}>\n#endif\n" for h in system_headers())
    text += "".join(f"#undef {m}\n#define {m} @\n" for m in MACROS)
    text += "".join(includes)
    text += "".join(f"#ifndef {m}\n#error {m} is lost\n#endif\n#undef {m}\n" for m in MACROS)
    return text + program.replace("".join(includes), "")


def compiled(command, directory, folder, text, *flags):
    """What the compiler says."""
    file = pathlib.Path(folder) / "program.cpp"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([*command, "-O0", "-fsyntax-only", "-fdiagnostics-color=never", *flags,
                           str(file)], cwd=directory, stderr=subprocess.PIPE, encoding="utf-8",
                          check=False, env={**os.environ, "LC_ALL": "C"})
    return done.stderr


def main(arguments):
    command, directory = run.flags_of(*arguments)
    version = subprocess.run([*command, "--version"], stdout=subprocess.PIPE, encoding="utf-8",
                             check=True).stdout
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for text in (INFERENCE, TRAINING):
            wrong.append(compiled(command, directory, folder, hostile(text), *WARNINGS,
                                  "-fsanitize=undefined"))
        other = "12 or newer" if "clang" in version else "16 or newer"
        for header in ("etch.hpp", "inference.hpp", "bench.hpp", "level_code.hpp", "etch.cpp"):
            for sentence, flags in OLD:
                if sentence == other:
                    continue
                said = compiled(command, directory, folder, f'#include "{ROOT / header}"\n'
                                "constexpr auto net = etch::input<4> | etch::dense<4>;\n",
                                "-Wno-builtin-macro-redefined", *flags)
                errors = [line for line in said.splitlines() if run.ERROR_LINE.match(line)]
                if sentence not in errors[0] or len(errors) > 2 or "error above" not in errors[-1]:
                    wrong.append(f"{header} {' '.join(flags)}: {len(errors)} errors\n{said[:2000]}")
    print("\n".join(wrong))
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
