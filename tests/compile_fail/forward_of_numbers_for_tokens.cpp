// error: etch::expects<etch::array_or_span_of_int32>, etch::given<const std::array<float, 4>>
// error: forward takes the tokens of etch::tokens as an array of std::int32_t
#include "../../runtime/infer/model.hpp"
#include "../../dsl/layers.hpp"

constexpr auto net = etch::tokens<4> | etch::embedding<9, 2>;

auto use(etch::model<net> const& model, std::array<float, 4> const& x) {
#ifdef TWIN
  std::array<std::int32_t, 4> tokens{};
  for (std::size_t i = 0; i < 4; ++i) tokens[i] = static_cast<std::int32_t>(x[i]);
  return model.forward(tokens);
#else
  return model.forward(x);  // here
#endif
}
