// error: etch: graph_of takes a network, which begins with its input: etch::input<28, 28, 1>
#include "../../dsl/layers/dense.hpp"

constexpr auto block = etch::dense<4> | etch::dense<2>;
#ifdef TWIN
static_assert(etch::graph_of(etch::input<8> | block).layers.size() < 4);
#else
static_assert(etch::graph_of(block).layers.size() < 4);  // here
#endif
