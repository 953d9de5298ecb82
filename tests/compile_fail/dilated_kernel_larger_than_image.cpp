// error: etch::layer_number<1>, etch::declared_as<etch::layers::conv2d<4, 3,.*dilation<4, 4>
// error: etch::expects<etch::image_at_least<7, 7>>, etch::given<etch::extents<6, 6, 2>>
// error: the window is larger than the image; use a smaller one, less dilation, or etch::same
#include "../../dsl/layers.hpp"

// A 3 x 3 kernel with dilation 4 spans 9 x 9 pixels, of which the padding gives 2.
#ifdef TWIN
constexpr auto net =
    etch::input<6, 6, 2> | etch::conv2d<4, 3, etch::dilation<3>, etch::padding<1>>;
#else
constexpr auto net =
    etch::input<6, 6, 2> | etch::conv2d<4, 3, etch::dilation<4>, etch::padding<1>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<2, 2, 4>);
