// error: 10100 <= 10000
#include "../../codegen/report/cost.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<100> | etch::dense<100>;
#ifdef TWIN
static_assert(etch::cost<net>.parameters <= 20'000);
#else
static_assert(etch::cost<net>.parameters <= 10'000);  // here
#endif
