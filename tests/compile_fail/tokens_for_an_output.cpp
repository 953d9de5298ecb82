// error: a network gives numbers, and this one tokens as it is given
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers.hpp"

#ifdef TWIN
constexpr auto net = etch::tokens<4> | etch::tap<"words"> | etch::embedding<9, 2>;
#else
constexpr auto net = etch::tokens<4> | etch::tap<"words">;
#endif
etch::model<net> m;  // here
