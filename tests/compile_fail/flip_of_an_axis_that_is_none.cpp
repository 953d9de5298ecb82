// error: etch::layer_number<1>, etch::declared_as<etch::layers::flip<2>>
// error: etch::expects<etch::axes_below<2>>, etch::given<etch::extents<28, 28>>
// error: flip names axes of its input, each once, counted from 0
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<28, 28> | etch::flip<1>;
#else
constexpr auto net = etch::input<28, 28> | etch::flip<2>;  // here
#endif
static_assert(net.output_shape() == etch::shape<28, 28>);
