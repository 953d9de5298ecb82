// error: etch::layer_number<2>, etch::declared_as<mine::board>
// error: etch::expects<etch::extents<8, 8>>, etch::given<etch::extents<8, 9>>
// error: a board has 8 rows of 8 fields; 
// error: insert etch::reshape<8, 8> before it
#include "../../dsl/layers.hpp"

namespace mine {
struct board : etch::layer {
  static constexpr std::string_view kind = "board";
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) {
    if (in == etch::shape<8, 8>) return etch::accept(in);
    return etch::refuse("a board has 8 rows of 8 fields; insert etch::reshape<8, 8> before it",
                        etch::shape<8, 8>);
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
