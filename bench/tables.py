"""Markdown tables from what bench/run.sh has measured.

  python3 bench/tables.py FOLDER [--into bench/README.md]

FOLDER/<compiler>/<level>/<program>.json are Google Benchmark's files. With --into, the tables replace
what stands between the two markers of that file."""

import argparse
import json
import pathlib
import re
import sys

LEVELS = {"x86-64-v4": "AVX-512", "x86-64-v3": "AVX2"}
PEERS = ("eigen", "libxsmm", "onednn", "openblas", "dlib")
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"

# What each row must reach, and what it is meant to: (row, what counts, at AVX-512, at AVX2); of the rows
# that match the first counts. `of_peak` and `of_bound` are fractions, `GFLOP/s` and `items_per_second` are
# at least, `ns` is at most; `peers` is the speed as a multiple of the best other library's, `one thread`
# as a multiple of the row of one thread.
FLOORS = [
    (r"matvec/.*", "of_bound", 0.88, 0.88),
    (r"dense_tanh/8x8/.*", "ns", 9.6, None),
    (r"dense_tanh/32x32/.*", "ns", 42.7, None),
    (r"dense_tanh/64x64/.*", "ns", 106, None),
    (r"dense_tanh/128x128/.*", "ns", 515, None),
    (r"gemm/8x8x8/.*", "GFLOP/s", 67, None),
    (r"gemm/16x16x16/.*", "GFLOP/s", 154, None),
    (r"gemm/32x128x10/.*", "GFLOP/s", 92, None),
    (r"gemm/.*", "of_peak", 0.80, 0.92),
    (r"product/.*", "of_peak", 0.72, 0.83),
    (r"conv/28x28x1x32_3x3_pool2/.*", "of_peak", 0.80, 0.84),
    (r"conv/13x13x32x64_3x3/forward/.*", "of_peak", 0.80, 0.85),
    (r"conv/13x13x32x64_3x3/dx/.*", "of_peak", 0.82, 0.94),
    (r"conv/13x13x32x64_3x3/dw/.*", "of_peak", 0.83, 0.92),
    (r"conv/5x5x64x64_3x3/forward/.*", "of_peak", 0.78, 0.81),
    (r"conv/5x5x64x64_3x3/dx/.*", "of_peak", 0.78, None),
    (r"conv/5x5x64x64_3x3/dw/.*", "of_peak", 0.69, 0.90),
    (r"elementwise/tanh_1024/.*", "ns", 64 * 3.3, None),
    (r"update/adam.*", "ns", 42e3, None),
    (r"update/sgd_100k/.*", "ns", 15e3, None),
    (r"train/.*threads:2", "one thread", 1.9, 1.9),
]
GOALS = [
    (r"matvec/.*", "of_bound", 0.95, 0.95),
    (r"dense_tanh/8x8/.*", "ns", 4.8, None),
    (r"dense_tanh/32x32/.*", "ns", 25, None),
    (r"dense_tanh/64x64/.*", "ns", 80, None),
    (r"dense_tanh/128x128/.*", "ns", 430, None),
    (r"gemm/8x8x8/.*", "peers", 1.3, 1.3),
    (r"gemm/16x16x16/.*", "peers", 1.3, 1.3),
    (r"gemm/32x128x10/.*", "peers", 1.3, 1.3),
    (r"gemm/.*", "peers", 1.0, 1.0),
    (r"conv/28x28x1x32_3x3_pool2/.*", "of_peak", 0.88, 0.84),
    (r"conv/13x13x32x64_3x3/.*", "of_peak", 0.88, 0.93),
    (r"conv/5x5x64x64_3x3/.*", "of_peak", 0.85, 0.85),
    (r"conv/.*depthwise/.*", "of_bound", 0.80, 0.80),
    (r"conv/(?!28x28x1|13x13).*", "of_peak", 0.75, 0.75),
    (r"elementwise/(tanh|sigmoid|exp|gelu)_1024.*", "ns", 64 * 3.3, None),
    (r"reduction/(softmax|layer_norm|batch_norm|max_pool|avg_pool|global_avg).*", "of_bound", 0.8, 0.8),
    (r"update/.*", "of_bound", 0.95, 0.95),
    (r"network/mlp_10_5_3/forward/batch:1", "ns", 15, None),
    (r"network/mlp_1_8_8_8_1/forward/batch:1", "ns", 15, None),
    (r"network/mlp_1_8_8_8_1/chained/batch:1", "ns", 48, None),
    (r"network/mlp_64_128_128_10/forward/batch:1", "ns", 660, None),
    (r"network/mlp_784_128_64_10/forward/batch:1", "ns", 2600, None),
    (r"network/mnist_cnn/forward/batch:1", "ns", 29e3, None),
    (r"network/mnist_cnn/forward/batch:64", "ns", 64 * 28e3, None),
    (r"network/mnist_dropout/forward/batch:1", "of_bound", 0.95, 0.95),
    (r"network/mnist_dropout/forward/batch:64", "ns", 64 * 14e3, None),
    (r"network/resnet18_small/forward/batch:1", "ns", 430e3, None),
    (r"train/mlp_1_8_8_8_1/.*threads:1", "items_per_second", 1e9 / 9, None),
    (r"train/mlp_784_128_64_10/sgd/.*threads:1", "items_per_second", 220e3, None),
    (r"train/mlp_784_128_64_10/adam/.*threads:1", "items_per_second", 180e3, None),
    (r"train/mnist_cnn/.*threads:1", "items_per_second", 11500, None),
    (r"train/mnist_cnn/.*threads:2", "items_per_second", 22000, None),
    (r"train/mnist_dropout/.*threads:1", "items_per_second", 20000, None),
    (r"train/mnist_dropout/.*threads:2", "items_per_second", 36000, None),
    (r"train/resnet18_small/.*threads:1", "items_per_second", 750, None),
]


def time_text(ns):
    for unit, size in (("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def read_rows(path):
    """{name: {library: row}}; a row is the best of its passes."""
    rows = {}
    for r in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]:
        name, library = r["run_name"].rsplit("/", 1)
        if r.get("error_occurred"):
            print(f"{path}: {r['run_name']}: {r['error_message']}", file=sys.stderr)
        else:
            rows.setdefault(name, {})[library] = r
    return rows


def best_peer(libraries):
    """(library, row) of the fastest other library, or None."""
    peers = [(r["real_time"], library) for library, r in libraries.items() if library in PEERS]
    return (min(peers)[1], libraries[min(peers)[1]]) if peers else None


def value(libraries, kind):
    row = libraries["etch"]
    if kind == "ns":
        return row["real_time"]
    if kind == "peers":
        peer = best_peer(libraries)
        return peer[1]["real_time"] / row["real_time"] if peer else None
    if kind == "one thread":
        return row["items_per_second"] / row["of one thread"] if "of one thread" in row else None
    return row.get(kind)


def goal_text(kind, goal):
    if kind == "ns":
        return time_text(goal)
    if kind == "peers":
        return f"{goal:.3g} x peers"
    if kind == "items_per_second":
        return f"{goal:,.0f}/s"
    if kind == "GFLOP/s":
        return f"{goal} GFLOP/s"
    if kind == "one thread":
        return f"{goal} x one thread"
    return f"{100 * goal:.0f}% " + ("of peak" if kind == "of_peak" else "of bound")


def target(targets, name, libraries, level):
    """(what it says, whether it is reached) of the first target for the row; None where none is set."""
    for pattern, kind, *limits in targets:
        if re.fullmatch(pattern, name):
            limit = limits[list(LEVELS).index(level)]
            reached = value(libraries, kind) if limit else None
            if reached is None:
                return None
            near = 0.985  # a percent is noise
            return (goal_text(kind, limit),
                    reached * near <= limit if kind == "ns" else reached >= near * limit)
    return None


def verdict(name, libraries, level):
    """The row's goal, marked when it is missed, and its floor, when that is."""
    goal = target(GOALS, name, libraries, level)
    floor = target(FLOORS, name, libraries, level)
    parts = [goal[0] + ("" if goal[1] else " **missed**")] if goal else []
    if floor and not floor[1]:
        parts.append(f"floor {floor[0]} **missed**")
    return ", ".join(parts)


def timed(row):
    """The time of a row, and by how much its passes disagree where that is over 5%."""
    spread = row.get("spread", 0)
    return time_text(row["real_time"]) + (f" (+{100 * spread:.0f}%)" if spread > 0.05 else "")


def percent(row, key):
    return f"{100 * row[key]:.0f}%" if key in row else ""


def line(name, libraries, other, level):
    etch = libraries["etch"]
    peer = best_peer(libraries)
    against = (f"{peer[0]} {time_text(peer[1]['real_time'])}, "
               f"{peer[1]['real_time'] / etch['real_time']:.2f} x") if peer else ""
    items = f"{etch['items_per_second']:,.0f}" if "items_per_second" in etch else ""
    speed = f"{etch['GFLOP/s']:.0f}" if "GFLOP/s" in etch else ""
    bound = f"{percent(etch, 'of_bound')} {etch.get('label', '')}".strip()
    second = timed(other) if other else ""
    if other and not 1 / 1.1 <= other["real_time"] / etch["real_time"] <= 1.1:
        second += f", **{other['real_time'] / etch['real_time']:.2f} x**"
    if "of one thread" in etch:
        items += f", {etch['items_per_second'] / etch['of one thread']:.2f} x one thread"
    return (f"| `{name}` | {timed(etch)} | {second} | {items} | {speed}"
            f" | {percent(etch, 'of_peak')} | {bound} | {against} | {verdict(name, libraries, level)} |")


def tables(folder):
    compilers = {path.parts[-3] for path in folder.glob("*/*/*.json")} - {"build"}
    compilers = sorted(compilers, key=lambda name: ("clang" in name, name))
    if not compilers:
        raise SystemExit(f"{folder}: no results; bench/run.sh makes them")
    first, second = compilers[0], compilers[1] if len(compilers) > 1 else None
    for level, title in LEVELS.items():
        if not (folder / first / level).is_dir():
            continue
        yield f"### {title} (`-march={level}`)\n"
        yield (f"| row | {first} | {second or ''} | samples/s | GFLOP/s | of peak | of bound"
               " | best other library, etch is | goal |")
        yield "|---|---|---|---|---|---|---|---|---|"
        for program in ("kernels", "networks", "training", "training_resnet"):
            path = folder / first / level / f"{program}.json"
            beside = folder / second / level / f"{program}.json" if second else path
            if not path.exists():
                continue
            others = read_rows(beside) if beside.exists() and second else {}
            rows = read_rows(path)
            for name, libraries in rows.items():
                one = rows.get(name.replace("threads:2", "threads:1"), {}).get("etch")
                if "threads:2" in name and one:
                    libraries["etch"]["of one thread"] = one["items_per_second"]
            for name, libraries in rows.items():
                if "etch" in libraries:
                    other = others.get(name, {}).get("etch")
                    yield line(name, libraries, other, level)
        yield ""


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--into", type=pathlib.Path)
    chosen = options.parse_args()
    text = "\n".join(tables(chosen.folder))
    if chosen.into is None:
        print(text)
        return
    page = chosen.into.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    chosen.into.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
