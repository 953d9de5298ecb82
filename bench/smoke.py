"""Runs a few rows of bench programs for a moment: smoke.py {<program> <filter>}.

Fails if a program does, if it has no such row, or if a row reports an error or no time."""

import json
import subprocess
import sys


def faults(program, rows):
    run = subprocess.run(
        [program, "--benchmark_filter=" + rows, "--benchmark_min_time=0.001",
         "--benchmark_format=json", "--pin=none"],
        stdout=subprocess.PIPE, text=True, check=True)
    results = json.loads(run.stdout)["benchmarks"] if run.stdout.strip() else []
    if not results:
        return [f"{program}: no row matches {rows}"]
    return [f"{r['name']}: {r.get('error_message', 'no time')}" for r in results
            if r.get("error_occurred") or not r.get("real_time", 0) > 0]


pairs = sys.argv[1:]
found = [fault for at in range(0, len(pairs), 2) for fault in faults(pairs[at], pairs[at + 1])]
sys.exit("\n".join(found) or 0)
