// error: product_takes_matrices_whose_inner_extents_agree
// error: mine::attention
#include "../../dsl/layers.hpp"

namespace mine {
struct attention : etch::layer {  // of tokens among themselves: x x^T
  static constexpr std::string_view kind = "attention";
  static constexpr auto shape_rule(etch::tensor_shape const&) { return etch::accept({4, 4}); }
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) {
#ifdef TWIN
    return product(x, x, {.b = true});
#else
    return product(x, x);  // here
#endif
  }
};
}  // namespace mine

constexpr auto net = etch::input<4, 3> | mine::attention{} | etch::relu;
static_assert(net.output_shape() == etch::shape<4, 4>);
