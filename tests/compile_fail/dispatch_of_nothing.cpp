// error: // etch: it takes a model of its network, etch::dispatch<net> fast\{model\}
#include "../../runtime/infer/dispatch.hpp"
#include "../../dsl/layers/dense.hpp"
#include "../../runtime/infer/model.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
etch::model<net> model;
#ifdef TWIN
etch::dispatch<net> fast{model};
#else
etch::dispatch<net> fast;  // here
#endif
