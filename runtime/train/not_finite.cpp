#include "not_finite.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "../../codegen/reference/compute.hpp"

namespace etch::detail {

namespace {

/// The step once more, by the definition of each node, for the samples that can tell.
class search {
 public:
  explicit search(failed_step const& step) : step_(step) {
    // The first sample whose loss is not finite, or all if a layer measures the batch.
    bool const whole = std::ranges::any_of(step.nodes, [](node const& n) { return n.over_batch; });
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

  /// Which nodes are not finite. What is no longer read is given up.
  std::vector<finding> compute() const {
    std::size_t const count = step_.nodes.size();
    std::vector<std::size_t> last_use(count);
    for (std::size_t id = 0; id < count; ++id)
      for (int i = 0; i < step_.nodes[id].operand_count(); ++i)
        last_use[static_cast<std::size_t>(step_.nodes[id].operand(i))] = id;
    std::vector<std::vector<float>> values(count);
    std::vector<finding> found(count);
    random_key key = step_.random;
    key.first_sample += static_cast<std::uint32_t>(first_);
    for (std::size_t id = 0; id < count; ++id) {
      node const& n = step_.nodes[id];
      reference::operands<float> in{};
      for (int i = 0; i < n.operand_count(); ++i) {
        node const& from = step_.nodes[static_cast<std::size_t>(n.operand(i))];
        in[static_cast<std::size_t>(i)] = {values[static_cast<std::size_t>(n.operand(i))].data(),
                                           from.shape, from.batched};
      }
      values[id] = n.code == op::input       ? input(n)
                   : n.code == op::parameter ? parameter(n)
                                             : reference::compute(n, in, samples_, key);
      if (bad_numbers const bad = find_not_finite(values[id])) {
        auto const elements = static_cast<std::size_t>(n.shape.elements());
        found[id] = {true, first_ + static_cast<int>(bad.first / elements), bad.value};
      }
      for (int i = 0; i < n.operand_count(); ++i)
        if (auto const read = static_cast<std::size_t>(n.operand(i)); last_use[read] == id)
          values[read] = {};
    }
    return found;
  }

  std::string computed() const {
    std::vector<finding> const found = compute();
    int id = step_.loss_node;
    if (!found[static_cast<std::size_t>(id)].broken)
      return "its sums are too large for a float";  // in the order in which kernels add
    // From the loss to the first that is not finite. A layer may mean a constant to be infinite.
    for (int before = id; before >= 0;) {
      node const& n = step_.nodes[static_cast<std::size_t>(id = before)];
      before = -1;
      for (int i = n.operand_count() - 1; i >= 0; --i)
        if (auto const o = static_cast<std::size_t>(n.operand(i));
            found[o].broken && step_.nodes[o].code != op::constant)
          before = n.operand(i);
    }
    node const& n = step_.nodes[static_cast<std::size_t>(id)];
    finding const& first = found[static_cast<std::size_t>(id)];
    std::string text = id > target_node() ? filled("{} of finite predictions", step_.loss_kind)
                                          : filled("layer {}", layer_name(n.layer));
    text += filled(" gives {}", first.value);
    if (n.batched) text += filled(" for sample {}", first.sample);
    return text + "; a smaller learning_rate may keep it finite";
  }

  /// Behind it stand the nodes of the loss.
  int target_node() const {
    int id = static_cast<int>(step_.nodes.size()) - 1;
    while (step_.nodes[static_cast<std::size_t>(id)].code != op::input) --id;
    return id;
  }

  /// `3 (conv2d_2)`, `5 (residual/relu)`: the number in the chain, as in a summary, and the layers
  /// from there inwards, by the name of their parameters where they have any.
  std::string layer_name(int index) const {
    std::string path;
    for (int at = index; at >= 0; at = step_.layers[static_cast<std::size_t>(at)].inside) {
      layer_info const& l = step_.layers[static_cast<std::size_t>(at)];
      std::string name{l.kind};
      if (l.of_kind > 0) name += filled("_{}", l.of_kind);
      if (!name.empty()) path = filled("{}{}{}", name, path.empty() ? "" : "/", path);
    }
    return filled("{} ({})", step_.layers[static_cast<std::size_t>(index)].number, path);
  }

  std::vector<float> input(node const& n) const {
    auto const all = n.index == 0 ? step_.features : step_.targets;
    std::size_t const each = all.size() / step_.losses.size();
    auto const used = all.subspan(static_cast<std::size_t>(first_) * each,
                                  static_cast<std::size_t>(samples_) * each);
    return {used.begin(), used.end()};
  }
  std::vector<float> parameter(node const& n) const {
    return get(step_.parameters, step_.weights,
               step_.parameters.infos[static_cast<std::size_t>(n.index)].name.view());
  }

  failed_step const& step_;
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
