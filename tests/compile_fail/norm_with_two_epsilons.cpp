// error: etch: two options say the same thing, leave one out
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<8> | etch::batch_norm(etch::epsilon<1e-3>);
#else
constexpr auto once = etch::batch_norm(etch::epsilon<1e-3>);
constexpr auto net = etch::input<8> | once(etch::epsilon<1e-4>);  // here
#endif
static_assert(net.output_shape() == etch::shape<8>);
