// error: etch::layer_number<1>, etch::declared_as<etch::layers::conv2d<8, 3>>
// error: etch::expects<etch::image>, etch::given<etch::extents<784>>
// error: takes an image \(height, width, channels\); insert etch::reshape<height, width, channels>
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<784> | etch::reshape<28, 28, 1> | etch::conv2d<8, 3>;
#else
constexpr auto net = etch::input<784> | etch::conv2d<8, 3>;  // here
#endif
static_assert(net.output_shape() == etch::shape<26, 26, 8>);
