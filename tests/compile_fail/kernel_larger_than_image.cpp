// error: etch::layer_number<2>, etch::declared_as<etch::layers::conv2d<4, 5>>
// error: etch::expects<etch::image_at_least<5, 5>>, etch::given<etch::extents<4, 14, 1>>
// error: the window is larger than the image; use a smaller one, less dilation, or etch::same
#include "../../dsl/layers.hpp"

constexpr auto net = etch::input<8, 28, 1> | etch::max_pool2d<2>
#ifdef TWIN
                   | etch::conv2d<4, 5, etch::same>;
#else
                   | etch::conv2d<4, 5>;  // here
#endif
static_assert(net.output_shape() == etch::shape<4, 14, 4>);
