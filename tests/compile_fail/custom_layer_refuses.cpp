// error: etch::layer_number<2>, etch::declared_as<mine::board>
// error: etch::expects<etch::extents<8, 8>>, etch::given<etch::extents<8, 9>>
// error: this layer does not accept the shape it is given; see its shape_rule
#include "../../dsl/layers.hpp"

namespace mine {
struct board : etch::layer {
  static constexpr std::string_view kind = "board";
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) {
    return in == etch::shape<8, 8> ? etch::accept(in)
                                   : etch::refuse(etch::refusal::other, etch::shape<8, 8>);
  }
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) { return x * 0.5; }
};
}  // namespace mine

#ifdef TWIN
constexpr auto net = etch::input<8, 8> | etch::relu | mine::board{};
#else
constexpr auto net = etch::input<8, 9> | etch::relu | mine::board{};  // here
#endif
static_assert(net.output_shape() == etch::shape<8, 8>);
