// error: etch::layer_number<1>, etch::declared_as<etch::layers::upsample2d<2, 3>>
// error: two options say the same thing, leave one out
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<2, 2, 8> | etch::upsample2d<etch::factor<2, 3>>;
#else
constexpr auto net = etch::input<2, 2, 8> | etch::upsample2d<2, 3>;  // here
#endif
static_assert(net.output_shape() == etch::shape<4, 6, 8>);
