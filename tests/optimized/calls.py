#!/usr/bin/env python3
"""Whether kernels are optimised in a build with -O0: calls.py PROGRAM PLAIN

The kernels of PROGRAM call few functions of xsimd (g++ leaves friends, such as its operators, out
of a pragma); those of PLAIN, compiled without the pragmas of the umbrella header, call it for all.
"""

import re
import shutil
import subprocess
import sys


def calls(program):
    """Calls of xsimd's functions from etch's."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], capture_output=True,
                          text=True, check=True).stdout
    found, inside = 0, False
    for line in text.splitlines():
        head = re.match(r"[0-9a-f]+ <(\w+)>:", line)
        if head:
            inside = head[1].startswith("_ZN4etch")
        elif inside and re.search(r"\b(call|bl)\b.*<_ZN?\w*5xsimd", line):
            found += 1
    return found


def main(program, plain):
    if not shutil.which("objdump"):
        print("SKIPPED: needs objdump")
        return 77
    optimised, otherwise = calls(program), calls(plain)
    print(f"{optimised} calls; {otherwise} without optimisation")
    return 0 if 10 * optimised < otherwise else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
