// error: etch: at least 1 sample is trained on at once
#include <etch/etch.hpp>

constexpr auto net = etch::input<4> | etch::dense<2>;
#ifdef TWIN
static_assert(etch::cost<net>.training_bytes<1> > 0);
#else
static_assert(etch::cost<net>.training_bytes<0> > 0);  // here
#endif
