// error: etch::the_input, etch::declared_as<etch::root<etch::extents<28, 0, 1>>>
// error: etch::expects<etch::sizes_at_least<1>>, etch::given<etch::extents<28, 0, 1>>
// error: every extent, count, window and stride must be at least 1
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<28, 28, 1> | etch::conv2d<8, 3> | etch::flatten;
#else
constexpr auto net = etch::input<28, 0, 1> | etch::conv2d<8, 3> | etch::flatten;  // here
#endif
static_assert(net.output_shape() == etch::shape<26 * 26 * 8>);
