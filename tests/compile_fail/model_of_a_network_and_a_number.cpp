// error: etch: a model takes a seed, etch::model<net> model\{etch::seed\{42\}\}
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
#ifdef TWIN
etch::model model{net, etch::seed{42}};
etch::model other{net, {42}};
#else
etch::model model{net, 42};  // here
#endif
