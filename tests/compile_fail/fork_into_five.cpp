// error: etch::layer_number<1>, etch::declared_as<etch::layers::fork<
// error: etch::expects<etch::streams_at_most<4>>, etch::given<etch::streams<5>>
// error: this makes too many streams; join some with etch::add or etch::concat
#include "../../dsl/layers.hpp"

using etch::relu, etch::tanh;
#ifdef TWIN
constexpr auto net = etch::input<4> | etch::fork(relu, relu, relu, tanh) | etch::add;
#else
constexpr auto net = etch::input<4> | etch::fork(relu, relu, relu, tanh, tanh) | etch::add;  // here
#endif
static_assert(net.output_shape() == etch::shape<4>);
