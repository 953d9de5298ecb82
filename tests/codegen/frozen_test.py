#!/usr/bin/env python3
"""Fails if a plan of some size takes the compiler more than its size explains.

    frozen_test.py BUILD_DIR SOURCE          (with the command that compiles SOURCE in BUILD_DIR)

g++ says how much memory it has taken for constants. Of two plans one of which is a tenth larger, it
may take little more for that one: twice as much is a plan that is made twice.
"""

import os
import re
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "compile_fail"))
import run  # noqa: E402

PLAN = """#include "{folder}/../../codegen/ir/frozen.hpp"
struct source {{
  static constexpr etch::plan make() {{
    etch::plan p;  // with room at once: where lists grow, they double
    p.steps.reserve({size});
    p.values.reserve({size});
    p.places.reserve({size});
    for (int i = 0; i < {size}; ++i) {{
      p.steps.push_back({{.code = i}});
      p.values.push_back({{.offset = i}});
      p.places.push_back({{.offset = i}});
    }}
    return p;
  }}
}};
static_assert(etch::freeze<source>().places.back().offset == {size} - 1);
"""
SPENT = re.compile(r"^ *constant expression evaluation .* (\d+)([kMG]) *\(", re.MULTILINE)
KILOBYTES = {"k": 1, "M": 1024, "G": 1024 * 1024}


def kilobytes(command, directory, size):
    """What g++ takes to make and freeze a plan of this size."""
    done = subprocess.run([*command, "-fsyntax-only", "-ftime-report", "-x", "c++", "-"],
                          cwd=directory, input=PLAN.format(folder=here, size=size),
                          stderr=subprocess.PIPE, encoding="utf-8", check=True,
                          env={**os.environ, "LC_ALL": "C"})
    spent = SPENT.search(done.stderr)
    return int(spent[1]) * KILOBYTES[spent[2]]


def main(arguments):
    command, directory = run.flags_of(*arguments)
    told = subprocess.run([*command, "--version"], stdout=subprocess.PIPE, encoding="utf-8")
    if "clang" in told.stdout:
        print("skipped: clang does not say what constants take")
        return 77
    spent = {size: kilobytes(command, directory, size) for size in (250, 280, 1000, 1120)}
    wrong = []
    for small, large in zip(spent, list(spent)[1:]):
        print(f"{large} steps: {spent[large]} kB")
        allowed = 1.1 * large / small
        if spent[large] > allowed * spent[small]:
            wrong.append(f"{large} steps take {spent[large]} kB, {small} only {spent[small]}")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
