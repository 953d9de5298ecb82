#include "../catch.hpp"
#include "../check_layer.hpp"

namespace {

using namespace etch;
using check::passed;

/// A layer that reads its table twice: through tanh, and as it is, but for a token of padding.
struct twice : layer {
  static constexpr std::string_view kind = "twice";
  static constexpr element_type takes = element_type::int32;
  static constexpr verdict shape_rule(tensor_shape const& in) { return accept({in[0], 3}); }
  static constexpr tensor forward(context& c, tensor ids) {
    tensor const table = c.parameter("weight", {6, 3}, ones);
    return math::gather(math::tanh(table), ids) + math::gather(table, ids, true, 2) * 0.5;
  }
};

}  // namespace

TEST_CASE("an embedding gives the rows of its tokens, and its gradient is added to these") {
  CHECK(check_layer<tokens<5> | embedding<7, 20>>(shape<5, 20>, 140) == passed);
  CHECK(check_layer<tokens<3, 2> | embedding<9, 3, padding_token<4>>>(shape<3, 2, 3>, 27) == passed);
  CHECK(check_layer<tokens<4> | embedding<11, 16, uniform_within<0.5>> | mean_pool | dense<3>>(
            shape<3>, 176 + 51) == passed);
}

TEST_CASE("several tables, inputs of numbers beside tokens, and a table that is read twice") {
  constexpr auto mixed = inputs(tokens<3>, input<4>) |
                         each(embedding<5, 2> | flatten | dense<4>, relu) | etch::add;
  CHECK(check_layer<mixed>(shape<4>, 10 + 28) == passed);
  constexpr auto forked = tokens<3> | fork(embedding<5, 2> | relu, embedding<8, 2>) | etch::concat;
  CHECK(check_layer<forked>(shape<3, 4>, 26) == passed);
  constexpr auto one_table =
      tokens<3> | fork(tied<"table">(embedding<5, 2>), tied<"table">(embedding<5, 2>) | relu) |
      etch::concat | dense<2>;
  CHECK(check_layer<one_table>(shape<3, 2>, 10 + 10) == passed);
  constexpr auto in_a_loop =
      tokens<3> | tap<"words"> | embedding<5, 4> |
      repeat<4>(fork(dense<4>, from<"words"> | embedding<5, 4>) | etch::add);
  CHECK(check_layer<in_a_loop>(shape<3, 4>, 20 + 4 * (20 + 20)) == passed);
  constexpr auto shared = tokens<4> | twice{};
  CHECK(check_layer<shared>(shape<4, 3>, 18) == passed);
}
