#!/usr/bin/env python3
"""Whether every file includes only files of its own folder and of those before it.

The folders stand here in the order of processing. A file directly in `codegen/` or `runtime/` comes
before that one's folders; `runtime/training.hpp` alone gathers all that training offers."""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
ORDER = ["dsl",
         "codegen", "codegen/ir", "codegen/passes", "codegen/lower", "codegen/reference",
         "codegen/simd", "codegen/kernels", "codegen/execute", "codegen/report",
         "runtime", "runtime/files", "runtime/data", "runtime/infer", "runtime/train",
         "runtime/bench"]
GATHERS = {"runtime/training.hpp"}


def place(path):
    """The number of the folder in ORDER that a path of the tree is in; None of one elsewhere."""
    parts = path.split("/")[:-1]
    for length in (2, 1):
        folder = "/".join(parts[:length])
        if len(parts) >= length and folder in ORDER:
            return ORDER.index(folder)
    return None


def faults(path, text):
    """What `path`, which has that text, includes of a later folder."""
    for included in re.findall(r'(?m)^\s*#\s*include "(.*)"', text):
        other = os.path.normpath(os.path.join(os.path.dirname(path), included))
        if not (ROOT / other).exists():  # of the build, or of an example in a comment
            continue
        there = place(other)
        if there is None or there > place(path):
            yield f"{path} includes {other}, which is in a later folder"


def main():
    assert list(faults("codegen/ir/plan.hpp", '#include "../passes/fuse.hpp"')), "cannot fail"
    assert not list(faults("codegen/passes/fuse.hpp", '#include "../ir/plan.hpp"'))
    found = []
    for folder in ("dsl", "codegen", "runtime"):
        for path in sorted((ROOT / folder).rglob("*.[hc]pp")):
            name = path.relative_to(ROOT).as_posix()
            if name not in GATHERS:
                found += faults(name, path.read_text("utf-8"))
    unknown = {p.parent.relative_to(ROOT).as_posix() for p in ROOT.glob("codegen/*/*.hpp")} - set(ORDER)
    found += [f"{folder} has no place in the order of the folders" for folder in sorted(unknown)]
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
