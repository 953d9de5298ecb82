// Convolutions: height x width x channels x filters_kernel. Forward is with bias and relu, and with
// a max pool where the name says so.
#include "../harness/contraction.hpp"
#include "../windows.hpp"
#include "kernels.hpp"

namespace benches {
namespace {

template <etch::contraction C, pass P, int Pool = 1>
void add(conv_row const& row) {
  std::string const full = std::string("conv/") + row.name + "/" + name_of(P) +
                           "/batch:" + std::to_string(row.batch);
  add_contraction_rows<C, P, P == pass::forward, Pool>(
      full, row.batch, [&](contraction_data const& d) {
        return conv_peers({C, Pool}, P, row.batch, d.rotating, d.fixed, d.bias);
      });
}

template <std::size_t I>
void add_all() {
  constexpr conv_row row = conv_rows[I];
  add<row.window, pass::forward, row.pool>(row);
  if constexpr (row.pool == 1) {
    add<row.window, pass::dx>(row);
    add<row.window, pass::dw>(row);
  }
}

}  // namespace

void add_conv_rows() {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (add_all<I>(), ...);
  }(std::make_index_sequence<conv_rows.size()>{});
}

}  // namespace benches
