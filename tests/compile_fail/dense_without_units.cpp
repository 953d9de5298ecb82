// error: etch::layer_number<1>, etch::declared_as<etch::layers::dense<0>>
// error: etch::expects<etch::sizes_at_least<1>>, etch::given<etch::extents<8>>
// error: every extent, count, window and stride must be at least 1
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::dense<4>;
#else
constexpr auto net = etch::input<8> | etch::dense<0>;  // here
#endif
static_assert(net.output_shape() == etch::shape<4>);
