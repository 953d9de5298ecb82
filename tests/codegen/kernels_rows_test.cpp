#include "catch.hpp"

#include "../../codegen/kernels/elementwise/rows.hpp"
#include "kernel_testing.hpp"

using namespace kernel_testing;
using kernels::row_spec;
using kernels::row_stage;

namespace {

using rows_kernel = void (*)(float* const*, float const* const*, int) noexcept;

struct described {
  std::vector<row_stage> stages;
  int rows, length;
  std::vector<int> sizes;  // of the operands: floats, or where it is negative, those of a sample
};

/// The largest error of what stages store, with operands and results between guard pages.
double rows_error(described const& d, rows_kernel kernel, int samples, edge at_edge) {
  std::vector<guarded> operands, results;
  std::vector<float const*> from;
  for (int size : d.sizes) {
    operands.emplace_back(size < 0 ? -size * samples : size, at_edge);
    randomize(operands.back(), -2, 2);
    from.push_back(operands.back().data());
  }
  std::vector<float*> to;
  std::vector<std::vector<double>> made(d.stages.size());
  for (row_stage const& s : d.stages) {
    results.emplace_back(s.stored ? samples * d.rows * (s.wide ? d.length : 1) : 0, at_edge);
    to.push_back(results.back().data());
  }
  int const count = static_cast<int>(d.stages.size());
  for (int sample = 0; sample < samples; ++sample)
    for (int at = 0; at < d.rows; ++at)
      for (int k = 0; k < count; ++k) {
        row_stage const& s = d.stages[static_cast<std::size_t>(k)];
        bool const along = s.wide || s.reduces;
        double total = s.fn == function::maximum ? -std::numeric_limits<double>::infinity() : 0;
        for (int i = 0; i < (along ? d.length : 1); ++i) {
          std::vector<double> reg;
          for (int l = 0; l < s.code.loads; ++l) {
            auto const& how = s.code.operand(l);
            int const source = s.from[static_cast<std::size_t>(l)];
            int const element = along ? at * d.length + i : at;
            int const row = sample * d.rows + at;
            if (how.from == kind::constant)
              reg.push_back(std::bit_cast<float>(how.bits));
            else if (source >= count)
              reg.push_back(
                  from[static_cast<std::size_t>(source - count)]
                      [(how.batched ? sample * how.period : 0) + element / how.run % how.period]);
            else
              reg.push_back(made[static_cast<std::size_t>(source)][static_cast<std::size_t>(
                  d.stages[static_cast<std::size_t>(source)].wide ? row * d.length + i : row)]);
          }
          for (int j = 0; j < s.code.instructions; ++j) {
            auto const& code = s.code[j];
            auto const at_reg = [&](int r) { return reg[static_cast<std::size_t>(r)]; };
            reg.push_back(
                kernel_testing::apply(code.fn, at_reg(code.a), at_reg(code.b), at_reg(code.c)));
          }
          double const value = s.code.instructions == 0 ? reg[0] : reg.back();
          if (!s.reduces)
            made[static_cast<std::size_t>(k)].push_back(value);
          else
            total = s.fn == function::add ? total + value : std::max(total, value);
        }
        if (s.reduces) made[static_cast<std::size_t>(k)].push_back(total);
      }
  kernel(to.data(), from.data(), samples);
  double worst = 0;
  for (std::size_t k = 0; k < made.size(); ++k)
    if (d.stages[k].stored) worst = std::max(worst, error_of(results[k], made[k]));
  return worst;
}

/// `sizes` are those of the operands, as in `described`.
template <auto S>
void check_rows(std::vector<int> const& sizes) {
  described const d{{S.stages.begin(), S.stages.end()}, S.rows, S.length, sizes};
  for_each_instruction_set([&]<class Arch>() {
    for (int samples : {1, 5})
      for (edge at : {edge::begin, edge::end}) {
        INFO(S.rows << " rows of " << S.length << ", samples " << samples);
        CHECK(rows_error(d, kernels::rows<Arch, S>, samples, at) < 5e-6);
        CHECK(rows_error(d, kernels::rows<arch::deterministic_on<Arch>, S>, samples, at) < 5e-6);
      }
  });
}

constexpr program::load constant(float value) { return program::constant_load(value); }

using enum function;

/// e = exp(x - max), y = e / sum of e. The last row's padding would be exp(0 - max).
template <int Rows, int Length>
void check_softmax() {
  constexpr int n = Rows * Length;
  constexpr program::load x = full(n), number = per_row(Rows, Length);
  static constexpr row_spec<4> spec{
      {row_stage{.code = make({x}, {}), .fn = maximum, .reduces = true, .kept = true, .from{4}},
       row_stage{.code = make({x, number}, {{subtract, 0, 1, 0}, {exp, 2, 0, 0}}),
                 .wide = true,
                 .kept = true,
                 .from{4, 0}},
       row_stage{.code = make({x}, {}), .fn = add, .reduces = true, .kept = true, .from{1}},
       row_stage{.code = make({x, number}, {{divide, 0, 1, 0}}),
                 .wide = true,
                 .stored = true,
                 .from{1, 2}}},
      Rows,
      Length,
      1};
  check_rows<spec>({-n});
}

/// The mean, the deviation and the normed row are stored, too; scale and shift belong to all rows.
template <int Rows, int Length>
void check_layer_norm() {
  constexpr int n = Rows * Length;
  constexpr program::load x = full(n), number = per_row(Rows, Length),
                          own = per_channel(Rows, true);
  constexpr program::load gamma = per_channel(Length), share = constant(1.0f / Length);
  constexpr row_stage sum{
      .code = make({x}, {}), .fn = add, .reduces = true, .kept = true, .from{7}};
  constexpr row_stage mean{
      .code = make({own, share}, {{multiply, 0, 1, 0}}), .stored = true, .kept = true, .from{0}};
  constexpr row_stage centred{
      .code = make({x, number}, {{subtract, 0, 1, 0}}), .wide = true, .kept = true, .from{7, 1}};
  constexpr row_stage squares{
      .code = make({x}, {{multiply, 0, 0, 0}}), .fn = add, .reduces = true, .kept = true, .from{2}};
  constexpr row_stage scale{
      .code = make({own, share, constant(0.25f), constant(1)},
                   {{multiply, 0, 1, 0}, {add, 4, 2, 0}, {sqrt, 5, 0, 0}, {divide, 3, 6, 0}}),
      .stored = true,
      .kept = true,
      .from{3}};
  constexpr row_stage normed{.code = make({x, number}, {{multiply, 0, 1, 0}}),
                             .wide = true,
                             .stored = true,
                             .kept = true,
                             .from{2, 4}};
  constexpr row_stage result{.code = make({x, gamma, gamma}, {{multiply, 0, 1, 0}, {add, 3, 2, 0}}),
                             .wide = true,
                             .stored = true,
                             .from{5, 8, 9}};
  static constexpr row_spec<7> spec{
      {sum, mean, centred, squares, scale, normed, result}, Rows, Length, 3};
  check_rows<spec>({-n, Length, Length});
}

}  // namespace

TEST_CASE("softmax, row by row") {
  check_softmax<1, 2>();
  check_softmax<3, 3>();
  check_softmax<1, 10>();
  check_softmax<4, 16>();
  check_softmax<2, 37>();
  check_softmax<1, 64>();
  check_softmax<3, 130>();
  check_softmax<1, 257>();
}

TEST_CASE("layer_norm, row by row, with what a gradient reads again") {
  check_layer_norm<1, 2>();
  check_layer_norm<1, 7>();
  check_layer_norm<3, 16>();
  check_layer_norm<2, 33>();
  check_layer_norm<1, 100>();
  check_layer_norm<2, 256>();
  check_layer_norm<1, 299>();
  check_layer_norm<1, 1000>();
}

TEST_CASE("operands of other kinds, read by rows") {
  // a number of every row, one of all, and a number of each sample; the maximum of negative values
  constexpr program::load x = full(30), mine = per_row(3, 10), all = scalar(), each = scalar(true);
  static constexpr row_spec<2> spec{
      {row_stage{
           .code = make(
               {x, mine, each},
               {{multiply, 0, 0, 0}, {maximum, 3, 1, 0}, {negate, 4, 0, 0}, {subtract, 5, 2, 0}}),
           .fn = maximum,
           .reduces = true,
           .stored = true,
           .kept = true,
           .from{2, 3, 4}},
       row_stage{.code = make({per_channel(3, true), all, per_channel(3, true)},
                              {{add, 0, 1, 0}, {multiply, 3, 2, 0}}),
                 .stored = true,
                 .from{0, 5, 3}}},
      3,
      10,
      4};
  check_rows<spec>({-30, -3, -1, 1});
}
