// error: etch::the_input, etch::declared_as<etch::root<etch::extents<1>, etch::extents<1>
// error: etch::expects<etch::streams_at_most<16>>, etch::given<etch::streams<17>>
// error: this makes too many streams
#include "../../dsl/layers.hpp"

constexpr auto x = etch::input<1>;
#ifdef TWIN
constexpr auto net = etch::inputs(x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x) | etch::concat;
#else
constexpr auto net = etch::inputs(x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x)  // here
                   | etch::concat;
#endif
static_assert(net.output_shape() == etch::shape<16>);
