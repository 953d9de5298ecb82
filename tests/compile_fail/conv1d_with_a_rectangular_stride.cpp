// error: etch::layer_number<1>, etch::declared_as<etch::layers::conv1d<4, 3,.*stride<1, 2>
// error: one of the options is none of this layer
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<9, 8> | etch::conv1d<4, 3, etch::stride<2>>;
#else
constexpr auto net = etch::input<9, 8> | etch::conv1d<4, 3, etch::stride<1, 2>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<4, 4>);
