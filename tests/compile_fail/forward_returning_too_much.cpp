// error: etch::expects<etch::bytes_at_most<65536>>, etch::given<etch::bytes<
// error: more than 64 KB of stack; give it a workspace and an output that lie elsewhere
#include "../../dsl/layers/dense.hpp"
#include "../../runtime/infer/model.hpp"

constexpr auto net = etch::input<8> | etch::dense<20'000>;

float use(etch::model<net> const& model, etch::workspace<net>& workspace,
          std::array<float, 8> const& x) {
#ifdef TWIN
  static std::array<float, 20'000> y;
  model.forward(workspace, x, y);
#else
  auto const y = model.forward(workspace, x);  // here
#endif
  return y[0];
}
