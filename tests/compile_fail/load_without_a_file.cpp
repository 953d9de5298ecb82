// error: etch: load takes a model and a file: etch::load\(model, "net.safetensors"\)
#include "../../runtime/infer/save.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<4> | etch::dense<2>;
void use(etch::model<net>& model) {
#ifdef TWIN
  etch::load(model, "net.safetensors");
#else
  etch::load(model);  // here
#endif
}
