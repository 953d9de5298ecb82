// Compiled with -O0 and not linked. As in user code, the standard library comes first.
#include <algorithm>
#include <array>
#include <bit>

#include <etch/etch.hpp>

constexpr auto net = etch::input<10, 10, 1> | etch::conv2d<16, 3> | etch::relu |
                     etch::conv2d<16, 3> | etch::relu | etch::max_pool2d<2> | etch::flatten |
                     etch::dense<4>;

double first_loss(std::array<float, 100> const& x, std::array<float, 1> const& y) {
  etch::model<net> model{etch::seed{1}};
  etch::adam optimizer;
  return etch::train_step(model, optimizer, etch::cross_entropy, etch::batch<0>{1, x, y}).loss;
}
