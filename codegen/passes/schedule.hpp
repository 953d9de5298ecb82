#pragma once

#include <vector>

#include "../plan.hpp"

namespace etch::passes {

namespace detail {

class scheduler {
 public:
  constexpr scheduler(plan const& from, int samples) : from_(from), out_(from) {
    out_.samples = samples;
    out_.steps.clear();
    find_dependencies();
  }

  constexpr plan run(bool separate_prologue) {
    done_.assign(from_.steps.size(), -1);
    if (separate_prologue) emit_static();
    bool loops = false;
    std::size_t remaining = from_.steps.size() - out_.steps.size();
    while (remaining > 0) {
      std::size_t const emitted = emit_segment(loops);
      remaining -= emitted;
      loops = !loops;
    }
    return out_;
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  /// A step waits for every earlier one that writes what it reads or writes, and for every earlier
  /// one that reads what it writes.
  constexpr void find_dependencies() {
    needs_.resize(from_.steps.size());
    std::vector<std::vector<int>> writers(from_.values.size());
    for (std::size_t i = 0; i < from_.steps.size(); ++i) {
      step const& s = from_.steps[i];
      auto const wait_for = [&](int v) {
        if (v < 0) return;
        for (int w : writers[at(v)]) needs_[i].push_back(w);
      };
      for (int x : s.operands) wait_for(x);
      for (int k = 0; k < s.code.loads; ++k) wait_for(s.load(k));
      wait_for(s.result);
      writers[at(s.result)].push_back(static_cast<int>(i));
    }
  }

  /// What depends on the parameters alone runs first, on its own, into the derived buffer.
  constexpr void emit_static() {
    std::vector<char> varies(from_.values.size(), 0);
    for (std::size_t v = 0; v < from_.values.size(); ++v)
      varies[v] =
          from_.values[v].where != space::parameters && from_.values[v].where != space::workspace;
    for (step const& s : from_.steps) {  // a value that two steps write varies if one of them does
      char& result = varies[at(s.result)];
      result = result || s.batched || s.what == step_kind::batch_size || s.what == step_kind::zero;
      for (int x : s.operands) result = result || (x >= 0 && varies[at(x)]);
      for (int k = 0; k < s.code.loads; ++k)
        result = result || (s.load(k) >= 0 && varies[at(s.load(k))]);
    }
    for (std::size_t i = 0; i < from_.steps.size(); ++i) {
      int const v = from_.steps[i].result;
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
    out_.steps.push_back(from_.steps[at(i)]);
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
        return is_row_product(s.window) ? manner::flat : manner::loop;
      case step_kind::contract_max_pool:
      case step_kind::pool:
      case step_kind::pool_gradient:
        return manner::loop;
      default:
        return from_.values[at(s.result)].size > 1024 || reads_much(s) ? manner::loop
                                                                       : manner::either;
    }
  }
  constexpr bool reads_much(step const& s) const {
    for (int k = 0; k < s.code.loads; ++k)
      if (s.load(k) >= 0 && from_.values[at(s.load(k))].batched &&
          from_.values[at(s.load(k))].size > 1024)
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
      bool const partial = loops && done_[at(d)] == segment && from_.steps[at(d)].sums;
      if (partial && !(from_.steps[i].sums && from_.steps[i].result == from_.steps[at(d)].result))
        return false;
    }
    return true;
  }

  constexpr std::size_t emit_segment(bool loops) {
    int const index = static_cast<int>(out_.segments.size());
    int const first = static_cast<int>(out_.steps.size());
    manner const wrong = loops ? manner::flat : manner::loop;
    std::size_t emitted = 0;
    for (std::size_t i = 0; i < from_.steps.size(); ++i) {
      if (done_[i] >= 0 || manner_of(from_.steps[i]) == wrong || !ready(i, index, loops)) continue;
      emit(static_cast<int>(i), index);
      ++emitted;
    }
    if (emitted > 0) out_.segments.push_back({first, static_cast<int>(out_.steps.size()), loops});
    return emitted;
  }

  plan const& from_;
  plan out_;
  std::vector<std::vector<int>> needs_;
  std::vector<int> done_;  // the segment that a step is in, or -1
};

}  // namespace detail

/// Orders the steps into segments for up to `samples` at once. With `separate_prologue`, what
/// depends on the parameters alone is a prologue that runs only when they change.
constexpr plan schedule(plan const& p, int samples, bool separate_prologue) {
  return detail::scheduler{p, samples}.run(separate_prologue);
}

}  // namespace etch::passes
