// Which kernel and which tile every geometry of the benchmarks gets, for each instruction set of
// x86-64. The choosers are asked at run time; executors ask the same ones at compile time.

#include "catch.hpp"

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../../bench/networks.hpp"
#include "../../bench/sizes.hpp"
#include "../../bench/windows.hpp"
#include "../../codegen/report/print.hpp"

namespace {

using namespace etch;

/// `what: AVX-512 | AVX2 | SSE2`, or once where all are the same; long ones in several lines.
template <class Choose>
std::string choices(std::string const& what, Choose choose) {
  std::string const wide = to_text(choose(machine_of<arch::avx512>)),
                    avx2 = to_text(choose(machine_of<arch::avx2>)),
                    sse2 = to_text(choose(machine_of<arch::sse2>)), rest = avx2 + " | " + sse2;
  std::string const all = wide == avx2 && avx2 == sse2     ? wide
                          : wide.size() + rest.size() > 92 ? wide + " |\n    " + rest
                                                           : wide + " | " + rest;
  return what + (what.size() + all.size() > 97 ? ":\n    " : ": ") + all;
}
std::string choices(std::string const& what, kernel_request const& r) {
  return choices(what, [&](machine const& m) { return kernels::choose(m, r); });
}

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

void check_lines(std::vector<std::string> const& choices, std::string const& expected) {
  std::string all;
  for (std::string const& choice : choices) all += choice + "\n";
  INFO(all);
  auto const found = lines_of(all), lines = lines_of(expected);
  REQUIRE(found.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(found[i] == lines[i]);
}

/// The choices for the contractions and maps of a network, for one sample and in training.
template <class Network>
std::vector<std::string> choices_of(Network net) {
  std::vector<std::string> found;
  std::set<std::string> seen;
  plan const inference = lower(graph_of(net), 1, true);
  plan const training = lower(training_graph(net, losses::cross_entropy{}), 16, true);
  for (plan const* p : {&inference, &training})
    for (int i = 0; i < static_cast<int>(p->steps.size()); ++i) {
      step const& s = p->steps[i];
      auto const choose = [&](machine const& m) { return passes::choice_of(*p, i, m); };
      if (kernel_choice const k = choose(machine_of<arch::sse2>);
          k == kernel_choice{} || k.copy == copy_kernel::runs)
        continue;
      auto const window_text = [](contraction const& w) {
        return fmt::format("{}x{}x{}x{}_{}x{}", w.height, w.width, w.channels, w.filters,
                           w.kernel_height, w.kernel_width);
      };
      std::string const of = multiplies(s) ? window_text(window_of(*p, s))
                                           : shape_text(p->values[result_of(*p, s)].shape);
      std::string_view name = name_of(*p, s);
      name = name.substr(0, name.find("_and_pad"));  // which is multiplied as the others are
      std::string const line = choices(fmt::format("{} {}", name, of), choose);
      if (seen.insert(line).second) found.push_back(line);
    }
  return found;
}

}  // namespace

TEST_CASE("the kernels of the benchmark's windows and matrix products") {
  std::vector<std::string> found;
  std::set<std::string> seen;
  auto const collect = [&](std::string const& name, contraction const& c, int pool) {
    using enum contract_product;
    kernel_request const r{
        .what = forward, .window = c, .pooled = pool > 1, .pool = {pool, pool}};
    std::string const text = choices(name + " forward", r);
    if (!seen.insert(text).second) return;
    found.push_back(text);
    if (pool > 1) return;
    found.push_back(choices(name + " dx", {.what = dx, .window = c}));
    found.push_back(choices(name + " dw", {.what = dw, .window = c}));
  };
  for (benches::conv_row const& row : benches::conv_rows) collect(row.name, row.window, row.pool);
  for (benches::gemm_size const& s : benches::gemm_sizes)
    collect(fmt::format("{}x{}", s.in, s.out), {.channels = s.in, .filters = s.out}, 1);
  check_lines(found, R"(
28x28x1x32_3x3_pool2 forward: held 32 | held 8 | held 4
28x28x1x32_3x3 forward: windows 1x26x1, 3 taps | windows 2x3x1 | windows 1x2x1
28x28x1x32_3x3 dx: scatter, 1 turned
28x28x1x32_3x3 dw: weights 3x3x32 | weights 2x3x16 | weights 1x2x16
13x13x32x64_3x3_pool2 forward: windows 1x2x2, 3 taps | windows 1x1x1 | windows
13x13x32x64_3x3 forward: windows 1x11x2, 3 taps | windows 1x6x1 | windows 1x2x1
13x13x32x64_3x3 dx: scatter 1x6x2, 3 taps | scatter 1x6x1 | scatter 1x2x1
13x13x32x64_3x3 dw: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
5x5x64x64_3x3 forward: windows 3x3x2, 3 taps | windows 2x3x1 | windows 1x2x1
5x5x64x64_3x3 dx: scatter 3x3x1, 3 taps | scatter 2x3x1 | scatter 1x2x1
5x5x64x64_3x3 dw: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
14x14x64x128_1x1 forward: rows 6x4 | rows 6x1 | rows 2x1
14x14x64x128_1x1 dx: rows 6x4 | rows 6x1 | rows 2x1
14x14x64x128_1x1 dw: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
14x14x32x64_5x5 forward: windows 2x10x1, 5 taps | windows 1x5x1 | windows 1x2x1
14x14x32x64_5x5 dx: scatter 1x10x1, 5 taps | scatter 1x5x1 | scatter 1x2x1
14x14x32x64_5x5 dw: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
28x28x32x64_3x3_stride2 forward: windows 2x5x2, 3 taps | windows 1x5x1 | windows 1x2x1
28x28x32x64_3x3_stride2 dx:
    scatter 1x5x2, 3 taps, 3 lines | scatter 5x1x1, 3 lines | scatter 2x1x1, 3 lines
28x28x32x64_3x3_stride2 dw: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
16x16x64_3x3_depthwise forward:
    depthwise 1x14, 3 taps | depthwise 1x7, 3 taps | depthwise 1x7, 3 taps
16x16x64_3x3_depthwise dx: depthwise 1x14, 3 taps | depthwise 1x7, 3 taps | depthwise 1x7, 3 taps
16x16x64_3x3_depthwise dw: depthwise 3x7, 3 taps | depthwise 3x2, 3 taps | depthwise 3x2, 3 taps
16x16x32x32_3x3_dilation2 forward: windows 1x6x2, 3 taps | windows 1x6x1 | windows 1x2x1
16x16x32x32_3x3_dilation2 dx: scatter 1x6x2, 3 taps | scatter 1x6x1 | scatter 1x2x1
16x16x32x32_3x3_dilation2 dw: weights 3x4x32 | weights 3x2x16 | weights 1x2x16
32x32x3x16_3x3 forward: windows 2x10x1, 3 taps | windows 1x6x1 | windows 1x2x1
32x32x3x16_3x3 dx: scatter, 3 turned | scatter, 3 turned | scatter 2x6x1
32x32x3x16_3x3 dw: weights 3x9x16 | weights 1x5x16 | weights 1x2x16
16x16x20x20_3x3 forward: windows 1x14x1, 3 taps, 4 turned | windows 2x3x1, 4 turned | windows 1x2x1
16x16x20x20_3x3 dx: scatter 1x14x1, 3 taps, 4 turned | scatter 2x3x1, 4 turned | scatter 1x2x1
16x16x20x20_3x3 dw:
    weights 3x4x16 1x4x4 turned | weights 1x6x16 1x3x4 turned | weights 1x2x16 1x12x4
16x16x33x33_3x3 forward:
    windows 2x5x2, 3 taps, 1 turned | windows 2x3x1, 1 turned | windows 1x2x1, 1 turned
16x16x33x33_3x3 dx:
    scatter 1x7x2, 3 taps, 3 lines, 1 turned |
    scatter 2x3x1, 3 lines, 1 turned | scatter 1x2x1, 3 lines, 1 turned
16x16x33x33_3x3 dw:
    weights 1x13x32 2x7x1 turned | weights 1x6x16 1x7x1 turned | weights 1x2x16 1x7x1 turned
8x8 forward: rows 8x1 | rows 8x1 | rows 6x1
8x8 dx: rows 8x1 | rows 8x1 | rows 6x1
8x8 dw: weights 1x8x8 | weights 1x8x8 | weights 1x4x8
16x16 forward: rows 16x1 | rows 6x1 | rows 2x1
16x16 dx: rows 16x1 | rows 6x1 | rows 2x1
16x16 dw: weights 1x16x16 | weights 1x6x16 | weights 1x2x16
32x32 forward: rows 8x2 | rows 6x1 | rows 2x1
32x32 dx: rows 8x2 | rows 6x1 | rows 2x1
32x32 dw: weights 1x11x32 | weights 1x6x16 | weights 1x2x16
64x64 forward: rows 6x4 | rows 6x1 | rows 2x1
64x64 dx: rows 6x4 | rows 6x1 | rows 2x1
64x64 dw: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
128x128 forward: rows 6x4 | rows 6x1 | rows 2x1
128x128 dx: rows 6x4 | rows 6x1 | rows 2x1
128x128 dw: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
256x256 forward: rows 6x4 | rows 6x1 | rows 2x1
256x256 dx: rows 6x4 | rows 6x1 | rows 2x1
256x256 dw: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
784x128 forward: rows 6x4 | rows 6x1 | rows 2x1
784x128 dx: rows 6x4 | rows 6x1 | rows 2x1
784x128 dw: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
128x10 forward: rows 16x1 | rows 6x1 | rows 2x1
128x10 dx: rows 6x4 | rows 6x1 | rows 2x1
128x10 dw:
    weights 1x2x8 turned 1x8x2 turned | weights 1x13x8 1x5x2 turned | weights 1x6x8 1x5x2 turned
)");
}

TEST_CASE("the kernels of products of two activations") {
  std::vector<std::string> found;
  auto const asked = [](int columns, bool turned) {
    return kernel_request{.what = contract_product::activations,
                          .window = {.width = 64, .channels = 300, .filters = columns},
                          .turned = turned};
  };
  for (int const columns : {5, 32, 70, 128, 512})
    found.push_back(choices(fmt::format("{} columns", columns), asked(columns, false)));
  found.push_back(choices("32 columns, transposed", asked(32, true)));
  check_lines(found, R"(
5 columns: rows 8x1, packing | rows 8x1, packing | rows 6x1, packing
32 columns: rows 8x2 | rows 6x1 | rows 2x1
70 columns: rows 8x3, packing | rows 6x1, packing | rows 2x1, packing
128 columns: rows 6x4 | rows 6x1 | rows 2x1
512 columns: rows 6x4 | rows 6x1, packing | rows 2x1, packing
32 columns, transposed: rows 8x2, packing | rows 6x1, packing | rows 2x1, packing
)");
  CHECK(kernels::choose(machine_of<arch::avx512>, asked(64, true)).steps == 100);  // equal blocks
}

TEST_CASE("the kernels of the benchmark's single rows") {
  std::vector<std::string> found;
  for (benches::mlp_sizes const& m : benches::mlps)
    for (std::size_t l = 0; l < m.layers(); ++l) {
      kernel_request const r{.what = contract_product::forward,
                             .window = {.channels = m.sizes[l], .filters = m.sizes[l + 1]},
                             .one_row = true};
      std::string const line = choices(fmt::format("{}x{}", m.sizes[l], m.sizes[l + 1]), r);
      if (std::find(found.begin(), found.end(), line) == found.end()) found.push_back(line);
    }
  check_lines(found, R"(
10x5: row 64, 5 chains | row 64, 5 chains | row 32, 4 chains
5x3: row 32, 2 chains
1x8: row 64, 1 chain | row 64, 1 chain | row 32, 1 chain
8x8: row 64, 4 chains | row 64, 4 chains | row 32, 4 chains
8x1: row 32, 4 chains
64x128: row 64, 2 chains | row 64, 1 chain | row 32, 1 chain
128x128: row 64, 2 chains | row 64, 1 chain | row 32, 1 chain
128x10: row 64, 8 chains | row 64, 4 chains | row 32, 2 chains
784x128: row 64, 2 chains | row 64, 1 chain | row 32, 1 chain
128x64: row 64, 2 chains | row 64, 1 chain | row 32, 1 chain
64x10: row 64, 8 chains | row 64, 4 chains | row 32, 2 chains
64x64: row 64, 2 chains | row 64, 1 chain | row 32, 1 chain
512x512: row 64, 2 chains | row 64, 1 chain | row 32, 1 chain
32x32: row 64, 4 chains | row 64, 2 chains | row 32, 1 chain
)");
}

TEST_CASE("the kernels of the benchmark's networks") {
  check_lines(choices_of(benches::nets::mnist_cnn), R"(
contract_max_pool 28x28x1x32_3x3: held 32 | held 8 | held 4
contract_max_pool 13x13x32x64_3x3: windows 1x2x2, 3 taps | windows 1x1x1 | windows
contract 5x5x64x64_3x3: windows 3x3x2, 3 taps | windows 2x3x1 | windows 1x2x1
contract 1x1x576x64_1x1: row 64, 2 chains | row 64, 1 chain | row 32, 1 chain
contract 1x1x64x10_1x1: row 64, 8 chains | row 64, 4 chains | row 32, 2 chains
map (10): rows 10
map (10): run
contract 1x1x576x64_1x1: rows 6x4 | rows 6x1 | rows 2x1
contract 1x1x64x10_1x1: rows 16x1 | rows 6x1 | rows 2x1
map (1): run
contract_dw 1x1x64x10_1x1:
    weights 1x2x8 turned 2x4x2 turned | weights 1x13x8 1x5x2 turned | weights 1x6x8 1x5x2 turned
contract_dx 1x1x64x10_1x1: rows 6x4 | rows 6x1 | rows 2x1
map (64): run
contract_dw 1x1x576x64_1x1: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
contract_dx 1x1x576x64_1x1: rows 6x4 | rows 6x1 | rows 2x1
map (3, 3, 64): run
contract_dw 5x5x64x64_3x3: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
contract_dx 5x5x64x64_3x3: scatter 3x3x1, 3 taps | scatter 2x3x1 | scatter 1x2x1
map (5, 5, 64): run
contract_dw 13x13x32x64_3x3: listed 30 | listed 14 | listed 14
contract_dx 13x13x32x64_3x3: listed 10 | listed 14 | listed 14
map (13, 13, 32): run
contract_dw 28x28x1x32_3x3: masked 12x32 | masked 4x16 | masked 1x16
map (64, 3, 3, 32): run
)");
  check_lines(choices_of(benches::nets::resnet18_small), R"(
map (16): run
map (32): run
map (64): run
map (128): run
contract 34x34x3x16_3x3: windows 2x11x1, 3 taps | windows 2x3x1 | windows 1x2x1
contract 34x34x16x16_3x3: windows 1x16x1, 3 taps | windows 2x3x1 | windows 1x2x1
contract 33x33x16x32_3x3: windows 1x8x2, 3 taps | windows 2x3x1 | windows 1x2x1
contract 32x32x16x32_1x1: windows 3x4x2 | windows 2x3x1 | windows 1x2x1
contract 18x18x32x32_3x3: windows 1x8x2, 3 taps | windows 2x3x1 | windows 1x2x1
contract 17x17x32x64_3x3: windows 1x8x2, 3 taps | windows 2x3x1 | windows 1x2x1
contract 16x16x32x64_1x1: windows 2x3x4 | windows 2x3x1 | windows 1x2x1
contract 10x10x64x64_3x3: windows 3x8x1, 3 taps | windows 2x3x1 | windows 1x2x1
contract 9x9x64x128_3x3: windows 2x4x2, 3 taps | windows 1x4x1 | windows 1x2x1
contract 8x8x64x128_1x1: windows 2x4x3 | windows 1x4x1 | windows 1x2x1
contract 6x6x128x128_3x3: windows 2x4x2, 3 taps | windows 1x4x1 | windows 1x2x1
map (1, 1, 128): run
contract 1x1x128x10_1x1: row 64, 8 chains | row 64, 4 chains | row 32, 2 chains
map (): run
map (10): rows 10
map (10): run
map (1, 1, 16): run
map (32, 32, 16): framed 64 | framed 32 | framed 16
map (34, 34, 16): framed 512 | framed 512 | framed 16
map (1, 1, 32): run
map (18, 18, 32): framed 512 | framed 32 | framed 32
map (16, 16, 32): framed 64 | framed 32 | framed 32
map (1, 1, 64): run
map (10, 10, 64): framed 64
map (8, 8, 64): framed 64
map (6, 6, 128): framed 128
map (4, 4, 128): framed 128
map (4, 4, 128): rows 128
contract 1x1x128x10_1x1: rows 16x1 | rows 6x1 | rows 2x1
map (1): run
contract_dw 1x1x128x10_1x1:
    weights 1x2x8 turned 1x8x2 turned | weights 1x13x8 1x5x2 turned | weights 1x6x8 1x5x2 turned
contract_dx 1x1x128x10_1x1: rows 6x4 | rows 6x1 | rows 2x1
contract_dw 6x6x128x128_3x3: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
contract_dw 8x8x64x128_1x1: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
contract_dx 8x8x64x128_1x1: scatter 4x1x4 | scatter 4x1x1 | scatter 2x1x1
contract_dw 9x9x64x128_3x3: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
contract_dx 9x9x64x128_3x3: scatter 2x4x1, 3 taps | scatter 4x1x1 | scatter 2x1x1
map (8, 8, 64): run
contract_dw 10x10x64x64_3x3: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
map (8, 8, 64): rows 64
contract_dw 16x16x32x64_1x1: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
contract_dx 16x16x32x64_1x1: scatter 8x1x2 | scatter 4x1x1 | scatter 2x1x1
contract_dw 17x17x32x64_3x3: weights 1x6x64 | weights 1x6x16 | weights 1x2x16
contract_dx 17x17x32x64_3x3:
    scatter 1x4x2, 3 taps, 3 lines | scatter 4x1x1, 3 lines | scatter 2x1x1, 3 lines
map (16, 16, 32): run
contract_dw 18x18x32x32_3x3: weights 1x14x32 | weights 1x6x16 | weights 1x2x16
map (16, 16, 32): repeated 64 | rows 32 | rows 32
contract_dw 32x32x16x32_1x1: weights 1x8x32 | weights 1x6x16 | weights 1x2x16
contract_dx 32x32x16x32_1x1: scatter 16x1x1 | scatter 6x1x1 | scatter 2x1x1
contract_dw 33x33x16x32_3x3: weights 1x12x32 | weights 1x6x16 | weights 1x2x16
contract_dx 33x33x16x32_3x3:
    scatter 2x6x1, 3 taps, 3 lines | scatter 6x1x1, 3 lines | scatter 2x1x1, 3 lines
map (32, 32, 16): run
contract_dw 34x34x16x16_3x3: weights 3x4x16 | weights 1x6x16 | weights 1x2x16
map (32, 32, 16): repeated 64 | repeated 32 | rows 16
contract_dw 34x34x3x16_3x3: weights 3x9x16 | weights 1x5x16 | weights 1x2x16
)");
}

TEST_CASE("tiles of the gradients of weights cover every filter once") {
  using deterministic = arch::deterministic_on<arch::avx512>;
  for (machine const& m : {machine_of<arch::avx512>, machine_of<arch::avx2>, machine_of<arch::sse2>,
                           machine_of<arch::neon>, machine_of<deterministic>})
    for (int channels : {1, 5, 40})
      for (int filters = 1; filters <= 300; ++filters) {
        contraction const c{.channels = channels, .filters = filters};
        kernel_choice const k = kernels::choose_weights(m, c);
        int const width = k.wide ? m.width : m.for_panel(panel_width(c)).width;
        int left = filters;
        for (kernels::weight_shape const& s : k.strips)
          left -= s.lanes == 0 ? 0 : s.lanes * kernels::strips_of(s, left, width);
        if (left != 0) INFO(filters << " filters of " << channels << " channels");
        if (left != 0) CHECK(left == 0);
      }
}

TEST_CASE("executors run what the pass says, and a plan says it") {
  using plan_type = inference_plan<benches::nets::mlp_10_5_3, 1>;
  auto const chosen = passes::select(plan_type::value, machine_of<arch::native>);
  REQUIRE(chosen.size() == 2);
  CHECK(chosen_for<arch::native, etch::detail::step_call<plan_type, 0>> == chosen[0]);
  CHECK(chosen_for<arch::native, etch::detail::step_call<plan_type, 1>> == chosen[1]);
  plan const p = lower(graph_of(benches::nets::mlp_10_5_3), 1, true);
  CHECK(to_text(p, machine_of<arch::avx512>).find(" contract [row 64, 5 chains] ") !=
        std::string::npos);
  CHECK(to_text(p).find('[') == std::string::npos);
}

TEST_CASE("the kernels of copies") {
  auto const kernels = [](auto net) {
    plan const p = lower(graph_of(net), 4, true);
    std::string all;
    for (int i = 0; i < static_cast<int>(p.steps.size()); ++i)
      all += to_text(passes::choice_of(p, i, machine_of<arch::sse2>)) + " ";
    return all;
  };
  CHECK(kernels(input<4, 4, 2> | permute<2, 0, 1>) == "transposed ");
  CHECK(kernels(input<2, 4, 4> | permute<1, 2, 0>) == "transposed ");
  CHECK(kernels(input<4, 4, 2> | permute<1, 0, 2>) == "runs ");
  CHECK(kernels(input<4, 4, 2> | flip<0>) == "runs ");
  CHECK(kernels(input<4, 4, 2> | flip<2>) == "reversed ");
  CHECK(kernels(input<4, 4, 2> | permute<2, 0, 1> | flip<0, 2>) == "transposed ");
}
