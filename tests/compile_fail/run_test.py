#!/usr/bin/env python3
"""Negative controls of run.py: what it must reject, and that it says why.

    run_test.py COMPILER FLAGS...
"""

import os
import subprocess
import sys
import tempfile

GOOD = """// error: sizes differ
template <int A> constexpr void need_four() { static_assert(A == 4, "sizes differ"); }
#ifdef TWIN
void use() { need_four<4>(); }
#else
void use() { need_four<5>(); }  // here
#endif
"""

# The same as if the template stood in a file of the library.
IN_LIBRARY = (GOOD.replace("template", '#line 1 "library.hpp"\ntemplate', 1)
              .replace("#ifdef TWIN", '#line 3 "in_library.cpp"\n#ifdef TWIN'))
LONG = GOOD + 12 * "#ifndef TWIN\n#warning long\n#endif\n"
FLAGGED = GOOD.replace("\n", "\n// flags: -DFLAG -fno-such-flag\n", 1).replace(
    "#ifdef TWIN", "#ifndef FLAG")

CASES = {  # name: (source, what run.py must print, or None when it must accept)
    "good": (GOOD, None),
    "compiles": (GOOD.replace("<5>", "<4>"), "it compiles"),
    "two_errors": (GOOD + "#ifndef TWIN\nstatic_assert(sizeof(char) == 2);\n#endif\n", "2 errors instead"),
    "wrong_regex": (GOOD.replace("// error: sizes", "// error: shapes"), "no error matches"),
    "second_regex": ("// error: static assertion\n" + GOOD, None),
    "wrong_second_regex": ("// error: static assertion\n" + GOOD.replace("sizes", "shapes", 1),
                           "no error matches: shapes"),
    "wrong_line": (GOOD.replace("  // here", "").replace("#endif", "#endif  // here"),
                   "is not named"),
    "broken_twin": (GOOD.replace("<4>", "<6>"), "its twin"),
    "no_regex": (GOOD.replace("// error: ", "// "), "its first line must be"),
    "in_library": (IN_LIBRARY, "the error is no sentence"),
    "long": (LONG, "lines instead of at most 15"),
    "as_long_as_said": (LONG.replace("\n", "\n// lines: 60\n", 1), None),
    "flagged": (FLAGGED, None),
    "no_mark": (GOOD.replace("// here", ""), "0 lines are marked"),
}


def main(compiler):
    runner = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.py")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, (source, message) in CASES.items():
            file = os.path.join(folder, name + ".cpp")
            with open(file, "w", encoding="utf-8") as out:
                out.write(source)
            done = subprocess.run([sys.executable, runner, *compiler, "-std=c++20", file],
                                  stdout=subprocess.PIPE, encoding="utf-8")
            accepted = done.returncode == 0
            if accepted != (message is None) or (message and message not in done.stdout):
                failed += 1
                print(f"{name}: wanted {message}, exit code {done.returncode}:\n{done.stdout}")
    print(f"{len(CASES) - failed} of {len(CASES)} controls as they should be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
