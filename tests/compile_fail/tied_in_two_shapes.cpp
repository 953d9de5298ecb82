// error: etch::layer_number<3>, etch::declared_as<etch::layers::tied<.*etch::shared_with<etch::layer_number<1>
// error: etch::expects<etch::extents<4, 8>>, etch::given<etch::extents<4, 4>>
// error: etch: a parameter that two layers share has one shape
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto ends = etch::tied<"a">(etch::dense<4>) | etch::relu | etch::dense<8>;
#else
constexpr auto ends = etch::tied<"a">(etch::dense<4>) | etch::relu;
#endif
constexpr auto net = etch::input<8> | ends | etch::tied<"a">(etch::dense<4>);  // here
static_assert(net.output_shape() == etch::shape<4>);
