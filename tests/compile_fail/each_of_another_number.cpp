// error: etch::layer_number<1>, etch::declared_as<etch::layers::each<
// error: etch::expects<etch::streams<3>>, etch::given<etch::streams<2>>
// error: takes another number of streams; etch::each\(...\) has one block for each of them
#include "../../dsl/layers.hpp"

constexpr auto net = etch::inputs(etch::input<8>, etch::input<4>)
#ifdef TWIN
                   | etch::each(etch::dense<3>, etch::dense<3>) | etch::add;
#else
                   | etch::each(etch::dense<3>, etch::dense<3>, etch::relu) | etch::add;  // here
#endif
static_assert(net.output_shape() == etch::shape<3>);
