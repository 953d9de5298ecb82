#!/usr/bin/env python3
"""Whether kernels are optimised in a build with -O0: optimized.py PROGRAM PLAIN TRAINING

Functions of etch keep their values in registers in PROGRAM; in PLAIN, compiled without the pragmas
of the umbrella header, in memory. The loops in which tiles of TRAINING multiply call nothing: g++
inlines there what is always_inline, and no other function, however small.
"""

import os
import platform
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "codegen"))
from tiles_test import TILE, functions, innermost_loops  # noqa: E402


def disassembly(program, *options):
    return subprocess.run(["objdump", "-d", "--no-show-raw-insn", *options, program],
                          capture_output=True, text=True, check=True).stdout


def accesses(program):
    """Instructions of etch's functions that read or write their stack."""
    found, inside = 0, False
    for line in disassembly(program).splitlines():
        head = re.match(r"[0-9a-f]+ <(\w+)>:", line)
        if head:
            inside = head[1].startswith("_ZN4etch")
        elif inside and re.search(r"\(%r[bs]p\)|\[(sp|x29)\b", line):
            found += 1
    return found


def loops_of_tiles(program):
    """(name, whether it calls) of every innermost loop in which a tile multiplies."""
    for name, code in functions(disassembly(program, "-C")):
        if TILE.search(name):
            for loop in innermost_loops(code):
                if any(re.match(r"v?(mul|fmadd)\w*ps", text) for text in loop):
                    yield name, any(text.startswith("call") for text in loop)


def main(program, plain, training):
    if not shutil.which("objdump"):
        print("SKIPPED: needs objdump")
        return 77
    optimised, otherwise = accesses(program), accesses(plain)
    print(f"{optimised} accesses of the stack; {otherwise} without optimisation")
    right = 10 * optimised < otherwise
    if platform.machine() in ("x86_64", "AMD64"):
        loops = list(loops_of_tiles(training))
        calling = [name for name, calls in loops if calls]
        print(f"{len(loops)} loops in which tiles multiply, of which {len(calling)} call", *calling,
              sep="\n    ")
        right = right and len(loops) >= 5 and not calling
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
