#!/usr/bin/env python3
"""Whether bench/compile_time/measure.py tells the memory of the compiler, not its own."""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench" / "compile_time"))
import measure  # noqa: E402

kept = b"\1" * (400 << 20)  # as a trace of clang's takes that has been read
_, megabytes = measure.compile_once(["true"])
if megabytes > 100:
    sys.exit(f"a program that does nothing took {megabytes:.0f} MB")
try:
    measure.compile_once(["false"])
except SystemExit:
    sys.exit(0)
sys.exit("a compiler that fails is measured")
