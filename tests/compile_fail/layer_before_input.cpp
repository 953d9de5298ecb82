// error: nothing stands before the input of a network
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::relu | etch::dense<4>;
#else
constexpr auto net = etch::relu | etch::dense<8> | etch::input<8> | etch::dense<4>;  // here
#endif
static_assert(net.output_shape() == etch::shape<4>);
