// error: etch::layer_number<1>, etch::declared_as<etch::layers::conv2d<2, 3,.*stride<0, 0>
// error: etch::expects<etch::sizes_at_least<1>>, etch::given<etch::extents<8, 8, 3>>
// error: every extent, count, window and stride must be at least 1
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8, 8, 3> | etch::conv2d<2, 3, etch::stride<1>>;
#else
constexpr auto net = etch::input<8, 8, 3> | etch::conv2d<2, 3, etch::stride<0>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<6, 6, 2>);
