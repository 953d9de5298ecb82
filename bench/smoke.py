"""Runs a few rows of bench programs for a moment: smoke.py {<program> <filter>}.

Fails if a program does, if it has no such row, or if a row reports an error or no time; if the rows
are listed by other names than those they have in the results; if a program, or one of the
measure.py, takes a command line that it should refuse; and if a full disk is no failure."""

import json
import pathlib
import subprocess
import sys

REFUSED = ("--stretch=abc", "--stretch=-5", "--pin=foo", "--pin=-1", "--pin=100000",
           "--benchmark_filter=no such row", "--benchmark_filter=(")
REFUSED_BY_MEASURE = {
    "compile_time": ("--compilers=nosuch", "--only=nosuch", "--only=(", "--repeat=0",
                     "--level=nosuch", "--json=/nosuch/file"),
    "size": ("--compilers=nosuch", "--levels=x86-64-v3,nosuch", "--json=/nosuch/file"),
}


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
    with open("/dev/full", "w", encoding="utf-8") as full:
        if subprocess.run([program, "--benchmark_list_tests"], stdout=full,
                          stderr=subprocess.DEVNULL).returncode == 0:
            yield f"{program}: --benchmark_list_tests > /dev/full succeeds"
    for option in REFUSED:
        yield from accepted([program, "--benchmark_list_tests", option])


def accepted(command):
    """What is wrong if the last option, `--name=value`, is not refused with both in the message."""
    name, value = command[-1].split("=")
    run = subprocess.run(command, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = run.stderr.splitlines()[-1] if run.stderr else ""
    if run.returncode != 2 or name.strip("-s") not in said or value.split(",")[-1] not in said:
        yield f"{' '.join(command)}: exit code {run.returncode}, {run.stderr}"


def listed(program, rows):
    return subprocess.run([program, "--benchmark_filter=" + rows, "--benchmark_list_tests"],
                          stdout=subprocess.PIPE, text=True).stdout.splitlines()


pairs = sys.argv[1:]
found = [fault for at in range(0, len(pairs), 2) for fault in faults(pairs[at], pairs[at + 1])]
for folder, options in REFUSED_BY_MEASURE.items():
    measure = str(pathlib.Path(__file__).parent / folder / "measure.py")
    found += [fault for option in options for fault in accepted([sys.executable, measure, option])]
sys.exit("\n".join(found) or 0)
