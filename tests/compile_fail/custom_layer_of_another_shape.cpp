// error: forward_gives_another_shape_than_the_shape_rule_says
// error: mine::halve
#include "../../dsl/layers.hpp"

namespace mine {
struct halve : etch::layer {
  static constexpr std::string_view kind = "halve";
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) {
    return in.rank == 1 ? etch::accept({in[0] / 2}) : etch::refuse(etch::refusal::wants_vector);
  }
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) {
#ifdef TWIN
    return slice(x, {0}, {x.shape()[0] - x.shape()[0] / 2});
#else
    return slice(x, {0}, {x.shape()[0] / 2});
#endif
  }
};
}  // namespace mine

constexpr auto net = etch::input<8> | etch::dense<5> | mine::halve{} | etch::dense<4>;  // here
static_assert(net.output_shape() == etch::shape<4>);
