// error: operation_has_no_gradient_rule.*pool_index
// error: mine::place_of_largest
#include "../../codegen/lower/lower.hpp"
#include "../../dsl/layers.hpp"
#include "../../dsl/losses.hpp"

namespace mine {
struct place_of_largest : etch::layer {
  static constexpr std::string_view kind = "place_of_largest";
  static constexpr auto shape_rule(etch::tensor_shape const&) { return etch::accept({1, 1, 2}); }
  static constexpr etch::tensor forward(etch::context&, etch::tensor x) {
    etch::contraction const window{.width = 4, .channels = 2, .kernel_width = 4, .filters = 2};
    etch::tensor const place =
        etch::detail::emit(x, etch::primitive::pool_index{window}, {{1, 1, 2}, true}, {x.id});
#ifdef TWIN
    return detach(place);
#else
    return place;
#endif
  }
};
}  // namespace mine

constexpr auto net = etch::input<1, 4, 2> | etch::conv2d<2, 1> | mine::place_of_largest{};
constexpr auto nodes = etch::training_graph(net, etch::mse).nodes.size();  // here
