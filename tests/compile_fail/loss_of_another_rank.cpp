// error: etch::the_loss, etch::declared_as<mine::pixel_loss>
// error: etch::expects<etch::image>, etch::given<etch::extents<4>>
// error: takes an image \(height, width, channels\)
#include "../../runtime/train/evaluate.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"

namespace mine {
struct pixel_loss : etch::loss {
  static constexpr std::string_view kind = "pixel_loss";
  static constexpr etch::verdict target_rule(etch::tensor_shape const& prediction) {
    return prediction.rank == 3 ? etch::accept(prediction)
                                : etch::refuse(etch::refusal::wants_image);
  }
  static constexpr etch::tensor forward(etch::context& c, etch::tensor prediction,
                                        etch::tensor target) {
    return etch::losses::mse::forward(c, prediction, target);
  }
};
}  // namespace mine

#ifdef TWIN
constexpr auto net = etch::input<4> | etch::dense<4> | etch::reshape<2, 2, 1>;
#else
constexpr auto net = etch::input<4> | etch::dense<4>;
#endif
double use(etch::model<net> const& model, etch::dataset const& data) {
  return etch::evaluate<8>(model, mine::pixel_loss{}, data).loss;  // here
}
