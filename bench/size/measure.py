"""Bytes of code of the embedded examples: what a network adds to a program.

  python3 bench/size/measure.py [--compilers g++,clang++] [--levels x86-64-v3,x86-64-v4]
                                [--json FILE]

Each network is one function, forward, whose weights lie elsewhere; it is compiled without
exceptions and run-time type information, and the text of the object is what `size` says."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "bench"))
import command_line  # noqa: E402

# name: (bytes at most, declaration)
NETWORKS = {
    "mlp_1_8_8_8_1": (4 * 1024,
                      "etch::input<1> | etch::dense<8> | etch::tanh | etch::dense<8> | etch::tanh"
                      " | etch::dense<8> | etch::tanh | etch::dense<1>"),
    "mnist_cnn": (40 * 1024,
                  "etch::input<28, 28, 1> | etch::conv2d<32, 3> | etch::relu | etch::max_pool2d<2>"
                  " | etch::conv2d<64, 3> | etch::relu | etch::max_pool2d<2> | etch::conv2d<64, 3>"
                  " | etch::relu | etch::flatten | etch::dense<64> | etch::relu | etch::dense<10>"),
}

SOURCE = """
#include <etch/inference.hpp>
static constexpr auto net = %s;
struct external : etch::forward_interface<net, etch::arch::native, external> {
  float const* data;
  float const* weights() const noexcept { return data; }
};
void forward(external const& m, etch::workspace<net>& w,
             std::array<float, net.input_shape().elements()> const& x,
             std::array<float, net.output_shape().elements()>& y) noexcept {
  m.forward(w, x, y);
}
"""


def text_bytes(compiler, level, optimise, declaration, include, folder):
    source, compiled = folder / "net.cpp", folder / "net.o"
    source.write_text(SOURCE % declaration)
    subprocess.run([compiler, "-std=c++20", optimise, "-march=" + level, "-ffp-contract=fast",
                    "-fno-exceptions", "-fno-rtti", "-I", str(include), "-c", str(source),
                    "-o", str(compiled)], check=True)
    told = subprocess.run(["size", str(compiled)], stdout=subprocess.PIPE, text=True, check=True)
    return int(told.stdout.splitlines()[1].split()[0])


def tree_include(root, folder):
    """A folder from which <etch/...> is found in the tree."""
    (folder / "include").mkdir()
    (folder / "include" / "etch").symlink_to(root)
    return folder / "include"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--root", type=pathlib.Path, default=ROOT)
    options.add_argument("--compilers", type=command_line.compilers,
                         default="g++,clang++,clang++-19")
    options.add_argument("--levels", type=lambda text: text.split(","),
                         default="x86-64-v3,x86-64-v4")
    options.add_argument("--json", type=command_line.output)
    chosen = options.parse_args()
    command_line.check_levels(options, chosen.compilers, chosen.levels)

    rows = []
    print(f"{'network':<16} {'compiler':<12} {'level':<10} {'flag':<4} {'text':>8} {'budget':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        include = tree_include(chosen.root.resolve(), folder)
        for network, (budget, declaration) in NETWORKS.items():
            for compiler in chosen.compilers:
                for level in chosen.levels:
                    for optimise in ("-O2", "-Os"):
                        text = text_bytes(compiler, level, optimise, declaration, include, folder)
                        rows.append({"network": network, "compiler": compiler, "level": level,
                                     "flag": optimise, "text": text, "budget": budget})
                        print(f"{network:<16} {compiler:<12} {level:<10} {optimise:<4} {text:>8}"
                              f" {budget:>8}{'  over' if text > budget else ''}", flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
