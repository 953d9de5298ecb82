// error: etch: this writes the weights of a model, which must not be const
#include "../../runtime/infer/save.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
#ifdef TWIN
void use(etch::model<net>& model) {
#else
void use(etch::model<net> const& model) {
#endif
  etch::load(model, "net.safetensors");  // here
}
