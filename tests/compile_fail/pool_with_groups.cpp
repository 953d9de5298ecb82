// error: etch::layer_number<1>, etch::declared_as<etch::layers::max_pool2d<2, etch::options::groups<4>
// error: etch::expects<etch::options_of_this_layer>
// error: one of the options is none of this layer
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8, 8, 4> | etch::max_pool2d<2, etch::same>;
#else
constexpr auto net = etch::input<8, 8, 4> | etch::max_pool2d<2, etch::groups<4>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<4, 4, 4>);
