// error: etch::layer_number<2>, etch::declared_as<mine::twice>
// error: etch::expects<etch::member_forward>, etch::given<etch::extents<4>>
// error: add .static constexpr etch::tensor forward\(
#include "../../dsl/layers.hpp"

namespace mine {
struct twice : etch::layer {
  static constexpr std::string_view kind = "twice";
  static constexpr auto shape_rule(etch::tensor_shape const& in) { return etch::accept(in); }
#ifdef TWIN
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) { return 2 * x; }
#endif
};
}  // namespace mine

constexpr auto net = etch::input<8> | etch::dense<4> | mine::twice{} | etch::relu;  // here
static_assert(net.output_shape() == etch::shape<4>);
