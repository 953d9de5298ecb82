// error: etch::layer_number<1>, etch::declared_as<etch::layers::conv_transpose2d<4, 3,.*padding<2, 2
// error: etch::expects<etch::padding_below<4, 4>>, etch::given<etch::extents<2, 2, 8>>
// error: the padding of a transposed convolution is cut off from its result
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<2, 2, 8> | etch::conv_transpose2d<4, 3, etch::padding<1>>;
#else
constexpr auto net = etch::input<2, 2, 8> | etch::conv_transpose2d<4, 3, etch::padding<2>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<2, 2, 4>);
