// error: etch::layer_number<1>, etch::declared_as<etch::layers::parallel<
// error: etch::expects<etch::extents<28, 28, 8>>, etch::given<etch::extents<26, 26, 8>>
// error: streams that are joined must agree on all axes but the last; use etch::same
#include "../../dsl/layers.hpp"

constexpr auto net =
    etch::input<28, 28, 3>
#ifdef TWIN
    | etch::parallel<etch::concat>(etch::conv2d<8, 1>, etch::conv2d<8, 3, etch::same>);
#else
    | etch::parallel<etch::concat>(etch::conv2d<8, 1>, etch::conv2d<8, 3>);  // here
#endif
static_assert(net.output_shape() == etch::shape<28, 28, 16>);
