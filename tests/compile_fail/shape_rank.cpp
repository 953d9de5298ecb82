// error: static assertion failed
#include "../../dsl/shape.hpp"

// An extent of one is still an axis: the rank is part of the shape.
#ifdef TWIN
static_assert(etch::shape<28, 28, 1> != etch::shape<28, 28>);
#else
static_assert(etch::shape<28, 28, 1> == etch::shape<28, 28>);  // here
#endif
