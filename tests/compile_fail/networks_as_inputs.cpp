// error: etch::inputs takes inputs alone; the layers of each follow behind it, in etch::each
#include "../../dsl/layers.hpp"

constexpr auto net =
#ifdef TWIN
    etch::inputs(etch::input<8>, etch::input<4>) | etch::each(etch::dense<4>, etch::relu)
#else
    etch::inputs(etch::input<8> | etch::dense<4>, etch::input<4>)  // here
#endif
    | etch::add;
static_assert(net.output_shape() == etch::shape<4>);
