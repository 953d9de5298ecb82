// error: etch::the_input, etch::declared_as<etch::root<etch::extents<1>, etch::extents<2>
// error: etch::expects<etch::streams_at_most<4>>, etch::given<etch::streams<5>>
// error: this makes too many streams
#include "../../dsl/layers.hpp"

using etch::input;
#ifdef TWIN
constexpr auto net = etch::inputs(input<1>, input<2>, input<3>, input<4>) | etch::concat;
#else
constexpr auto net = etch::inputs(input<1>, input<2>, input<3>, input<2>, input<2>)  // here
                   | etch::concat;
#endif
static_assert(net.output_shape() == etch::shape<10>);
