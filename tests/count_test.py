#!/usr/bin/env python3
"""Checks count.py on the words of Catch2 2 and 3, good and bad."""

import sys

sys.dont_write_bytecode = True
from count import count  # noqa: E402

CASES = [  # Meson's result, what the program printed, (passed, failed, skipped)
    ("OK", "All tests passed (9 assertions in 4 test cases)\n", (4, 0, 0)),
    ("OK", "All tests passed (1 assertion in 1 test case)\n", (1, 0, 0)),
    ("FAIL", "test cases: 3 | 1 passed | 2 failed\nassertions: 9 | 7 passed | 2 failed\n", (1, 2, 0)),
    ("FAIL", "test cases:  12 |  11 passed |  1 failed\n", (11, 1, 0)),
    ("OK", "test cases: 3 | 2 passed | 1 failed as expected\n", (3, 0, 0)),
    ("OK", "test cases: 3 | 2 passed | 1 skipped\n", (2, 0, 1)),
    ("OK", "SKIPPED: mnist: no data\nAll tests passed (2 assertions in 2 test cases)\n", (1, 0, 1)),
    ("OK", "SKIPPED: a: x\nSKIPPED: a: x\nAll tests passed (1 assertion in 2 test cases)\n", (1, 0, 1)),
    ("FAIL", "All tests passed (9 assertions in 4 test cases)\nLeakSanitizer: ...\n", (3, 1, 0)),
    ("FAIL", "terminated\n", (0, 1, 0)),
    ("TIMEOUT", "", (0, 1, 0)),
    ("OK", "an example\n", (1, 0, 0)),
    ("SKIP", "", (0, 0, 1)),
]

wrong = 0
for result, stdout, wanted in CASES:
    passed, failed, skipped = count(result, stdout)
    if (passed, failed, len(skipped)) != wanted:
        wrong += 1
        print(f"{result} {stdout!r}: wanted {wanted}, got {(passed, failed, len(skipped))}")
print(f"{len(CASES) - wrong} of {len(CASES)} counts as they should be")
sys.exit(1 if wrong else 0)
