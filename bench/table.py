"""A Markdown table from the JSON of bench programs: table.py FILE.json...

One line for each name: etch, how near it is to the machine, and the best other library. Of repeated
rows the median counts."""

import json
import sys


def time_text(ns):
    for unit, size in (("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        results = json.load(file)["benchmarks"]
    repeated = {r["run_name"] for r in results if r.get("aggregate_name") == "median"}
    rows = {}
    for r in results:
        if r["run_name"] in repeated and r.get("aggregate_name") != "median":
            continue
        name, library = r["run_name"].rsplit("/", 1)
        if r.get("error_occurred"):
            print(f"{r['run_name']}: {r['error_message']}", file=sys.stderr)
        else:
            rows.setdefault(name, {})[library] = r
    return rows


def percent(row, key):
    return f"{100 * row[key]:.0f}%" if key in row else ""


def main():
    print("| row | time | samples/s | GFLOP/s | of peak | of bound | best peer | etch is |")
    print("|---|---|---|---|---|---|---|---|")
    for path in sys.argv[1:]:
        for name, libraries in rows_of(path).items():
            etch = libraries.pop("etch", None)
            if etch is None:
                continue
            peer, versus = "", ""
            if libraries:
                best, row = min(libraries.items(), key=lambda item: item[1]["real_time"])
                peer = f"{best} {time_text(row['real_time'])}"
                versus = f"{row['real_time'] / etch['real_time']:.2f} x"
            bound = f"{percent(etch, 'of_bound')} {etch.get('label', '')}".strip()
            items = f"{etch['items_per_second']:,.0f}" if "items_per_second" in etch else ""
            speed = f"{etch['GFLOP/s']:.0f}" if "GFLOP/s" in etch else ""
            print(f"| `{name}` | {time_text(etch['real_time'])} | {items} | {speed}"
                  f" | {percent(etch, 'of_peak')} | {bound} | {peer} | {versus} |")


if __name__ == "__main__":
    main()
