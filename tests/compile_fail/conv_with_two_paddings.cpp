// error: etch: this layer takes one padding: etch::same, etch::valid, etch::padding<1>
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8, 8, 3> | etch::conv2d<4, 3, etch::padding<1>>;
#else
constexpr auto net = etch::input<8, 8, 3> | etch::conv2d<4, 3, etch::padding<1>, etch::same>;  // here
#endif
static_assert(net.output_shape() == etch::shape<8, 8, 4>);
