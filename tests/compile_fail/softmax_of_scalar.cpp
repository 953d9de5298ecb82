// error: etch::layer_number<2>, etch::declared_as<etch::layers::softmax>
// error: etch::expects<etch::at_least_one_axis>, etch::given<etch::extents<>>
// error: a scalar is given where at least one axis is taken
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<1, 1> | etch::reshape<1> | etch::softmax;
#else
constexpr auto net = etch::input<1, 1> | etch::reshape<> | etch::softmax;  // here
#endif
static_assert(net.output_shape() == etch::shape<1>);
