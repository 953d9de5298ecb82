// error: etch::the_input, etch::declared_as<etch::root<etch::extents<64, 2, 2, 8, 28, 28, 3>>>
// error: etch::expects<etch::axes_at_most<6>>, etch::given<etch::extents<64, 2, 2, 8, 28, 28, 3>>
// error: too many axes; the batch is not part of it
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<2, 2, 8, 28, 28, 3> | etch::relu;
#else
constexpr auto net = etch::input<64, 2, 2, 8, 28, 28, 3> | etch::relu;  // here
#endif
static_assert(net.output_shape() == etch::shape<2, 2, 8, 28, 28, 3>);
