// error: etch::expects<etch::bytes_at_most<65536>>, etch::given<etch::bytes<
// error: more than 64 KB of stack; give it a workspace and an output that lie elsewhere
#include "../../dsl/layers.hpp"
#include "../../runtime/infer/model.hpp"

constexpr auto net = etch::input<32, 32, 3> | etch::conv2d<32, 3, etch::same> | etch::relu
                     | etch::max_pool2d<2> | etch::conv2d<32, 3, etch::same> | etch::flatten
                     | etch::dense<10>;

float use(etch::model<net> const& model, std::array<float, 32 * 32 * 3> const& x) {
#ifdef TWIN
  static etch::workspace<net> workspace;
  std::array<float, 10> y;
  model.forward(workspace, x, y);
#else
  auto const y = model.forward(x);  // here
#endif
  return y[0];
}
