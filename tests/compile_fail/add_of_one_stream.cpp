// error: etch::layer_number<2>, etch::declared_as<etch::layers::add>
// error: etch::expects<etch::streams_at_least<2>>, etch::given<etch::streams<1>>
// error: takes several streams; etch::fork\(...\), etch::from<...> and etch::inputs
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<4> | etch::fork(etch::relu, etch::tanh) | etch::add;
#else
constexpr auto net = etch::input<4> | etch::relu | etch::add;  // here
#endif
static_assert(net.output_shape() == etch::shape<4>);
