#!/usr/bin/env python3
"""Counts what `meson test` ran: count.py BUILD_DIR

Each Catch2 test case, each must-not-compile file and each example counts one. The last line is
`N passed, N failed`; test cases that called skip() are listed and count as neither. The exit code
is 1 if anything failed or nothing ran.
"""

import json
import os
import re
import sys

ALL_PASSED = re.compile(r"^All tests passed \(.*?(\d+) test cases?\)", re.MULTILINE)
SOME_FAILED = re.compile(r"^test cases: +(\d+)(.*)$", re.MULTILINE)
SKIPPED = re.compile(r"^SKIPPED: (.*)$", re.MULTILINE)


def count(result, stdout):
    """Returns (passed, failed, list of skipped) of one program; RESULT is Meson's word for it."""
    skipped = sorted(set(SKIPPED.findall(stdout)))
    if result == "SKIP":
        return 0, 0, skipped or ["no reason given"]
    good = result in ("OK", "EXPECTEDFAIL")
    some_failed = SOME_FAILED.findall(stdout)
    all_passed = ALL_PASSED.findall(stdout)
    if some_failed:
        total, parts = int(some_failed[-1][0]), some_failed[-1][1]
        bad = sum(int(n) for n in re.findall(r"(\d+) failed(?! as expected)", parts))
        left_out = sum(int(n) for n in re.findall(r"(\d+) skipped", parts))
        skipped += ["by Catch2"] * left_out
    elif all_passed:
        total, bad = int(all_passed[-1]), 0
    else:
        total, bad = 1, 0 if good else 1
    passed = max(0, total - bad - len(skipped))
    if not good and bad == 0:  # it fell over after its last test, such as a leak found at exit
        bad, passed = 1, max(0, passed - 1)
    return passed, bad, skipped


def main(build_dir):
    passed, failed, skipped = 0, 0, []
    try:
        with open(os.path.join(build_dir, "meson-logs", "testlog.json"), encoding="utf-8") as log:
            entries = [json.loads(line) for line in log]
    except (OSError, ValueError) as problem:
        print(f"no record of a test run: {problem}")
        entries = []
    for entry in entries:
        name = re.split(r":| / ", entry["name"])[-1]  # "suite - project:name", "project:suite / name"
        good, bad, left_out = count(entry["result"], entry.get("stdout", ""))
        passed += good
        failed += bad
        skipped += [f"{name}: {reason}" for reason in left_out]
        if bad:
            print(f"FAILED {name} ({entry['result'].lower()}, {bad} failed)")
    for reason in skipped:
        print(f"SKIPPED {reason}")
    if not entries:
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
