// error: etch::expects<etch::inputs_and_outputs<1, 1>>, etch::given<etch::argument_count<3>>
// error: forward takes one argument for each input and one for each output
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers/dense.hpp"

constexpr auto net = etch::input<784> | etch::dense<10>;

auto use(etch::model<net> const& model, std::array<float, 784> const& x,
         std::span<float, 10> y) {
#ifdef TWIN
  model.forward(x, y);
#else
  model.forward(x, y, y);  // here
#endif
}
