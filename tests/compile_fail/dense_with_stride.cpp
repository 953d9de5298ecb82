// error: etch::layer_number<1>, etch::declared_as<etch::layers::dense<4, etch::options::stride<2, 2>
// error: etch::expects<etch::options_of_this_layer>
// error: one of the options is none of this layer
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::dense<4, etch::no_bias>;
#else
constexpr auto net = etch::input<8> | etch::dense<4, etch::stride<2>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<4>);
