// error: // etch: it takes weights, etch::embedded_model<net> m\{net_weights\}
#include "../../runtime/infer/embedded.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
#ifdef TWIN
etch::embedded_model<net> model{etch::embedded_file{nullptr, nullptr}};
#else
etch::embedded_model<net> model;  // here
#endif
