// error: etch::layer_number<1>, etch::declared_as<etch::layers::parallel<
// error: etch::expects<etch::extents<4>>, etch::given<etch::extents<9>>
// error: streams that are added must have one shape
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<9> | etch::parallel<etch::add>(etch::relu, etch::dense<9>);
#else
constexpr auto net =
    etch::input<4> | etch::parallel<etch::add>(etch::relu, etch::dense<9>);  // here
#endif
static_assert(net.output_shape() == etch::shape<9>);
