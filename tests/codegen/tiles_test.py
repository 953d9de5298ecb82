#!/usr/bin/env python3
"""Compiles tiles.cpp for AVX2 and AVX-512 and fails if a tile does not fit its registers.

    tiles_test.py BUILD_DIR SOURCE           (with the command that compiles SOURCE in BUILD_DIR)

An innermost loop of a tile function multiplies what it loads with what it holds in registers. A
vector that it moves to the stack or from it is one for which there was no register. Aligned stores
are to the stack too: tensors are not known to be aligned. A constant that an epilogue selects with
may lie there, as it may in memory.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "compile_fail"))
import run  # noqa: E402

TILE = re.compile(r"\b(\w+_tile|depthwise_\w+)<")
VECTOR = re.compile(r"%[xyz]mm\d+")
CONSTANT = re.compile(r"v(and|andn|or|blendv)p[sd]\s+-?0x[0-9a-f]+\(%rsp\),")
# clang 19 loads one vector of this tile again: its maximum keeps NaN and records where it was, which
# takes a register more than AVX2 has.
ONE_RELOAD = re.compile(r"held_tile<etch::arch::avx2, .*pool_window.*recording<")
JUMP = re.compile(r"^j(?!mp)\w+\s+([0-9a-f]+)\b")  # jmp: back from a branch that lies elsewhere


def functions(listing):
    """(name, [(address, instruction)]) of every function that objdump lists."""
    name, code = None, []
    for line in listing.splitlines():
        if head := re.match(r"^[0-9a-f]+ <(.*)>:$", line):
            if name:
                yield name, code
            name, code = head[1], []
        elif part := re.match(r"^\s*([0-9a-f]+):\s+(.*)$", line):
            code.append((int(part[1], 16), part[2].split("<")[0].strip()))
    if name:
        yield name, code


def innermost_loops(code):
    """The instructions of every loop that has no loop in it: what a jump backwards spans."""
    spans = []
    for address, text in code:
        if (jump := JUMP.match(text)) and code[0][0] <= int(jump[1], 16) <= address:
            spans.append((int(jump[1], 16), address))
    for first, last in spans:
        if not any((a, b) != (first, last) and first <= a and b <= last for a, b in spans):
            yield [text for address, text in code if first <= address <= last]


def spills(code):
    """The instructions of innermost loops that move a vector to or from the stack."""
    frame = any(re.match(r"mov\s+%rsp,%rbp", text) for _, text in code)
    stack = re.compile(r"\(%r(sp|bp)\b" if frame else r"\(%rsp\b")
    for loop in innermost_loops(code):
        for text in loop:
            aligned_store = text.startswith("vmovap") and text.endswith(")")
            moved = aligned_store or stack.search(text)
            if VECTOR.search(text) and moved and not CONSTANT.match(text):
                yield text


def check(command, directory, level, folder):
    """The complaints about one instruction set, and how many loops were seen."""
    output = os.path.join(folder, "tiles.o")
    subprocess.run([*command, "-O2", "-fno-sanitize=all", "-march=" + level, "-c",
                    os.path.join(here, "tiles.cpp"), "-o", output], cwd=directory, check=True)
    listing = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", output],
                             stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    wrong, loops = [], 0
    for name, code in functions(listing):
        if TILE.search(name):
            loops += sum(1 for _ in innermost_loops(code))
            found = list(spills(code))
            is_known = len(found) == 1 and ONE_RELOAD.search(name) and not found[0].endswith(")")
            if found and not is_known:
                wrong.append(f"{level}: {len(found)} in {name}\n    {found[0]}")
    return wrong, loops


def main(arguments):
    build_dir, source = arguments
    if platform.machine() not in ("x86_64", "AMD64") or not shutil.which("objdump"):
        print("skipped: needs x86-64 and objdump")
        return 77
    command, directory = run.flags_of(build_dir, source)
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for level in ("x86-64-v3", "x86-64-v4"):
            found, loops = check(command, directory, level, folder)
            print(f"{level}: {loops} innermost loops of tiles")
            wrong += found
            if loops < 20:
                wrong.append(f"{level}: only {loops} loops; are the tile functions still found?")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
