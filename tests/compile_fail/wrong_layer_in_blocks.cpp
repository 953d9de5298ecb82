// error: etch::layer_number<2, 2, 3>, etch::declared_as<etch::layers::dense<16>>
// error: etch::expects<etch::vector>, etch::given<etch::extents<9, 9, 8>>
// error: takes a vector \(features\); insert etch::flatten before it
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto branch = etch::conv2d<8, 1> | etch::relu | etch::conv2d<8, 1>;
#else
constexpr auto branch = etch::conv2d<8, 1> | etch::relu | etch::dense<16>;
#endif
constexpr auto net = etch::input<9, 9, 3> | etch::batch_norm
                   | etch::parallel<etch::concat>(etch::conv2d<8, 1>, branch)  // here
                   | etch::relu;
static_assert(net.output_shape() == etch::shape<9, 9, 16>);
