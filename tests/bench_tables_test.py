"""What bench/tables.py makes of results: bench_tables_test.py bench/tables.py."""

import importlib.util
import json
import pathlib
import sys
import tempfile

spec = importlib.util.spec_from_file_location("tables", sys.argv[1])
tables = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tables)


def row(name, time, **more):
    return {"run_name": name, "real_time": time, **more}


def table(rows, second):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for compiler, results in (("g++", rows), ("clang++", second)):
            (folder / compiler / "x86-64-v4").mkdir(parents=True)
            (folder / compiler / "x86-64-v4" / "kernels.json").write_text(
                json.dumps({"benchmarks": results}), encoding="utf-8")
        return "\n".join(tables.tables(folder))


text = table([row("gemm/a/etch", 100.0, spread=0.02), row("gemm/b/etch", 200.0, spread=0.31),
              row("gemm/b/libxsmm", 300.0)],
             [row("gemm/a/etch", 101.0, spread=0.08)])
lines = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")]
         for line in text.splitlines() if line.startswith("| `")}
expected = {"`gemm/a`": ["100 ns", "101 ns (+8%)"], "`gemm/b`": ["200 ns (+31%)", ""]}
found = {name: cells[2:4] for name, cells in lines.items()}
if found != expected:
    sys.exit(f"expected {expected}, found {found}")
if "libxsmm 300 ns, 1.50 x" not in text:
    sys.exit("the best other library is not compared:\n" + text)
