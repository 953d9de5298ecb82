// error: etch::layer_number<1>, etch::declared_as<etch::layers::dense<16>>
// error: etch::expects<etch::streams<1>>, etch::given<etch::streams<2>>
// error: takes one stream; join them first with etch::add or etch::concat
#include "../../dsl/layers.hpp"

constexpr auto net = etch::inputs(etch::input<8>, etch::input<4>)
#ifdef TWIN
                   | etch::concat | etch::dense<16>;
#else
                   | etch::dense<16>;  // here
#endif
static_assert(net.output_shape() == etch::shape<16>);
