// error: etch::layer_number<1>, etch::declared_as<etch::layers::mean_pool>
// error: etch::expects<etch::sequence>, etch::given<etch::extents<7, 7, 16>>
// error: takes a sequence \(tokens, features\); insert etch::reshape<tokens, features>
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<7, 7, 16> | etch::reshape<49, 16> | etch::mean_pool;
#else
constexpr auto net = etch::input<7, 7, 16> | etch::mean_pool;  // here
#endif
static_assert(net.output_shape() == etch::shape<16>);
