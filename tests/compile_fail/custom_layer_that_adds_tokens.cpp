// error: of_tokens_only_the_rows_of_a_table_are_computed
#include "../../dsl/layers.hpp"

struct shifted : etch::layer {
  static constexpr std::string_view kind = "shifted";
  static constexpr etch::element_type takes = etch::element_type::int32;
  static constexpr etch::verdict shape_rule(etch::tensor_shape const&) {
    return etch::accept({4, 2});
  }
  static constexpr etch::tensor forward(etch::context& c, etch::tensor x) {
    etch::tensor const table = c.parameter("weight", {9, 2}, etch::ones);
#ifdef TWIN
    return etch::math::gather(table, x);
#else
    return etch::math::gather(table, x) + etch::math::reshape(x, {4, 1});
#endif
  }
};

constexpr auto net = etch::tokens<4> | shifted{};  // here
static_assert(net.output_shape() == etch::shape<4, 2>);
