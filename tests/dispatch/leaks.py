#!/usr/bin/env python3
"""Whether new instructions can run on an old machine: leaks.py PROGRAM SHARED RAW OBJECT...

PROGRAM is linked with the OBJECTs of the levels, whose symbols were made local. What is not of a
level's file must have none of the instructions that came with AVX and later, and an OBJECT must
offer the linker nothing but its entries. RAW is such a library as the compiler made it, where the
inspection must find something, and SHARED a program with these, which must notice by itself.
"""

import bisect
import re
import shutil
import subprocess
import sys

LEVEL_FILE = "level.cpp"
ENTRY = "_ZN4etch10level_codeI"
# What begins with v is encoded as AVX is; then AVX-512's mask registers, and BMI, BMI2, LZCNT and
# MOVBE. tzcnt runs everywhere, as bsf.
NEW = re.compile(r"^(v\w+|k(mov|add|and|or|xor|test|shift|unpck|not)\w*|andn|bextr|bls\w+|"
                 r"bzhi|mulx|pdep|pext|rorx|s[ahr][rl]x|shlx|lzcnt|movbe)\b|%[yz]mm|%k[0-7]")


def tool(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def symbols(path):
    """The functions and data that PATH defines: (address, size, type, binding, name, file)."""
    source = ""
    for line in tool("readelf", "-sW", path):
        field = line.split()
        if len(field) < 7 or not field[0].rstrip(":").isdigit():
            continue
        value, size, kind, bind, section = field[1], field[2], field[3], field[4], field[6]
        name = field[7] if len(field) > 7 else ""
        if kind == "FILE":
            source = name
        elif section not in ("UND", "ABS") and kind in ("FUNC", "OBJECT", "NOTYPE"):
            yield int(value, 16), int(size, 0), kind, bind, name, source if bind == "LOCAL" else ""


def leaked(program, except_levels=True):
    """New instructions of PROGRAM outside of the levels, as (function, instruction)."""
    functions = sorted(s for s in symbols(program) if s[2] == "FUNC")
    starts = [f[0] for f in functions]
    for line in tool("objdump", "-d", "--no-show-raw-insn", program):
        found = re.match(r"\s*([0-9a-f]+):\s+(.*)", line)
        if not found or not NEW.search(found[2]):
            continue
        i = bisect.bisect_right(starts, int(found[1], 16)) - 1
        _, _, _, _, name, source = functions[i] if i >= 0 else (0, 0, "", "", "", "")
        if not except_levels or (source != LEVEL_FILE and not name.startswith(ENTRY)):
            yield name, found[2]


def offered(path):
    """Names of an object file, other than entries, that the linker may use for another one."""
    for _, _, kind, bind, name, _ in symbols(path):
        if bind != "LOCAL" and kind != "OBJECT" and not name.startswith(ENTRY):
            yield name
    if any("COMDAT" in line for line in tool("readelf", "-gW", path)):
        yield "a COMDAT group"


def main(program, shared, raw, *objects):
    if not shutil.which("objdump") or not shutil.which("readelf"):
        print("SKIPPED: needs objdump and readelf")
        return 77
    faults = [f"{program}: {name}: {text}" for name, text in leaked(program)]
    faults += [f"{path} offers {name}" for path in objects for name in offered(path)]
    entries = [s for path in objects for s in symbols(path) if s[4].startswith(ENTRY)]
    if len(entries) < 2 * len(objects):
        faults.append("the levels have no entries")
    if len(objects) > 1:
        if not list(leaked(program, except_levels=False)):
            faults.append("no new instruction is recognised")
        if not list(offered(raw)):
            faults.append(f"nothing is found in {raw}")
        run = subprocess.run([shared], capture_output=True, text=True, check=False)
        if run.returncode != 2 or "is linked into that of" not in run.stderr:
            faults.append(f"{shared} does not notice: {run.returncode} {run.stderr}")
    print(*faults[:20], sep="\n")
    print(f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
