#include "contract_problem.hpp"

using namespace contract_testing;

namespace {

/// The same, compiled once a strip.
struct large_epilogue : bias_residual_relu {
  static constexpr bool large = true;
};

template <int In, int Out>
void check_dense(std::initializer_list<int> batches = {1, 2, 5, 8, 13, 64}) {
  check_all<contraction{.channels = In, .filters = Out}>(batches);
}

}  // namespace

TEST_CASE("packed weights have a place of their own each, padding included in the size") {
  for (contraction const c :
       {conv(9, 3, 3, 20), conv(9, 8, 3, 12, 1, 1, 4), conv(5, 1, 2, 3),
        conv(9, 20, 3, 20, 1, 1, 20), contraction{.channels = 7, .filters = 33}}) {
    std::vector<int> uses(static_cast<std::size_t>(packed_size(c)));
    for (int f = 0; f < c.filters; ++f)
      for (int ky = 0; ky < c.kernel_height; ++ky)
        for (int kx = 0; kx < c.kernel_width; ++kx)
          for (int k = 0; k < c.group_channels(); ++k)
            ++uses.at(static_cast<std::size_t>(packed_index(c, f, ky, kx, k)));
    CHECK(std::count(uses.begin(), uses.end(), 1) == window_size(c) * c.filters);
    CHECK(std::count(uses.begin(), uses.end(), 0) == packed_size(c) - window_size(c) * c.filters);
    CHECK(packed_size(c) % 16 == 0);
  }
}

TEST_CASE("transposing twice gives the packed weights back") {
  constexpr contraction c = conv(7, 20, 3, 33);
  std::vector<float> packed(packed_size(c)), there(transposed_size(c)),
      back(packed_size(c), check::poison());
  for (int f = 0; f < c.filters; ++f)
    for (int tap = 0; tap < 9; ++tap)
      for (int k = 0; k < c.channels; ++k)
        packed[static_cast<std::size_t>(packed_index(c, f, tap / 3, tap % 3, k))] =
            number(f * 999 + k, tap);
  transpose_weights<c>(packed.data(), there.data());
  transpose_weights<transposed(c)>(there.data(), back.data());
  CHECK(packed == back);
}

TEST_CASE("long reductions, which go block by block, agree with the reference in double") {
  check_dense<2051, 37>({1, 5, 9});
  check_dense<1500, 130>({2, 20});
}

TEST_CASE("dense layers of all small sizes agree with the reference in double") {
  check_dense<1, 1>();
  check_dense<1, 8>();
  check_dense<2, 3>();
  check_dense<3, 7>();
  check_dense<7, 2>();
  check_dense<8, 8>();
  check_dense<15, 16>();
  check_dense<16, 15>();
  check_dense<17, 31>();
  check_dense<31, 17>();
  check_dense<33, 33>();
  check_dense<64, 64>();
  check_dense<100, 10>();
  check_dense<64, 100>();
  check_dense<256, 64>({6, 13});
  check_dense<100, 1>();
}

TEST_CASE("the input's gradient from weights too many to be transposed in advance") {
  constexpr contraction c{.channels = 2050, .filters = 130};
  STATIC_REQUIRE(dx_transposes(c));
  problem p = problem::make<c>(7, edge::end);
  for_each_instruction_set([&]<class Arch>() {
    for (int parts : {1, 3}) CHECK(dx_error<Arch, c>(p, parts) < tolerance);
  });
}

TEST_CASE("threads share the gradients of weights by filters or by channels") {
  auto const check = []<contraction C>() {
    for (int const samples : {1, 9}) {
      problem p = problem::make<C>(samples, edge::end);
      for_each_instruction_set([&]<class Arch>() {
        for (int parts : {1, 2, 3, 4, 8})
          for (bool const made_x : {false, true})
            for (bool const adds : {false, true}) {
              CAPTURE(samples, C.channels, C.filters, parts, made_x);
              CHECK(dw_error<Arch, C>(p, adds, parts, made_x) < tolerance);
            }
      });
    }
  };
  check.operator()<contraction{.channels = 41, .filters = 128}>();
  check.operator()<contraction{.channels = 3, .filters = 64}>();
  check.operator()<contraction{.channels = 128, .filters = 140}>();
}

TEST_CASE("an epilogue that is compiled once a strip gives the same") {
  constexpr contraction dense{.channels = 20, .filters = 33}, window = conv(8, 3, 3, 20);
  constexpr contraction turned = conv(8, 20, 3, 19);
  for (int const samples : {1, 7, 13}) {
    problem p = problem::make<dense>(samples, edge::end);
    problem q = problem::make<window>(samples, edge::end);
    problem r = problem::make<turned>(samples, edge::end);
    for_each_instruction_set([&]<class Arch>() {
      large_epilogue const a{{p.bias.data(), p.residual.data(), dense.filters}};
      CHECK(forward_error<Arch, dense>(p, a, true) < tolerance);
      large_epilogue const b{{q.bias.data(), q.residual.data(), window.filters}};
      CHECK(forward_error<Arch, window>(q, b, true) < tolerance);
      large_epilogue const c{{r.bias.data(), r.residual.data(), turned.filters}};
      CHECK(forward_error<Arch, turned>(r, c, true) < tolerance);
    });
  }
}
