// error: etch::layer_number<1>, etch::declared_as<etch::layers::conv2d<4, 3,.*padding<-1, -1
// error: etch::expects<etch::sizes_at_least<0>>, etch::given<etch::extents<9, 9, 2>>
// error: padding must be at least 0
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<9, 9, 2> | etch::conv2d<4, 3, etch::padding<1>>;
#else
constexpr auto net = etch::input<9, 9, 2> | etch::conv2d<4, 3, etch::padding<-1>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<9, 9, 4>);
