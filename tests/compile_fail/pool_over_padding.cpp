// error: etch::layer_number<1>, etch::declared_as<etch::layers::max_pool2d<2,.*padding<2, 2, 2, 2>
// error: etch::expects<etch::image_under_every_window>, etch::given<etch::extents<4, 4, 1>>
// error: a window has nothing but padding under it; use less padding
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<4, 4, 1> | etch::max_pool2d<2, etch::padding<1>>;
#else
constexpr auto net = etch::input<4, 4, 1> | etch::max_pool2d<2, etch::padding<2>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<3, 3, 1>);
