#!/usr/bin/env python3
"""Whether kernels are optimised in a build with -O0: stack.py PROGRAM PLAIN

Functions of etch keep their values in registers in PROGRAM; in PLAIN, compiled without the pragmas
of the umbrella header, in memory.
"""

import re
import shutil
import subprocess
import sys


def accesses(program):
    """Instructions of etch's functions that read or write their stack."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], capture_output=True,
                          text=True, check=True).stdout
    found, inside = 0, False
    for line in text.splitlines():
        head = re.match(r"[0-9a-f]+ <(\w+)>:", line)
        if head:
            inside = head[1].startswith("_ZN4etch")
        elif inside and re.search(r"\(%r[bs]p\)|\[(sp|x29)\b", line):
            found += 1
    return found


def main(program, plain):
    if not shutil.which("objdump"):
        print("SKIPPED: needs objdump")
        return 77
    optimised, otherwise = accesses(program), accesses(plain)
    print(f"{optimised} accesses of the stack; {otherwise} without optimisation")
    return 0 if 10 * optimised < otherwise else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
