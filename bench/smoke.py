"""Runs a few rows of bench programs for a moment: smoke.py {<program> <filter>}.

Fails if a program does, if it has no such row, or if a row reports an error or no time; if the rows
are listed by other names than those they have in the results; and if a program takes a command line
that it should refuse."""

import json
import subprocess
import sys

REFUSED = ("--stretch=abc", "--stretch=-5", "--pin=foo", "--pin=-1", "--pin=100000",
           "--benchmark_filter=no such row", "--benchmark_filter=(")


def faults(program, rows):
    run = subprocess.run(
        [program, "--benchmark_filter=" + rows, "--benchmark_min_time=0.001",
         "--benchmark_format=json", "--pin=none"],
        stdout=subprocess.PIPE, text=True, check=True)
    results = json.loads(run.stdout)["benchmarks"]
    for r in results:
        if r.get("error_occurred") or not r.get("real_time", 0) > 0:
            yield f"{r['name']}: {r.get('error_message', 'no time')}"
    names = [r["name"] for r in results]
    if listed(program, rows) != names:
        yield f"{program}: {names} are listed as {listed(program, rows)}"
    if listed(program, f"^{names[0]}$") != names[:1]:
        yield f"{program}: no row is called {names[0]}"
    for option in REFUSED:
        refused = subprocess.run([program, option, "--benchmark_list_tests"], text=True,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        name, given = option.split("=")
        if (refused.returncode != 2 or name not in refused.stderr
                or f"given: {given}\n" not in refused.stderr):
            yield f"{program} {option}: {refused.returncode}, {refused.stderr}"


def listed(program, rows):
    return subprocess.run([program, "--benchmark_filter=" + rows, "--benchmark_list_tests"],
                          stdout=subprocess.PIPE, text=True).stdout.splitlines()


pairs = sys.argv[1:]
found = [fault for at in range(0, len(pairs), 2) for fault in faults(pairs[at], pairs[at + 1])]
sys.exit("\n".join(found) or 0)
