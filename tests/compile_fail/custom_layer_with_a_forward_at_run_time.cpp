// error: non-'?constexpr'? function
// error: mine::twice
#include "../../dsl/layers.hpp"

namespace mine {
struct twice : etch::layer {
  static constexpr std::string_view kind = "twice";
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) {
    return etch::accept(in);
  }
#ifdef TWIN
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) { return 2 * x; }
#else
  static etch::tensor forward(etch::context&, etch::tensor x) { return 2 * x; }
#endif
};
}  // namespace mine

constexpr auto net = etch::input<8> | etch::residual(mine::twice{} | etch::relu);  // here
static_assert(net.output_shape() == etch::shape<8>);
