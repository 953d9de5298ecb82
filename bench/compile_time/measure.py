"""Seconds, peak memory and template instantiations of fixed translation units.

  python3 bench/compile_time/measure.py [--compilers g++,clang++] [--level x86-64-v3] [--json FILE]
                                        [--repeat N] [--only PATTERN]

Each is compiled with -O2 for an object. Seconds are those of the processor, the least of the runs;
memory is the largest resident set of the compiler. Instantiations are counted by the compilers, each
in its own way, so they compare a compiler with itself: g++ -fstats says how many specialisations its
tables hold, clang -ftime-trace how many classes and functions it has instantiated. `training_precompiled`
is the training unit where a precompiled header has <etch/etch.hpp>; to make that is not counted.
`library` is etch.cpp, which is compiled once, `training_dlib` the same training with dlib, if it is
installed."""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "bench"))
import command_line  # noqa: E402

CNN = ("etch::input<28, 28, 1> | etch::conv2d<32, 3> | etch::relu | etch::max_pool2d<2>"
       " | etch::conv2d<64, 3> | etch::relu | etch::max_pool2d<2> | etch::conv2d<64, 3> | etch::relu"
       " | etch::flatten | etch::dense<64> | etch::relu | etch::dense<10>")

# Sandler et al. 2018: 52 convolutions, each with a batch_norm, in 262 tensors.
MOBILENET_V2 = """#include <etch/inference.hpp>
struct relu6_layer : etch::layer {
  static constexpr std::string_view kind = "relu6";
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) {
    return etch::accept(in);
  }
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) {
    return min(6, max(0, x));
  }
};
constexpr relu6_layer relu6;
template <int Filters, int Size, auto... Options>
constexpr auto conv = etch::conv2d<Filters, Size, etch::same, etch::no_bias, Options...>
                    | etch::batch_norm;
template <int Channels, int Filters, int Stride>
constexpr auto depthwise = conv<Channels, 3, etch::stride<Stride>, etch::groups<Channels>> | relu6
                         | conv<Filters, 1>;
template <int Channels, int Filters, int Stride>
constexpr auto inverted = conv<6 * Channels, 1> | relu6
                        | depthwise<6 * Channels, Filters, Stride>;
template <int Channels>
constexpr auto bottleneck = etch::residual(inverted<Channels, Channels, 1>);
constexpr auto net = etch::input<224, 224, 3> | conv<32, 3, etch::stride<2>> | relu6
    | depthwise<32, 16, 1>
    | inverted<16, 24, 2> | bottleneck<24>
    | inverted<24, 32, 2> | etch::repeat<2>(bottleneck<32>)
    | inverted<32, 64, 2> | etch::repeat<3>(bottleneck<64>)
    | inverted<64, 96, 1> | etch::repeat<2>(bottleneck<96>)
    | inverted<96, 160, 2> | etch::repeat<2>(bottleneck<160>)
    | inverted<160, 320, 1>
    | conv<1280, 1> | relu6 | etch::global_avg_pool2d | etch::dense<1000>;
static_assert(etch::cost<net>.parameters == 3504872);
void run(etch::model<net> const& m, etch::workspace<net>& w,
         std::span<float const, 224 * 224 * 3> x, std::span<float, 1000> y) {
  m.forward(w, x, y);
}
"""


def dense_chain(layers):
    return unit("etch::input<16>" + " | etch::dense<16> | etch::relu" * layers, True)


def chain(layers, forward):
    body = "etch::input<16>" + " | etch::dense<16> | etch::relu" * (layers // 2)
    body += " | etch::relu" * (layers % 2)
    return unit(body, forward)


def unit(network, forward):
    text = f"#include <etch/inference.hpp>\nconstexpr auto net = {network};\n"
    text += "static_assert(net.output_shape().rank == 1);\n"
    if forward:
        text += ("auto run(etch::model<net> const& m, etch::workspace<net>& w,"
                 " std::array<float, net.input_shape().elements()> const& x) {"
                 " return m.forward(w, x); }\n")
    return text


TRAINING = f"""#include <etch/etch.hpp>
constexpr auto net = {CNN};
void train(etch::model<net>& m, etch::adam& optimizer, etch::dataset const& data) {{
  etch::fit(m, optimizer, etch::cross_entropy, data, {{.epochs = 2, .batch_size = 64}});
  etch::save(m, "net.safetensors");
}}
"""

DLIB = """#include <dlib/dnn.h>
using namespace dlib;
using net_type = loss_multiclass_log<fc<10, relu<fc<64, relu<con<64, 3, 3, 1, 1,
    max_pool<2, 2, 2, 2, relu<con<64, 3, 3, 1, 1, max_pool<2, 2, 2, 2, relu<con<32, 3, 3, 1, 1,
    input<matrix<float>>>>>>>>>>>>>>;
void train(net_type& net, std::vector<matrix<float>> const& x, std::vector<unsigned long> const& y) {
  dnn_trainer<net_type, adam> trainer(net, adam(0, 0.9, 0.999));
  trainer.set_mini_batch_size(64);
  trainer.set_max_num_epochs(2);
  trainer.train(x, y);
  serialize("net.dat") << net;
}
"""

# name: (source, seconds and megabytes at most on g++ 12, or None)
UNITS = {
    "include_only": ("#include <etch/inference.hpp>\n", None),
    "chain_5_checked": (chain(5, False), None),
    "chain_50_checked": (chain(50, False), None),
    "chain_200_checked": (chain(200, False), None),
    "chain_5_forward": (chain(5, True), None),
    "chain_50_forward": (chain(50, True), None),
    "chain_200_forward": (chain(200, True), None),
    "dense_200_forward": (dense_chain(200), (15.0, 700)),
    "mobilenet_v2_forward": (MOBILENET_V2, (12.0, 750)),
    "mnist_cnn_forward": (unit(CNN, True), (2.5, None)),
    "mnist_cnn_training": (TRAINING, (4.0, 500)),
    "training_precompiled": (TRAINING, None),
    "library": ("#include <etch/etch.cpp>\n", None),
    "training_dlib": (DLIB, None),
}


# A process begins with the memory of the one that starts it, and that counts as its own. What has read
# a trace is large, so that a small one stands between.
STARTED_APART = """import os, sys
child = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


def compile_once(command):
    """(processor seconds, peak megabytes) of the compiler, as the kernel accounts for it."""
    done = subprocess.run([sys.executable, "-c", STARTED_APART, *command], stdout=subprocess.PIPE,
                          text=True)
    if done.returncode != 0:
        raise SystemExit("failed: " + " ".join(map(str, command)))
    seconds, megabytes = map(float, done.stdout.split()[-2:])
    return seconds, megabytes


def instantiations(compiler, command, folder):
    if "clang" in compiler:
        trace = folder / "unit.json"
        subprocess.run(command + ["-ftime-trace", "-ftime-trace-granularity=0"], check=True)
        names = ("InstantiateClass", "InstantiateFunction")
        events = json.loads(trace.read_text())["traceEvents"]
        trace.unlink()
        return sum(1 for e in events if e["name"] in names and e.get("ph") in ("X", "b"))
    told = subprocess.run(command + ["-fstats"], stderr=subprocess.PIPE, text=True, check=True).stderr
    return sum(map(int, re.findall(r"^(?:decl|type)_specializations: size \d+, (\d+) ", told, re.M)))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--root", type=pathlib.Path, default=ROOT)
    options.add_argument("--compilers", type=command_line.compilers,
                         default="g++,clang++,clang++-19")
    options.add_argument("--level", default="x86-64-v3")
    options.add_argument("--repeat", type=command_line.count, default=1)
    options.add_argument("--only", type=command_line.names_in(UNITS), default="")
    options.add_argument("--json", type=command_line.output)
    chosen = options.parse_args()
    command_line.check_levels(options, chosen.compilers, [chosen.level])

    rows = []
    print(f"{'unit':<20} {'compiler':<12} {'seconds':>8} {'MB':>6} {'instantiations':>14}"
          f" {'object bytes':>13}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "etch").symlink_to(chosen.root.resolve())
        for compiler in chosen.compilers:
            for unit_name in chosen.only:
                source, limits = UNITS[unit_name]
                if source is DLIB and not command_line.accepts(
                        compiler, text="#include <dlib/dnn.h>\n"):
                    continue
                file, compiled = folder / "unit.cpp", folder / "unit.o"
                file.write_text(source)
                command = [compiler, "-std=c++20", "-O2", "-march=" + chosen.level,
                           "-ffp-contract=fast", "-I", str(folder), "-c", str(file),
                           "-o", str(compiled),
                           "-fconstexpr-steps=1000000000" if "clang" in compiler
                           else "-fconstexpr-ops-limit=2000000000"]
                if "precompiled" in unit_name:
                    header = folder / "all.hpp"
                    header.write_text("#include <etch/etch.hpp>\n")
                    flags = command[1:command.index("-c")] + command[-1:]
                    subprocess.run([compiler, *flags, "-x", "c++-header", str(header), "-o",
                                    f"{header}.gch"], check=True)
                    command += ["-include", str(header)]
                runs = [compile_once(command) for _ in range(chosen.repeat)]
                seconds, memory = min(r[0] for r in runs), max(r[1] for r in runs)
                count = instantiations(compiler, command, folder)
                size = compiled.stat().st_size
                over = bool(compiler == "g++" and limits
                            and (seconds > limits[0] or memory > (limits[1] or 1e9)))
                rows.append({"unit": unit_name, "compiler": compiler,
                             "seconds": round(seconds, 3), "megabytes": round(memory),
                             "instantiations": count, "object_bytes": size})
                print(f"{unit_name:<20} {compiler:<12} {seconds:>8.2f} {memory:>6.0f} {count:>14}"
                      f" {size:>13}{'  over its budget' if over else ''}", flush=True)
    if not rows:
        raise SystemExit("nothing measured: dlib is not installed")
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
