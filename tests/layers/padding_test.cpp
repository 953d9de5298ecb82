// On which side padding lies, in numbers: the interpreter that check_layer asks has the same graph.

#include <algorithm>
#include <array>

#include "../../dsl/layers.hpp"
#include "../../runtime/infer/model.hpp"
#include "catch.hpp"

using namespace etch;

TEST_CASE("same puts what is odd at the end, as ONNX's SAME_UPPER") {
  constexpr std::array x{1.0f, 3.0f, 2.0f, 4.0f};
  constexpr auto across = input<1, 4, 1> | max_pool2d<kernel<1, 2>, stride<1>, same>;
  constexpr auto down = input<4, 1, 1> | max_pool2d<kernel<2, 1>, stride<1>, same>;
  CHECK(model<across>{}.forward(x) == std::array{3.0f, 3.0f, 4.0f, 4.0f});
  CHECK(model<down>{}.forward(x) == std::array{3.0f, 3.0f, 4.0f, 4.0f});
  constexpr auto sum = input<1, 4, 1> | conv2d<1, kernel<1, 4>, same, no_bias, constant_of<1.0>>;
  CHECK(model<sum>{}.forward(x) == std::array{6.0f, 10.0f, 9.0f, 6.0f});
}

TEST_CASE("padding lies at the top, the left, the bottom and the right, in this order") {
  constexpr auto one =
      input<1, 1, 1> | conv2d<1, 1, padding<1, 2, 3, 4>, no_bias, constant_of<1.0>>;
  STATIC_REQUIRE(one.output_shape() == shape<5, 7, 1>);
  auto const y = model<one>{}.forward(std::array{5.0f});
  CHECK(std::count(y.begin(), y.end(), 0.0f) == 34);
  CHECK(y[1 * 7 + 2] == 5);
  constexpr auto two = input<1, 1, 1> | conv2d<1, 1, padding<1, 2>, no_bias, constant_of<1.0>>;
  STATIC_REQUIRE(two.output_shape() == shape<3, 5, 1>);
  CHECK(model<two>{}.forward(std::array{5.0f})[1 * 5 + 2] == 5);
}
