#!/usr/bin/env python3
"""Whether README.md or a page of docs/ names what a program may use.

That is what has a docstring in the headers that etch.hpp and inference.hpp name, and in those of
layers and losses, and the members of options and reports.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LISTS = ("inference.hpp", "runtime/training.hpp", "dsl/layers.hpp", "dsl/losses.hpp")
SKIPPED = {"training.hpp", "library_begin.hpp", "library_end.hpp", "diagnostics.hpp", "network.hpp",
           "options.hpp", "combinator.hpp", "usable.hpp", "forward.hpp"}  # which others include too
# What these headers have for each other.
OURS = {"batch_range", "beginning_text", "cost_of", "describe_mismatch",
        "embedded_header", "ETCH_EMBED_KNOWN", "fail_at", "group_size", "grouped", "has_classes",
        "tensor_expectation", "weights_rule", "within_memory"}
DETAIL = re.compile(r"namespace (\w+::)*detail\b")
NAME = re.compile(r"(?:struct|class|enum class|#define) (?:\[\[.*?\]\] )?(\w+)|"
                  r"(?:[^(=]*[ &*])?(\w+)(?:\(|\{|;| =)")


def headers():
    for name in LISTS:
        for included in re.findall('(?m)^#include "(.*)"', (ROOT / name).read_text("utf-8")):
            path = (ROOT / name).parent / included
            if path.name not in SKIPPED:
                yield path


def names(text):
    """The names that a header declares at its left edge, behind a docstring."""
    hidden, described, inside = 0, False, ""  # how many braces of detail are open
    for line in text.splitlines():
        if hidden or DETAIL.match(line):
            hidden += line.count("{") - line.count("}")
        elif line.startswith("///"):
            described = True
        elif line.startswith(("template", "  requires", "#if")):
            continue
        elif line.startswith("  ") and re.search("_options|_report|evaluation", inside):
            if member := re.fullmatch(r"  \w[^(]*?(\w+)(?: = [^;(]+)?;.*", line):
                yield member[1]
        elif line == "};":
            inside = ""
        else:
            if described and line and line[0] not in " }/" and (found := NAME.match(line)):
                inside = found[1] if found[1] and found[1] not in OURS else ""
                yield found[1] or found[2]
            described = False


documents = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
known = set(re.findall(r"\w+", " ".join(d.read_text("utf-8") for d in documents)))
count, missing = 0, []
for header in headers():
    for name in names(header.read_text("utf-8")):
        count += 1
        if name not in known | OURS:
            missing.append(f"{name}, of {header.relative_to(ROOT)}, is in no document")
print(*missing, f"{count} names", sep="\n")
sys.exit(1 if missing or count < 120 else 0)
