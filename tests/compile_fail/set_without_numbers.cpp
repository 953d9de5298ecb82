// error: etch: set takes a model, the name of a parameter, and its numbers
#include "../../runtime/infer/parameters.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::model<net>& model) {
#ifdef TWIN
  etch::set(model, "dense_1.bias", etch::get(model, "dense_1.bias"));
#else
  etch::set(model, "dense_1.bias");  // here
#endif
}
