#pragma once

#include <utility>
#include <vector>

#include "../plan.hpp"

namespace etch::passes {

namespace detail {

class scheduler {
 public:
  constexpr scheduler(plan&& from, int samples) : out_(std::move(from)) {
    steps_ = std::move(out_.steps);
    out_.steps.clear();
    out_.steps.reserve(steps_.size());
    out_.samples = samples;
    find_dependencies();
  }

  constexpr plan run(bool separate_prologue) {
    done_.assign(steps_.size(), -1);
    if (separate_prologue) emit_static();
    bool loops = false;
    std::size_t remaining = steps_.size() - out_.steps.size();
    while (remaining > 0) {
      std::size_t const emitted = emit_segment(loops);
      remaining -= emitted;
      loops = !loops;
    }
    return std::move(out_);
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  /// A step waits for every earlier one that writes what it reads or writes, and for every earlier
  /// one that reads what it writes.
  constexpr void find_dependencies() {
    needs_.resize(steps_.size());
    std::vector<std::vector<int>> writers(out_.values.size());
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      step const& s = steps_[i];
      auto const wait_for = [&](int v) {
        if (v < 0) return;
        for (int w : writers[at(v)]) needs_[i].push_back(w);
      };
      for (int x : s.operands) wait_for(x);
      for (int k = 0; k < code_of(out_, s).loads; ++k) wait_for(load_of(out_, s, k));
      wait_for(s.result);
      writers[at(s.result)].push_back(static_cast<int>(i));
      if (s.positions >= 0) writers[at(s.positions)].push_back(static_cast<int>(i));
    }
  }

  /// What depends on the parameters alone runs first, on its own, into the derived buffer.
  constexpr void emit_static() {
    std::vector<char> varies(out_.values.size(), 0);
    for (std::size_t v = 0; v < out_.values.size(); ++v)
      varies[v] =
          out_.values[v].where != space::parameters && out_.values[v].where != space::workspace;
    for (step const& s : steps_) {  // a value that two steps write varies if one of them does
      char& result = varies[at(s.result)];
      result = result || s.batched || s.what == step_kind::batch_size || s.what == step_kind::zero;
      for (int x : s.operands) result = result || (x >= 0 && varies[at(x)]);
      for (int k = 0; k < code_of(out_, s).loads; ++k)
        result = result || (load_of(out_, s, k) >= 0 && varies[at(load_of(out_, s, k))]);
      if (s.positions >= 0) varies[at(s.positions)] = result;
    }
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      int const v = steps_[i].result;
      if (varies[at(v)]) continue;
      out_.values[at(v)].where = space::derived;
      emit(static_cast<int>(i), 0);
    }
    if (out_.steps.empty()) return;
    out_.segments.push_back({0, static_cast<int>(out_.steps.size()), false});
    out_.prologue = 1;
  }

  constexpr void emit(int i, int in_segment) {
    done_[at(i)] = in_segment;
    out_.steps.push_back(steps_[at(i)]);
  }

  enum class manner { flat, loop, either };

  /// Dense layers multiply all samples as one matrix; a convolution goes sample by sample, its data
  /// in the nearest cache; what is small goes with its neighbours.
  constexpr manner manner_of(step const& s) const {
    if (out_.samples == 1 || !s.batched) return manner::flat;
    switch (s.what) {
      case step_kind::contract:
      case step_kind::contract_dx:
      case step_kind::contract_dw:
        return is_row_product(window_of(out_, s)) ? manner::flat : manner::loop;
      case step_kind::contract_max_pool:
      case step_kind::pool:
      case step_kind::pool_index:
      case step_kind::pool_gradient:
        return manner::loop;
      default:
        return out_.values[at(s.result)].size > 1024 || reads_much(s) ? manner::loop
                                                                      : manner::either;
    }
  }
  constexpr bool reads_much(step const& s) const {
    for (int k = 0; k < code_of(out_, s).loads; ++k)
      if (load_of(out_, s, k) >= 0 && out_.values[at(load_of(out_, s, k))].batched &&
          out_.values[at(load_of(out_, s, k))].size > 1024)
        return true;
    return false;
  }
  static constexpr bool is_row_product(contraction const& w) {
    contraction const c = canonical(w);
    return c.pointwise() && w.out_height() * w.out_width() <= 16;
  }

  constexpr bool ready(std::size_t i, int segment, bool loops) const {
    for (int d : needs_[i]) {
      if (done_[at(d)] < 0) return false;
      // The sum over the samples is complete when its loop is.
      bool const partial = loops && done_[at(d)] == segment && steps_[at(d)].sums;
      if (partial && !(steps_[i].sums && steps_[i].result == steps_[at(d)].result)) return false;
    }
    return true;
  }

  constexpr std::size_t emit_segment(bool loops) {
    int const index = static_cast<int>(out_.segments.size());
    int const first = static_cast<int>(out_.steps.size());
    manner const wrong = loops ? manner::flat : manner::loop;
    std::size_t emitted = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (done_[i] >= 0 || manner_of(steps_[i]) == wrong || !ready(i, index, loops)) continue;
      emit(static_cast<int>(i), index);
      ++emitted;
    }
    if (emitted > 0) out_.segments.push_back({first, static_cast<int>(out_.steps.size()), loops});
    return emitted;
  }

  std::vector<step> steps_;  // as they were, by the numbers of needs_ and done_
  plan out_;
  std::vector<std::vector<int>> needs_;
  std::vector<int> done_;  // the segment that a step is in, or -1
};

}  // namespace detail

/// Orders the steps into segments for up to `samples` at once. With `separate_prologue`, what
/// depends on the parameters alone is a prologue that runs only when they change.
constexpr plan schedule(plan p, int samples, bool separate_prologue) {
  return detail::scheduler{std::move(p), samples}.run(separate_prologue);
}

}  // namespace etch::passes
