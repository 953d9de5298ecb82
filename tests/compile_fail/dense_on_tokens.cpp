// error: etch::layer_number<1>, etch::declared_as<etch::layers::dense<10>>
// error: takes numbers and is given tokens; tokens need etch::embedding<rows, width> first
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::tokens<64> | etch::embedding<1000, 8> | etch::dense<10>;
#else
constexpr auto net = etch::tokens<64> | etch::dense<10>;  // here
#endif
static_assert(net.output_count() == 1);
