// error: etch::layer_number<1>, etch::declared_as<etch::layers::conv2d<6, 1,.*groups<4>
// error: etch::expects<etch::filters_in_multiples_of<4>>, etch::given<etch::extents<9, 9, 8>>
// error: the filters must be a multiple of the groups
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<9, 9, 8> | etch::conv2d<8, 1, etch::groups<4>>;
#else
constexpr auto net = etch::input<9, 9, 8> | etch::conv2d<6, 1, etch::groups<4>>;  // here
#endif
static_assert(net.output_shape() == etch::shape<9, 9, 8>);
