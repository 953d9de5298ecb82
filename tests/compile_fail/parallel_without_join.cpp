// error: etch: what the blocks give is joined, parallel<etch::concat>
#include "../../dsl/layers.hpp"

constexpr auto net = etch::input<8>
#ifdef TWIN
                   | etch::parallel<etch::concat>(etch::dense<2>, etch::dense<4>);
#else
                   | etch::parallel(etch::dense<2>, etch::dense<4>);  // here
#endif
static_assert(net.output_shape() == etch::shape<6>);
