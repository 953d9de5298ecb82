// error: etch: what is combined are layers and blocks of layers, without an input
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto inner = etch::dense<8>;
#else
constexpr auto inner = etch::input<8> | etch::dense<8>;
#endif
constexpr auto net = etch::input<8> | etch::residual(inner);  // here
static_assert(net.output_shape() == etch::shape<8>);
