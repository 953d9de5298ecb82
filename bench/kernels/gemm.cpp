// Products of matrices: (batch, in) with weights (out, in), and the two gradients.
#include "../harness/contraction.hpp"
#include "../sizes.hpp"
#include "kernels.hpp"

namespace benches {
namespace {

template <gemm_size S, pass P>
void add_pass() {
  constexpr etch::contraction window{.channels = S.in, .filters = S.out};
  std::string const name = "gemm/" + std::to_string(S.batch) + "x" + std::to_string(S.in) + "x" +
                           std::to_string(S.out) + "/" + name_of(P);
  add_contraction_rows<window, P, false>(name, S.batch, [](contraction_data const& d) {
    return gemm_peers(S, P, d.rotating, d.fixed);
  });
}

template <std::size_t... I>
void add_all(std::index_sequence<I...>) {
  ((add_pass<gemm_sizes[I], pass::forward>(), add_pass<gemm_sizes[I], pass::dx>(),
    add_pass<gemm_sizes[I], pass::dw>()),
   ...);
}

}  // namespace

void add_gemm_rows() { add_all(std::make_index_sequence<gemm_sizes.size()>{}); }

}  // namespace benches
