// error: scan_takes_sequences_of_one_length
// error: mine::running
#include "../../dsl/layers.hpp"

namespace mine {
using all = etch::constexpr_list<etch::tensor>;
struct running : etch::layer {
  static constexpr std::string_view kind = "running";
  static constexpr auto shape_rule(etch::tensor_shape const& in) { return etch::accept(in); }
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) {
    etch::tensor const zero = filled(x, 0, {8});
    auto const step = [](all const& at, all const& sum) { return all{at[0] * at[1] + sum[0]}; };
#ifdef TWIN
    return scan(all{x, filled(x, 2, {5, 8})}, all{zero}, step).all[0];
#else
    return scan(all{x, filled(x, 2, {4, 8})}, all{zero}, step).all[0];
#endif
  }
};
}  // namespace mine

constexpr auto net = etch::input<5, 8> | mine::running{} | etch::dense<4>;  // here
static_assert(net.output_shape() == etch::shape<5, 4>);
