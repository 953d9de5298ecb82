// error: etch::layer_number<2>, etch::declared_as<etch::layers::residual<
// error: etch: the compiler cannot evaluate the shape rule of this layer; it must be constexpr
#include "../../dsl/layers.hpp"

namespace mine {
struct twice : etch::layer {
  static constexpr std::string_view kind = "twice";
#ifdef TWIN
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) { return etch::accept(in); }
#else
  static etch::verdict shape_rule(etch::tensor_shape const& in) { return etch::accept(in); }
#endif
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) { return 2 * x; }
};
}  // namespace mine

constexpr auto net = etch::input<8> | etch::dense<4> | etch::residual(mine::twice{} | etch::relu);  // here
static_assert(net.output_shape() == etch::shape<4>);
