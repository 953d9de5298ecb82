// error: etch::layer_number<1>, etch::declared_as<etch::layers::residual
// error: takes numbers and is given tokens
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::tokens<8> | etch::embedding<9, 8> | etch::residual(etch::dense<8>);
#else
constexpr auto net = etch::tokens<8> | etch::residual(etch::embedding<9, 8>);  // here
#endif
static_assert(net.output_shape() == etch::shape<8, 8>);
