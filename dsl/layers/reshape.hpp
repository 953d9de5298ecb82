#pragma once

#include "../network.hpp"

namespace etch {
namespace refusal {
// another number of elements; expected: their number
inline constexpr reason reshape_elements{&reshape_elements};
}  // namespace refusal

template <class Where, class What, class Given, class Streams, int... N>
struct sentence<refusal::reshape_elements, Where, What, Given, Streams, extents<N...>> : refused {
  static_assert(shape_rule<Where, What, expects<elements<N...>>, Given>::is_met,
                "etch: a reshape must keep the number of elements");
};

namespace layers {

template <int... Extents>
struct reshape : layer {
  static constexpr std::string_view kind = "reshape";
  static constexpr tensor_shape target{Extents...};

  static constexpr verdict shape_rule(tensor_shape const& in) {
    if (((Extents < 1) || ...)) return refuse(refusal::zero_size);
    if (!target.is_countable()) return refuse(refusal::too_many_elements);
    if (in.elements() != target.elements())
      return refuse(refusal::reshape_elements, {in.elements()});
    return accept(target);
  }

  static constexpr tensor forward(context&, tensor x) { return math::reshape(x, target); }
};

}  // namespace layers

/// The same elements in the same order in another shape: `reshape<7, 7, 16>`. ONNX Reshape.
template <int... Extents>
  requires(sizeof...(Extents) <= tensor_shape::max_rank)
inline constexpr layers::reshape<Extents...> reshape{};

}  // namespace etch
