// error: etch::layer_number<3>, etch::declared_as<etch::layers::dense<10>>
// error: etch::expects<etch::vector>, etch::given<etch::extents<26, 26, 32>>
// error: takes a vector \(features\); insert etch::flatten before it
#include "../../dsl/layers.hpp"

constexpr auto net = etch::input<28, 28, 1> | etch::conv2d<32, 3> | etch::relu
#ifdef TWIN
                   | etch::flatten | etch::dense<10>;
#else
                   | etch::dense<10>;  // here
#endif
static_assert(net.output_shape() == etch::shape<10>);
