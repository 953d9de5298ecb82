// error: 784000 <= 100000
#include "../../codegen/report/cost.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<784> | etch::dense<1000>;
#ifdef TWIN
static_assert(etch::cost<net>.multiply_adds <= 1000000);
#else
static_assert(etch::cost<net>.multiply_adds <= 100000);  // here
#endif
