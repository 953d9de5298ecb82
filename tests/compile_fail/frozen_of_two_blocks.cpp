// error: etch: residual, repeat, frozen and tied take one block, \(a \| b\)
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::frozen(etch::dense<8> | etch::relu);
#else
constexpr auto net = etch::input<8> | etch::frozen(etch::dense<8>, etch::relu);  // here
#endif
static_assert(net.output_shape() == etch::shape<8>);
