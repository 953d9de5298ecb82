// error: etch::layer_number<1>, etch::declared_as<etch::layers::conv1d<4, 5>>
// error: etch::expects<etch::sequence_at_least<5>>, etch::given<etch::extents<4, 8>>
// error: the window is longer than the sequence; use a shorter one, less dilation, or etch::same
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<4, 8> | etch::conv1d<4, 5, etch::causal>;
#else
constexpr auto net = etch::input<4, 8> | etch::conv1d<4, 5>;  // here
#endif
static_assert(net.output_shape() == etch::shape<4, 4>);
