// error: inference_depends_on_the_other_samples_of_the_batch
#include "../../dsl/layers.hpp"

struct centred : etch::layer {
  static constexpr std::string_view kind = "centred";
  static constexpr etch::verdict shape_rule(etch::tensor_shape const& in) {
    return etch::accept(in);
  }
  static constexpr etch::tensor forward(etch::context& c, etch::tensor x) {
#ifdef TWIN
    if (!c.training()) return x;
#endif
    static_cast<void>(c);
    return x - etch::math::batch_mean(x, 0, 0);
  }
};

constexpr auto net = etch::input<9> | centred{};  // here
