// error: computes in more than 2\^31 floats .8 GB.; let it compute fewer samples at once
#include "../../dsl/layers.hpp"
#include "../../runtime/infer/workspace.hpp"

constexpr auto net = etch::input<1024, 1024, 1> | etch::conv2d<64, 3, etch::same>
                     | etch::flatten | etch::dense<10>;

#ifdef TWIN
constexpr std::size_t size = sizeof(etch::workspace<net, 16>);
#else
constexpr std::size_t size = sizeof(etch::workspace<net, 64>);  // here
#endif
