// error: etch::layer_number<1>, etch::declared_as<etch::layers::layer_norm<
// error: etch::expects<etch::options_of_this_layer>
// error: one of the options is none of this layer
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::layer_norm(etch::epsilon<1e-3>);
#else
constexpr auto net = etch::input<8> | etch::layer_norm(etch::momentum<0.5>);  // here
#endif
static_assert(net.output_shape() == etch::shape<8>);
