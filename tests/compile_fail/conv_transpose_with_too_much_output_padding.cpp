// error: etch::layer_number<1>, etch::declared_as<etch::layers::conv_transpose2d<4, 3,.*stride<2, 2>
// error: etch::expects<etch::output_padding_below<2, 2>>, etch::given<etch::extents<4, 4, 8>>
// error: output_padding must be at least 0 and less than the stride or the dilation
#include "../../dsl/layers.hpp"

constexpr auto net = etch::input<4, 4, 8>
#ifdef TWIN
                   | etch::conv_transpose2d<4, 3, etch::stride<2>, etch::output_padding<1>>;
#else
                   | etch::conv_transpose2d<4, 3, etch::stride<2>, etch::output_padding<2>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<10, 10, 4>);
