// error: etch::expects<etch::elements_at_most<1073741824>>, etch::given<etch::extents<65536, 65536, 1>>
// error: a tensor of one sample has more than 2\^30 numbers
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::input<32768, 32768, 1> | etch::conv2d<1, 1, etch::stride<1024>>;
#else
constexpr auto net = etch::input<65536, 65536, 1>  // here
                     | etch::conv2d<1, 1, etch::stride<1024>>;
#endif
