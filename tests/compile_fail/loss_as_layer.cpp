// error: etch: only layers and blocks of layers follow in a network
// error: a loss is given to etch::fit or etch::train_step
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::dense<10>;
#else
constexpr auto net = etch::input<8> | etch::dense<10> | etch::cross_entropy;  // here
#endif
static_assert(net.output_shape() == etch::shape<10>);
