// error: an input begins a network and cannot follow one; several inputs are etch::inputs
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::dense<4> | etch::relu;
#else
constexpr auto net = etch::input<8> | etch::dense<4> | etch::input<4> | etch::relu;  // here
#endif
static_assert(net.output_shape() == etch::shape<4>);
