// error: etch: only layers and blocks of layers follow in a network
// error: one of your own derives from etch::layer in public
#include "../../dsl/layers.hpp"

namespace mine {
#ifdef TWIN
struct twice : etch::layer {
#else
struct twice {
#endif
  static constexpr std::string_view kind = "twice";
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) { return etch::accept(in); }
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) { return 2 * x; }
};
}  // namespace mine

constexpr auto block = etch::dense<4> | mine::twice{} | etch::relu;  // here
constexpr auto net = etch::input<8> | etch::residual(block | etch::dense<8>) | etch::dense<4>;
static_assert(net.output_shape() == etch::shape<4>);
