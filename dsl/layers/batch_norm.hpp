#pragma once

#include "norm.hpp"

namespace etch {
namespace layers {

struct batch_norm_options : norm_options {
  using norm_options::read;
  double momentum = 0.1;

  template <real Value>
  constexpr detail::decides read(options::momentum<Value>) {
    momentum = Value.value();
    return detail::decides::momentum;
  }
};

template <auto... Options>
struct batch_norm : norm {
  static constexpr std::string_view kind = "batch_norm";
  static constexpr auto chosen = detail::read_options<batch_norm_options>(Options...);

  template <class... More>
  constexpr auto operator()(More...) const {
    return batch_norm<Options..., detail::called_with<More>{}...>{};
  }

  static constexpr tensor forward(context& c, tensor x) {
    tensor_shape const channels{x.shape().last()};
    tensor const gamma = c.parameter("gamma", channels, ones);
    tensor const beta = c.parameter("beta", channels, zeros);
    tensor const running_mean = c.state("running_mean", channels, zeros);
    tensor const running_var = c.state("running_var", channels, ones);
    if (!c.training()) {
      // scale and shift depend on parameters alone, so that they fold into the layer before.
      tensor const scale = gamma / sqrt(running_var + chosen.epsilon);
      return x * scale + (beta - running_mean * scale);
    }
    int const channel_axis = x.shape().rank - 1;
    int const values = x.shape().elements(0, channel_axis);  // of a channel, in each sample
    if (values == 1) c.wants_samples(2);
    tensor const mean = batch_mean(x, 0, channel_axis);
    // The gradient through the mean is taken where it is a number a channel, in the shift, and not
    // in each element; the variance has none, as the centred add up to zero.
    tensor const centred = x - detach(mean);
    tensor const variance = batch_mean(centred * centred, 0, channel_axis);
    tensor const all = c.samples() * static_cast<double>(values);
    c.measure(running_mean, mean, chosen.momentum);
    c.measure(running_var, variance * (all / (all - 1.0)), chosen.momentum);
    tensor const scale = gamma / sqrt(variance + chosen.epsilon);
    return centred * scale + (beta - (mean - detach(mean)) * scale);
  }
};

}  // namespace layers

/// gamma * (x - mean) / sqrt(variance + epsilon) + beta for each channel (the last axis). While
/// training, mean and variance (the sum of squares over n) are those of the whole batch that
/// `train_step` is given, however many threads share it, over all axes but the last. Each step
/// moves the running ones towards them, running += momentum * (batch - running), the variance
/// towards the unbiased one (over n - 1), and inference uses the running ones. n is the number of
/// values of a channel in the batch; one alone has no variance, and `train_step` refuses it.
/// Parameters: gamma, beta; states: running_mean, running_var (channels). Options:
/// `batch_norm(epsilon<1e-3>, momentum<0.01>)`; without, 1e-5 and 0.1. Ioffe and Szegedy 2015; as
/// PyTorch's BatchNorm; ONNX BatchNormalization, whose momentum is 1 - this one.
inline constexpr layers::batch_norm<> batch_norm{};

}  // namespace etch
