#pragma once

#include "../../dsl/losses/check.hpp"
#include "../../dsl/losses/mse.hpp"
#include "../lower/facts.hpp"
#include "../lower/usable.hpp"
#include "stack.hpp"

namespace etch {

namespace detail {

/// The network, if it can be trained on so many samples at once; if not, one error says why.
template <auto Net, class Loss, int Samples>
constexpr auto trainable() {
  using network = std::remove_cvref_t<decltype(Net)>;
  using said = loss_said<Loss, network>;
  constexpr bool simple = network::input_count() == 1 && network::output_count() == 1;
  static_assert(simple, "etch: a network that is trained has one input and one output");
  if constexpr (!simple) return rejected{};
  else if constexpr (!said::fits) {
    using shown [[maybe_unused]] = typename said::complaint::network;
    return rejected{};
  } else if constexpr (constexpr bool some = Samples > 0; !some) {
    static_assert(some, "etch: at least 1 sample is trained on at once");
    return rejected{};
  } else {
    return usable<Net, training_source<Net, Loss, Samples>>();
  }
}

}  // namespace detail

/// What a network costs, known to the compiler: `static_assert(etch::cost<net>.multiply_adds <
/// 1e6)`.
template <auto Net>
struct cost_of {
  /// Trained numbers, and the multiply-adds of one sample.
  static constexpr long long parameters = [] {
    long long sum = 0;
    for (layer_cost const& l : facts<Net>::layers) sum += l.parameters;
    return sum;
  }();
  static constexpr long long multiply_adds = [] {
    long long sum = 0;
    for (layer_cost const& l : facts<Net>::layers) sum += l.multiply_adds;
    return sum;
  }();
  /// Bytes of the weights as they lie in memory, with padding, and of the workspace of one sample.
  static constexpr long long weight_bytes = 4ll * facts<Net>::weight_floats;
  static constexpr long long workspace_bytes = 4ll * inference_plan<Net, 1>::value.workspace;
  /// Bytes of the outputs of one sample.
  static constexpr long long output_bytes = [] {
    using network = std::remove_cvref_t<decltype(Net)>;
    long long floats = 0;
    for (int i = 0; i < network::output_count(); ++i) floats += network::output_shape(i).elements();
    return 4 * floats;
  }();
  /// Bytes of stack that an optimised `forward(x)` takes at most, for its workspace, its output and
  /// what the kernels do, and those of `forward(workspace, x, y)`. The first is refused above
  /// `stack_budget`.
  static constexpr long long kernel_stack_bytes =
      detail::kernel_stack_bytes(inference_plan<Net, 1>::value);
  static constexpr long long stack_bytes = kernel_stack_bytes + workspace_bytes + output_bytes;
  /// Bytes that training on `Samples` at once keeps beside the weights, per thread: activations,
  /// intermediate results and gradients, without the optimizer's state. A network that measures the
  /// batch (batch_norm) has all samples of a thread's share at once, any other at most group_size.
  template <int Samples = 64, class Loss = losses::mse>
  static constexpr auto training_bytes = [](auto trained) {
    if constexpr (is_rejected<decltype(trained)>)
      return any_count{};
    else
      return 4ll * (memory_floats(training_plan<Net, Loss, Samples>::value, Samples) +
                    facts<Net>::parameter_floats);
  }(detail::trainable<Net, Loss, Samples>());
  /// The same, layer by layer; the first is the input. Memory is shared between layers, so the
  /// bytes of workspace and training add up to more than the network's.
  static constexpr auto const& layers = facts<Net>::layers;
  template <int Samples = 64, class Loss = losses::mse>
  static constexpr auto layer_training_bytes = [](auto trained) {
    std::array<long long, facts<Net>::layers.size()> bytes{};
    if constexpr (!is_rejected<decltype(trained)>) {
      for (std::size_t i = 0; i < facts<Net>::parameters.size(); ++i)
        bytes[static_cast<std::size_t>(facts<Net>::parameters[i].layer)] +=
            4ll * facts<Net>::places[i].size;
      detail::for_each_filled(graph_of(Net, true), training_plan<Net, Loss, Samples>::value,
                              [&](std::size_t layer, long long more) { bytes[layer] += more; });
    }
    return bytes;
  }(detail::trainable<Net, Loss, Samples>());
};

/// A network with an error keeps every budget, for the error is said once.
template <auto Net>
  requires is_rejected<decltype(Net)>
struct cost_of<Net> {
  static constexpr any_count parameters{}, multiply_adds{}, weight_bytes{}, workspace_bytes{},
      output_bytes{}, kernel_stack_bytes{}, stack_bytes{};
  template <int Samples = 64, class Loss = losses::mse>
  static constexpr any_count training_bytes{};
  static constexpr auto const& layers = facts<Net>::layers;
};

template <auto Net>
inline constexpr auto cost = cost_of<detail::usable<Net>()>{};

}  // namespace etch
