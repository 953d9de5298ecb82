// error: a_tensor_has_more_than_2_to_the_30_numbers
#include "../../dsl/layers/dense.hpp"

#ifdef TWIN
constexpr auto net = etch::input<32768> | etch::dense<32768>;
#else
constexpr auto net = etch::input<32768> | etch::dense<32769>;  // here
#endif
