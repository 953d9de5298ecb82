// The printed forms of graphs, programs, plans and networks.

#include "catch.hpp"

#include "../../codegen/lower/lower.hpp"
#include "../../codegen/report/print.hpp"
#include "../../codegen/report/summary.hpp"
#include "../../dsl/layers.hpp"

namespace {

constexpr auto small = etch::input<6, 6, 1> | etch::conv2d<2, 3> | etch::relu | etch::max_pool2d<2>
                     | etch::flatten | etch::dense<3> | etch::softmax;

}  // namespace

TEST_CASE("a graph prints a node a line") {
  CHECK(etch::to_text(etch::graph_of(small)) ==
        "%0 = input 0 (6, 6, 1)*\n"
        "%1 = parameter conv2d_1.weight (2, 3, 3, 1)\n"
        "%2 = contract(%0, %1) (4, 4, 2)*\n"
        "%3 = parameter conv2d_1.bias (2)\n"
        "%4 = add(%2, %3) (4, 4, 2)*\n"
        "%5 = constant 0 ()\n"
        "%6 = maximum(%5, %4) (4, 4, 2)*\n"
        "%7 = pool maximum(%6) (2, 2, 2)*\n"
        "%8 = reshape(%7) (8)*\n"
        "%9 = parameter dense_1.weight (3, 8)\n"
        "%10 = contract(%8, %9) (3)*\n"
        "%11 = parameter dense_1.bias (3)\n"
        "%12 = add(%10, %11) (3)*\n"
        "%13 = reduce maximum(%12) over axes 0 to 1 (1)*\n"
        "%14 = detach(%13) (1)*\n"
        "%15 = subtract(%12, %14) (3)*\n"
        "%16 = exp(%15) (3)*\n"
        "%17 = reduce add(%16) over axes 0 to 1 (1)*\n"
        "%18 = divide(%16, %17) (3)*\n"
        "output 0 = %18\n");
}

TEST_CASE("a plan prints a kernel call a line") {
  CHECK(etch::to_text(etch::lower(etch::graph_of(small), 1, true)) ==
        "up to 1 samples, 32 floats of workspace, 0 derived, 112 of parameters\n"
        "all samples at once:\n"
        "  workspace+0 = contract_max_pool input0 parameters+0 @2=parameters+48  maximum(0, "
        "add(acc, @2))\n"
        "  workspace+16 = contract workspace+0 parameters+64 @1=parameters+96  add(acc, @1)\n"
        "  output0 = row_loop workspace+16\n"
        "    r0 = maximum of the row @0=operand 0  @0\n"
        "    r1 = map @0=operand 0 @1=r0  exp(subtract(@0, @1))\n"
        "    r2 = add of the row @0=r1  @0\n"
        "    r3, stored, = map @0=r1 @1=r2  divide(@0, @1)\n");
}

TEST_CASE("a product tells what of it is transposed, and runs the maps behind it") {
  etch::graph g;
  etch::tensor const x = etch::detail::add_input(g, {2, 3});
  etch::tensor const rows = product(x, x, {.b = true}), back = product(rows, x, {.a = true});
  g.outputs.push_back((product(x, back, {true, true}) * 0.5).id);
  CHECK(etch::to_text(g).find("%1 = product a b^T(%0, %0) (2, 2)*\n"
                              "%2 = product a^T b(%1, %0) (2, 3)*\n"
                              "%3 = product a^T b^T(%0, %2) (3, 2)*\n") != std::string::npos);
  std::string const text =
      etch::to_text(etch::lower(g, 1, true), etch::machine_of<etch::arch::avx512>);
  CHECK(text.find(" = product a b^T [rows 8x1, packing] input0 input0\n") != std::string::npos);
  CHECK(text.find(" = product a^T b^T [rows 8x1, packing] input0 workspace+16  multiply(acc, 0.5)\n") !=
        std::string::npos);
}

TEST_CASE("tokens are told from numbers, and a table's token for padding is shown") {
  constexpr auto net = etch::tokens<2> | etch::embedding<5, 3, etch::padding_token<4>>;
  CHECK(etch::to_text(etch::graph_of(net)) ==
        "%0 = input 0 (2)* int32\n"
        "%1 = parameter embedding_1.weight (5, 3)\n"
        "%2 = gather without 4(%1, %0) (2, 3)*\n"
        "output 0 = %2\n");
  CHECK(etch::summary<net>().find("tokens") != std::string::npos);
}

TEST_CASE("the functions of a fast network are printed as such, through the layers behind it too") {
  constexpr auto net = etch::fast(etch::input<2> | etch::tanh) | etch::relu | etch::softmax;
  auto const simple = etch::graph_of(net);
  CHECK(etch::to_text(simple).starts_with("%0 = input 0 (2)*\n%1 = fast_tanh(%0) (2)*\n"));
  std::string const text = etch::to_text(etch::lower(simple, 1, true));
  CHECK(text.find("fast_tanh(@1)") != std::string::npos);
  CHECK(text.find("fast_exp(subtract(@0, @1))") != std::string::npos);
  CHECK(text.find("fast_divide") == std::string::npos);
}

TEST_CASE("a layer is told by its place in the combinators around it") {
  constexpr auto net = etch::input<4> |
                       etch::repeat<2>(etch::residual(etch::relu | etch::dense<4>)) |
                       etch::parallel<etch::add>(etch::tanh, etch::relu | etch::tanh);
  etch::graph const g = etch::graph_of(net);
  std::vector<std::string> said;
  for (etch::layer_id i : etch::id_range<etch::layer_id>{static_cast<int>(g.layers.size())})
    said.push_back(etch::layer_text(g, i));
  CHECK(said == std::vector<std::string>{
                    "input", "repeat", "repeat/1 residual", "repeat/1 residual/1 relu",
                    "repeat/1 residual/2 dense", "repeat/2 residual", "repeat/2 residual/1 relu",
                    "repeat/2 residual/2 dense", "parallel", "parallel/1", "parallel/1/1 tanh",
                    "parallel/2", "parallel/2/1 relu", "parallel/2/2 tanh"});
}

TEST_CASE("gradients and what the batch adds up are printed") {
  etch::graph g;
  etch::context c{g, true};
  c.enter("scale");
  etch::tensor const x = etch::detail::add_input(g, {4});
  etch::tensor const w = c.parameter("factor", {4}, etch::ones);
  etch::tensor const loss = etch::math::reshape(etch::math::sum(x * w), {});
  g.outputs.push_back(loss.id);
  etch::passes::differentiate(g, loss.id);
  std::string const text = etch::to_text(etch::passes::simplify(g));
  CHECK(text.find("reduce add(%0) over axes 0 to 0 and the batch (4)\n") != std::string::npos);
  CHECK(text.find("gradient of scale_1.factor += %") != std::string::npos);
  CHECK(etch::to_text(etch::lower(g, 8, false)).find("gradients+0 = reduce @0=input0\n") !=
        std::string::npos);
}

TEST_CASE("the summary of a network shows what each layer takes") {
  std::string const text = etch::summary<small>();
  INFO(text);
  // conv2d: 2 filters of 3x3, 16 positions; dense: 8 x 3.
  CHECK(text.find("conv2d              (4, 4, 2)                  20            288\n") !=
        std::string::npos);
  CHECK(text.find("max_pool2d          (2, 2, 2)") != std::string::npos);
  CHECK(text.find("dense               (3)                        27             24\n") !=
        std::string::npos);
  CHECK(text.find("total                                          47            312\n") !=
        std::string::npos);
  CHECK(text.find("workspace") != std::string::npos);
  std::string const march = "-march=x86-64-v3";
  bool const only_sse2 = std::is_same_v<etch::arch::native, etch::arch::sse2>;
  CHECK((text.find(march) != std::string::npos) == only_sse2);
  CHECK(etch::detail::summary({}, 0, 0, 0, 0, true).find(march) != std::string::npos);
  CHECK(etch::grouped(0) == "0");
  CHECK(etch::grouped(999) == "999");
  CHECK(etch::grouped(1000) == "1,000");
  CHECK(etch::grouped(1234567) == "1,234,567");
}

TEST_CASE("a summary shows what is inside combinators, and which convolutions are in groups") {
  constexpr auto separable =
      etch::conv2d<8, 3, etch::same, etch::groups<8>> | etch::relu | etch::conv2d<8, 1>;
  constexpr auto net = etch::input<6, 6, 4> | etch::conv2d<8, 3, etch::groups<2>> |
                       etch::repeat<2>(etch::residual(separable)) |
                       etch::parallel<etch::concat>(etch::conv2d<2, 1> | etch::relu,
                                                    etch::max_pool2d<1>);
  CHECK(etch::summary<net>() ==
        R"(     layer                 output             parameters  multiply-adds
-----------------------------------------------------------------------
  0  input                 (6, 6, 4)
  1  conv2d in 2 groups    (4, 4, 8)                 152          2,304
  2  repeat                (4, 4, 8)                 304          4,352
     1  residual           (4, 4, 8)                 152          2,176
       1  conv2d depthwise (4, 4, 8)                  80          1,152
       2  relu             (4, 4, 8)
       3  conv2d           (4, 4, 8)                  72          1,024
     2  residual           (4, 4, 8)                 152          2,176
       1  conv2d depthwise (4, 4, 8)                  80          1,152
       2  relu             (4, 4, 8)
       3  conv2d           (4, 4, 8)                  72          1,024
  3  parallel              (4, 4, 10)                 18            256
     1  block              (4, 4, 2)                  18            256
       1  conv2d           (4, 4, 2)                  18            256
       2  relu             (4, 4, 2)
     2  block              (4, 4, 8)
       1  max_pool2d       (4, 4, 8)
-----------------------------------------------------------------------
     total                                           474          6,912
     weights 2,240 bytes, workspace 2,688 bytes
)");
}

TEST_CASE("a summary counts what transposed convolutions multiply") {
  constexpr auto net = etch::input<4, 4, 4> | etch::conv_transpose2d<4, 2, etch::groups<2>>;
  std::string const summary = etch::summary<net>();
  CHECK(summary.find("conv_transpose2d in 2 groups (5, 5, 4) ") != std::string::npos);
  CHECK(summary.find("  36            512\n") != std::string::npos);
}
