// error: etch: this network is deeper than the compiler's limits allow
// error: -fconstexpr-steps=1000000000 \(clang\) or -fconstexpr-ops-limit=2000000000 \(g\+\+\)
// flags: -fconstexpr-steps=80000 -fconstexpr-ops-limit=1500000
#include <etch/etch.hpp>

// As a network of a hundred layers is with the limits that compilers have by themselves.
constexpr auto block = etch::dense<8> | etch::relu | etch::dense<8> | etch::tanh;
constexpr auto two = block | block;
constexpr auto net = etch::input<8> | two | two | two | two | two | two;

float use(std::array<float, 8> const& x) {
  etch::model<net> model;  // here
  etch::workspace<net> w;
  return model.forward(w, x)[0];
}
