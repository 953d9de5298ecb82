// error: etch::layer_number<1>, etch::declared_as<etch::layers::repeat<0, .*dense<8>
// error: etch::expects<etch::sizes_at_least<1>>, etch::given<etch::extents<8>>
// error: every extent, count, window and stride must be at least 1
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::repeat<1>(etch::dense<8>);
#else
constexpr auto net = etch::input<8> | etch::repeat<0>(etch::dense<8>);  // here
#endif
static_assert(net.output_shape() == etch::shape<8>);
