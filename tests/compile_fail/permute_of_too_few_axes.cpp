// error: etch::layer_number<1>, etch::declared_as<etch::layers::permute<1, 0>>
// error: etch::expects<etch::each_axis_once<3>>, etch::given<etch::extents<28, 20, 3>>
// error: permute names each axis of its input once, counted from 0
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<28, 20, 3> | etch::permute<1, 0, 2>;
#else
constexpr auto net = etch::input<28, 20, 3> | etch::permute<1, 0>;  // here
#endif
static_assert(net.output_shape() == etch::shape<20, 28, 3>);
