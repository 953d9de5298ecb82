// error: etch::layer_number<1>, etch::declared_as<etch::layers::embedding<1000, 8>>
// error: takes tokens, the numbers of rows of a table, and is given numbers
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::tokens<64> | etch::embedding<1000, 8>;
#else
constexpr auto net = etch::input<64> | etch::embedding<1000, 8>;  // here
#endif
static_assert(net.output_shape() == etch::shape<64, 8>);
