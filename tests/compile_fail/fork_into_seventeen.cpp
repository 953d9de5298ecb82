// error: etch::layer_number<1>, etch::declared_as<etch::layers::fork<
// error: etch::expects<etch::streams_at_most<16>>, etch::given<etch::streams<17>>
// error: this makes too many streams; join some with etch::add or etch::concat
#include "../../dsl/layers.hpp"

constexpr auto four = etch::fork(etch::relu, etch::relu, etch::relu, etch::tanh);
#ifdef TWIN
constexpr auto net = etch::input<4> | etch::fork(four, four, four, four) | etch::add;
#else
constexpr auto net = etch::input<4> | etch::fork(four, four, four, four, etch::relu)  // here
                   | etch::add;
#endif
static_assert(net.output_shape() == etch::shape<4>);
