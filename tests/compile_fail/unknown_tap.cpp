// error: etch::layer_number<4>, etch::declared_as<etch::layers::from<
// error: etch::expects<etch::tap_of_this_name_before>, etch::given<etch::extents<8>>
// error: no tap of this name stands before this layer; set it with etch::tap<"name">
#include "../../dsl/layers.hpp"

constexpr auto net = etch::input<8> | etch::tap<"skip"> | etch::dense<8> | etch::tap<"deep">
#ifdef TWIN
                   | etch::from<"skip", "deep"> | etch::add;
#else
                   | etch::from<"skipp", "deep"> | etch::add;  // here
#endif
static_assert(net.output_shape() == etch::shape<8>);
