// error: etch::layer_number<2, 1, 2>, etch::declared_as<etch::layers::residual<etch::block<
// error: etch::expects<etch::extents<28, 28, 8>>, etch::given<etch::extents<26, 26, 8>>
// error: the block of a residual must give back the shape it is given; use etch::same
#include "../../dsl/layers.hpp"

// The residual is the second layer of a block in a block; the fault is said of it, not of those.
#ifdef TWIN
constexpr auto inner = etch::residual(etch::relu | etch::conv2d<8, 3, etch::same>);
#else
constexpr auto inner = etch::residual(etch::relu | etch::conv2d<8, 3>);
#endif
constexpr auto outer = etch::residual(etch::repeat<2>(etch::relu | inner) | etch::relu);
constexpr auto net = etch::input<28, 28, 1> | etch::conv2d<8, 3, etch::same>
                   | outer | etch::flatten;  // here
static_assert(net.output_shape() == etch::shape<28 * 28 * 8>);
