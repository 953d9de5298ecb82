// error: a_layer_gives_two_parameters_one_name
// error: mine::affine
#include "../../dsl/layers.hpp"

namespace mine {
struct affine : etch::layer {
  static constexpr std::string_view kind = "affine";
  static constexpr auto shape_rule(etch::tensor_shape const& in) { return etch::accept(in); }
  static constexpr etch::tensor forward(etch::context& c, etch::tensor x) {
    etch::tensor const factor = c.parameter("factor", x.shape(), etch::ones);
#ifdef TWIN
    return x * factor + c.parameter("shift", x.shape(), etch::zeros);
#else
    return x * factor + c.parameter("factor", x.shape(), etch::zeros);  // here
#endif
  }
};
}  // namespace mine

constexpr auto net = etch::input<8> | mine::affine{} | etch::dense<4>;
static_assert(net.output_shape() == etch::shape<4>);
