"""Runs a few rows of bench programs for a moment: smoke.py {<program> <filter>}.

Fails if a program does, if it has no such row, or if a row reports an error or no time; and if a
program takes a command line that it should refuse."""

import json
import subprocess
import sys

REFUSED = ("--stretch=abc", "--stretch=-5", "--pin=foo", "--pin=-1", "--pin=100000")


def faults(program, rows):
    run = subprocess.run(
        [program, "--benchmark_filter=" + rows, "--benchmark_min_time=0.001",
         "--benchmark_format=json", "--pin=none"],
        stdout=subprocess.PIPE, text=True, check=True)
    results = json.loads(run.stdout)["benchmarks"] if run.stdout.strip() else []
    if not results:
        return [f"{program}: no row matches {rows}"]
    return [f"{r['name']}: {r.get('error_message', 'no time')}" for r in results
            if r.get("error_occurred") or not r.get("real_time", 0) > 0] + list(accepted(program))


def accepted(program):
    """The options that the program should refuse, and does not."""
    for option in REFUSED:
        run = subprocess.run([program, option, "--benchmark_list_tests"], text=True,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        name, given = option.split("=")
        if run.returncode != 2 or name not in run.stderr or "given: " + given not in run.stderr:
            yield f"{program} {option}: {run.returncode}, {run.stderr}"


pairs = sys.argv[1:]
found = [fault for at in range(0, len(pairs), 2) for fault in faults(pairs[at], pairs[at + 1])]
sys.exit("\n".join(found) or 0)
