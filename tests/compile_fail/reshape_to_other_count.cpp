// error: etch::layer_number<2>, etch::declared_as<etch::layers::reshape<7, 7, 16>>
// error: etch::expects<etch::elements<800>>, etch::given<etch::extents<800>>
// error: a reshape must keep the number of elements
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<28> | etch::dense<784> | etch::reshape<7, 7, 16>;
#else
constexpr auto net = etch::input<28> | etch::dense<800> | etch::reshape<7, 7, 16>;  // here
#endif
static_assert(net.output_shape() == etch::shape<7, 7, 16>);
