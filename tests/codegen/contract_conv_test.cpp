#include "../../codegen/kernels/move/copy.hpp"
#include "contract_problem.hpp"

using namespace contract_testing;

namespace {

/// Whether the outputs lie in a larger image, whose border is left alone, and, if they
/// are kept, in y.
template <contraction C, bool Keeps, class Arch>
bool framed_is_right(problem& p) {
  constexpr int height = C.out_height(), width = C.out_width();
  constexpr float border = 7;
  constexpr bordered_image image{height, width, C.filters, 1, 2, height + 3, width + 3,
                                 std::bit_cast<std::uint32_t>(border)};
  bias_residual_relu const epilogue{p.bias.data(), p.residual.data(), C.filters};
  guarded plain(p.samples * C.outputs(), p.at), y(Keeps ? p.samples * C.outputs() : 0, p.at);
  int const size = p.samples * image.whole_elements();
  guarded framed(size, p.at, border), expected(size, p.at, border);
  contract_forward<Arch, C>(p.x.data(), p.packed.data(), plain.data(), p.samples, epilogue);
  kernels::copy_box<Arch, copy_into(image)>(plain.data(), expected.data(), p.samples);
  using framing = kernels::framing<bias_residual_relu, image, Keeps>;
  contract_forward<Arch, C>(p.x.data(), p.packed.data(), Keeps ? y.data() : framed.data(),
                            p.samples, framing{epilogue, framed.data()});
  return framed.values() == expected.values() && framed.intact() && y.intact() &&
         (!Keeps || y.values() == plain.values());
}

template <contraction C>
void check_framed() {
  for (int const samples : {1, 3})
    for (edge const at : {edge::end, edge::begin}) {
      problem p = problem::make<C>(samples, at);
      for_each_instruction_set([&]<class Arch>() {
        CAPTURE(samples, at, C.height, C.channels, C.filters);
        CHECK(framed_is_right<C, true, Arch>(p));
        CHECK(framed_is_right<C, false, Arch>(p));
      });
    }
}

}  // namespace

TEST_CASE("outputs of convolutions are written into a larger image") {
  check_framed<conv(7, 3, 3, 16)>();
  check_framed<conv(8, 20, 3, 112)>();  // several strips of filters
  check_framed<conv(9, 6, 2, 48, 2, 1, 3)>();
}

TEST_CASE("square convolutions agree with the reference in double") {
  check_all<conv(7, 1, 3, 8)>({1, 3});
  check_all<conv(12, 1, 3, 32)>({1, 2});
  check_all<conv(9, 3, 5, 16)>({1, 3});
  check_all<conv(8, 16, 3, 20)>({1, 2});
  check_all<conv(13, 20, 3, 48)>({1, 2});
  check_all<conv(5, 33, 3, 3)>({1, 5});
  check_all<conv(5, 16, 3, 64)>({1, 5});
  check_all<conv(6, 3, 1, 1)>({1, 3});
  check_all<conv(14, 32, 5, 33)>({1, 2});
  check_all<conv(24, 12, 3, 32)>({1, 2});  // a gradient that leaves the first-level cache
  check_all<conv(26, 16, 3, 20)>({1, 2});
}

TEST_CASE("convolutions with few filters or channels left agree with the reference") {
  check_all<conv(9, 32, 3, 1)>({1, 2});
  check_all<conv(9, 1, 3, 33)>({1, 2});
  check_all<conv(12, 3, 3, 16)>({1, 2});
  check_all<conv(11, 4, 3, 24, 1, 3)>({1, 2});
  check_all<conv(24, 19, 3, 34)>({1, 2});  // dX in several bands
  check_all<conv(14, 17, 3, 36, 1, 2)>({1, 2});
  check_all<conv(13, 20, 3, 20, 2)>({1, 2});
}

TEST_CASE("convolutions with strides, dilation and oblong kernels agree with the reference") {
  check_all<conv(9, 3, 3, 16, 2)>({1, 3});
  check_all<conv(11, 16, 5, 8, 3)>({1, 3});
  check_all<conv(9, 16, 1, 20, 2)>({1, 3});
  check_all<conv(9, 3, 3, 20, 1, 2)>({1, 3});
  check_all<conv(12, 5, 3, 16, 2, 2)>({1, 3});
  check_all<contraction{.height = 1, .width = 19, .channels = 3, .kernel_width = 3, .filters = 20}>(
      {1, 3});
  check_all<contraction{.height = 21, .channels = 5, .kernel_height = 4, .filters = 16}>({1, 3});
  check_all<contraction{.height = 9,  // rows of dX that no tap reaches
                        .width = 7,
                        .channels = 16,
                        .kernel_height = 2,
                        .kernel_width = 3,
                        .stride_height = 3,
                        .filters = 20}>({1, 3});
  check_all<contraction{.height = 5,  // taps of a row two at a time
                        .width = 12,
                        .channels = 8,
                        .kernel_height = 2,
                        .kernel_width = 4,
                        .filters = 8}>({1, 3});
  check_all<contraction{.height = 6,
                        .width = 9,
                        .channels = 3,
                        .kernel_height = 3,
                        .kernel_width = 2,
                        .stride_width = 2,
                        .filters = 17}>({1, 3});
  check_all<contraction{.height = 7,
                        .width = 5,
                        .channels = 4,
                        .kernel_height = 7,
                        .kernel_width = 5,
                        .filters = 18}>({1, 5});  // as large as its input
}

TEST_CASE("pointwise, grouped and depthwise convolutions agree with the reference") {
  check_all<conv(5, 16, 1, 33)>({1, 3});
  check_all<conv(7, 16, 3, 8, 1, 1, 2)>({1, 3});
  check_all<conv(7, 20, 3, 40, 2, 1, 4)>({1, 3});
  check_all<contraction{.channels = 12, .groups = 4, .filters = 20}>({1, 9});
  check_all<conv(7, 3, 3, 6, 1, 1, 3)>({1, 3});  // two filters a channel
  check_all<conv(7, 3, 3, 3, 1, 1, 3)>({1, 3});
  check_all<conv(12, 20, 3, 20, 1, 1, 20)>({1, 3});
  check_all<conv(11, 33, 5, 33, 2, 1, 33)>({1, 2});
  check_all<conv(11, 8, 3, 8, 1, 2, 8)>({1, 2});
  check_all<conv(4, 6, 1, 6, 1, 1, 6)>({1, 2});
  check_all<contraction{.height = 4,  // several tiles a line
                        .width = 57,
                        .channels = 17,
                        .kernel_height = 2,
                        .kernel_width = 3,
                        .stride_width = 2,
                        .groups = 17,
                        .filters = 17}>({1, 2});
  check_all<contraction{.height = 1,
                        .width = 65,
                        .channels = 16,
                        .kernel_width = 4,
                        .dilation_width = 2,
                        .groups = 16,
                        .filters = 16}>({1, 2});
}
