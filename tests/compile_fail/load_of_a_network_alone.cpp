// error: etch: this takes a model, which holds the weights of a network: etch::model<net> model
#include "../../runtime/infer/save.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use([[maybe_unused]] etch::model<net>& model) {
#ifdef TWIN
  etch::load(model, "net.safetensors");
#else
  etch::load(net);  // here
#endif
}
