// error: operands_do_not_broadcast_to_one_shape
// error: mine::scale
#include "../../dsl/layers.hpp"

namespace mine {
struct scale : etch::layer {
  static constexpr std::string_view kind = "scale";
  static constexpr auto shape_rule(etch::tensor_shape const& in) { return etch::accept(in); }
  static constexpr etch::tensor forward(etch::context& c, etch::tensor x) {
#ifdef TWIN
    return x * c.parameter("factor", {8}, etch::ones);
#else
    return x * c.parameter("factor", {7}, etch::ones);  // here
#endif
  }
};
}  // namespace mine

constexpr auto net = etch::input<8> | etch::relu | etch::residual(mine::scale{}) | etch::dense<4>;
static_assert(net.output_shape() == etch::shape<4>);
