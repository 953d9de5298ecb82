// error: etch::layer_number<1>, etch::declared_as<etch::layers::max_pool2d<3, 2>>
// error: etch::expects<etch::one_window>
// error: etch: this layer takes one window: 3 is a square one, etch::kernel<3, 5> a rectangular one
// error: a stride is etch::stride<2>
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8, 8, 3> | etch::max_pool2d<3, etch::stride<2>>;
#else
constexpr auto net = etch::input<8, 8, 3> | etch::max_pool2d<3, 2>;  // here
#endif
static_assert(net.output_shape() == etch::shape<3, 3, 3>);
