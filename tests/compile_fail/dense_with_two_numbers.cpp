// error: etch::layer_number<1>, etch::declared_as<etch::layers::dense<8, 16>>
// error: etch: this layer does not take that number: its input is what the layer before gives
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::dense<16>;
#else
constexpr auto net = etch::input<8> | etch::dense<8, 16>;  // here
#endif
static_assert(net.output_shape() == etch::shape<16>);
