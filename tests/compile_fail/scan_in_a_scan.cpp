// error: a_scan_stands_inside_another
// error: mine::running
#include "../../dsl/layers.hpp"

namespace mine {
using all = etch::constexpr_list<etch::tensor>;
struct running : etch::layer {
  static constexpr std::string_view kind = "running";
  static constexpr auto shape_rule(etch::tensor_shape const& in) { return etch::accept(in); }
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) {
    etch::tensor const zero = filled(x, 0, {8});
    auto const step = [](all const& at, all const& sum) {
#ifndef TWIN
      auto const plus = [](all const& in, all const&) { return all{in[0] + 1.0}; };
      return all{scan(all{at[0]}, all{}, plus).all[0] + sum[0]};
#else
      return all{at[0] + 1.0 + sum[0]};
#endif
    };
    return scan(all{x}, all{zero}, step).all[0];
  }
};
}  // namespace mine

constexpr auto net = etch::input<5, 8> | mine::running{} | etch::dense<4>;  // here
static_assert(net.output_shape() == etch::shape<5, 4>);
