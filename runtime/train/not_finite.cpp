#include "not_finite.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "../../codegen/reference/evaluate.hpp"

namespace etch::detail {

namespace {

/// The step once more, by the definition of each node, for the samples that can tell.
class search {
 public:
  explicit search(failed_step const& step) : step_(step) {
    // The first sample whose loss is not finite, or all if a layer measures the batch.
    bool const whole =
        std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [](node const& n) { return n.over_batch; });
    if (whole) samples_ = static_cast<int>(step.losses.size());
    else first_ = static_cast<int>(find_not_finite(step.losses).first);
  }

  std::string why() const {
    if (std::string found = describe_not_finite(step_.parameters, step_.weights); !found.empty())
      return "these parameters are not finite numbers, as the step before left them:" + found;
    return computed();
  }

 private:
  struct finding {
    bool broken = false;
    int sample = 0;
    float value = 0;
  };

  /// Which nodes are not finite.
  constexpr_list<finding> compute() const {
    constexpr_list<finding> found(graph_.nodes.size());
    random_key key = step_.random;
    key.first_sample += static_cast<std::uint32_t>(first_);
    auto const leaf = [&](node_id id, int step) {
      auto const* in = graph_.get_if<primitive::input>(id);
      return in ? input(*in) : parameter(parameter_index(graph_, id, step));
    };
    auto const note = [&](node_id id, std::vector<float> const& values) {
      bad_numbers const bad = find_not_finite(values);
      if (!bad) return;
      auto const elements = static_cast<std::size_t>(graph_[id].shape.elements());
      auto const samples = static_cast<std::size_t>(graph_[id].batched ? samples_ : 1);
      found[id] = {true, first_ + static_cast<int>(bad.first / elements % samples), bad.value};
    };
    graph_evaluation<float, graph_lists<viewing>, decltype(leaf), decltype(note)> all{graph_, samples_, key,
                                                                               leaf, note};
    all.forget();
    all.run();
    return found;
  }

  std::string computed() const {
    constexpr_list<finding> const found = compute();
    node_id id = step_.loss_node;
    if (!found[id].broken) return "its sums are too large for a float";  // in the order of kernels
    // From the loss to the first that is not finite. A layer may mean a constant to be infinite.
    for (node_id before = id; before != node_id::none;) {
      id = std::exchange(before, node_id::none);
      for (node_id x : graph_.operands(id))
        if (before == node_id::none && found[x].broken && !graph_.is<primitive::constant>(x))
          before = x;
    }
    node const& n = graph_[id];
    finding const& first = found[id];
    std::string text = id > target_node() ? filled("{} of finite predictions", step_.loss_kind)
                                          : filled("layer {}", layer_name(n.layer));
    text += filled(" gives {}", first.value);
    if (n.batched) text += filled(" for sample {}", first.sample);
    return text + "; a smaller learning_rate may keep it finite";
  }

  /// Behind it stand the nodes of the loss.
  node_id target_node() const {
    int id = graph_.size() - 1;
    while (!graph_.is<primitive::input>(node_id{id})) --id;
    return node_id{id};
  }

  /// `3 (conv2d_2)`, `5 (residual/relu)`: the number in the chain, as in a summary, and the layers
  /// from there inwards, by the name of their parameters where they have any.
  std::string layer_name(layer_id id) const {
    std::string path;
    for (layer_id at = id; at != layer_id::none; at = graph_.layers[at].inside) {
      layer_info const& l = graph_.layers[at];
      std::string name{l.kind};
      if (l.of_kind > 0) name += filled("_{}", l.of_kind);
      if (!name.empty()) path = filled("{}{}{}", name, path.empty() ? "" : "/", path);
    }
    return filled("{} ({})", graph_.layers[id].number, path);
  }

  std::vector<float> input(primitive::input const& in) const {
    if (in.which != 0) return used(step_.targets);
    return step_.tokens.empty() ? used(step_.features) : used(step_.tokens);
  }
  template <class T>
  std::vector<float> used(std::span<T const> all) const {
    std::size_t const each = all.size() / step_.losses.size();
    auto const part = all.subspan(static_cast<std::size_t>(first_) * each,
                                  static_cast<std::size_t>(samples_) * each);
    return {part.begin(), part.end()};
  }
  std::vector<float> parameter(std::size_t which) const {
    return get(step_.parameters, step_.weights, step_.parameters.infos[which].name.view());
  }

  failed_step const& step_;
  graph_lists<viewing> const& graph_ = step_.computed;
  int first_ = 0, samples_ = 1;  // of the batch
};

}  // namespace

void fail_not_finite(step_place where, failed_step const& step) {
  std::string const who =
      where.epoch > 0 ? filled("fit: epoch {}, batch {}", where.epoch, where.batch) : "train_step";
  throw error("{}: the loss is {}, and the model as it was before this step: {}", who, step.loss,
              search{step}.why());
}

}  // namespace etch::detail
