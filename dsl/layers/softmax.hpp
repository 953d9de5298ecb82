#pragma once

#include "../network.hpp"

namespace etch {
namespace layers {

struct softmax : layer {
  static constexpr std::string_view kind = "softmax";

  static constexpr verdict shape_rule(tensor_shape const& in) {
    return in.rank == 0 ? refuse(refusal::wants_rank) : accept(in);
  }

  static constexpr tensor forward(context&, tensor x) {
    int const rank = x.shape().rank;
    tensor const e = exp(x - detach(maximum(x, rank - 1, rank)));
    tensor const total = sum(e, rank - 1, rank);
    // A division a row is faster than one an element, unless all is a few vectors.
    return x.shape().elements() > 64 ? e * (1 / total) : e / total;
  }
};

struct log_softmax : layer {
  static constexpr std::string_view kind = "log_softmax";

  static constexpr verdict shape_rule(tensor_shape const& in) { return softmax::shape_rule(in); }

  static constexpr tensor of(tensor x) {
    int const rank = x.shape().rank;
    tensor const shifted = x - detach(maximum(x, rank - 1, rank));
    return shifted - log(sum(exp(shifted), rank - 1, rank));
  }
  static constexpr tensor forward(context&, tensor x) { return of(x); }
};

}  // namespace layers

/// e^x_i / sum over j of e^x_j along the last axis; the largest x is subtracted first. -inf has the
/// share 0; a row whose largest x is infinite is NaN, as in PyTorch. ONNX Softmax.
inline constexpr layers::softmax softmax{};

/// log(softmax(x)) along the last axis, exact where softmax underflows; NaN as softmax. ONNX
/// LogSoftmax.
inline constexpr layers::log_softmax log_softmax{};

}  // namespace etch
