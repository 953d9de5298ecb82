// error: etch::layer_number<1>, etch::declared_as<etch::layers::dropout<etch::real{1, 0}>>
// error: etch::expects<etch::rate_at_least_0_and_below_1>, etch::given<etch::extents<64>>
// error: the rate must be at least 0 and below 1
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<64> | etch::dropout<0.5>;
#else
constexpr auto net = etch::input<64> | etch::dropout<1.0>;  // here
#endif
static_assert(net.output_shape() == etch::shape<64>);
