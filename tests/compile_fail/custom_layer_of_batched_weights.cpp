// error: contract_takes_weights_that_all_samples_share
// error: mine::attention
#include "../../dsl/layers.hpp"

namespace mine {
struct attention : etch::layer {  // of tokens among themselves: x x^T
  static constexpr std::string_view kind = "attention";
  static constexpr auto shape_rule(etch::tensor_shape const&) { return etch::accept({4, 4}); }
  static constexpr etch::tensor forward(etch::context& c, etch::tensor x) {
    etch::contraction const window{.width = 4, .channels = 3, .filters = 4};
#ifdef TWIN
    return contract(x, c.parameter("keys", {4, 3}, etch::ones), window, {4, 4});
#else
    static_cast<void>(c);
    return contract(x, x, window, {4, 4});  // here
#endif
  }
};
}  // namespace mine

constexpr auto net = etch::input<4, 3> | mine::attention{} | etch::relu;
static_assert(net.output_shape() == etch::shape<4, 4>);
