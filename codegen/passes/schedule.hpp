#pragma once

#include <utility>

#include "../ir/plan.hpp"

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
    lanes_ = fits_lanes();
    manner_.reserve(steps_.size());
    constexpr_list<int> outside;  // of loops
    repeated_.resize(out_.loops.size());
    for (int i = 0; i < static_cast<int>(steps_.size()); ++i) {
      step const& s = steps_[i];
      manner_.push_back(manner_of(s));
      if (done_[i] < 0) (is_repeated(s) ? repeated_[s.loop] : outside).push_back(i);
    }
    waiting_ = std::move(outside);
    emit_waiting();
    while (emit_repetition()) emit_waiting();
    return std::move(out_);
  }

 private:
  /// A step waits for every earlier one that writes what it reads or writes, and for every one that
  /// writes what it reads of a carried value, but for those of its loop.
  constexpr void find_dependencies() {
    struct writer {
      int step, before;  // the writer of the same value before, in `writers`
    };
    struct carried_writer {
      int step;
      value_id storage;
    };
    constexpr_list<carried_writer> of_carried;
    if (!out_.loops.empty())
      for (int i = 0; i < static_cast<int>(steps_.size()); ++i)
        for (value_id v : results_of(out_, steps_[i]))
          if (value_id const storage = storage_of(out_, v); out_.values[storage].slots > 1)
            of_carried.push_back({i, storage});
    constexpr_list<writer> writers;
    writers.reserve(2 * steps_.size());
    constexpr_list<int> last_writer(out_.values.size(), -1);
    first_.reserve(steps_.size());
    needs_.reserve(4 * steps_.size());
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      step const& s = steps_[i];
      first_.push_back(static_cast<int>(needs_.size()));
      auto const wait_for = [&](value_id v) {
        if (!out_.loops.empty()) v = storage_of(out_, v);
        for (int w = last_writer[v]; w >= 0; w = writers[w].before)
          needs_.push_back(writers[w].step);
      };
      for_each_read(out_, s, wait_for);
      for (carried_writer const& w : of_carried)  // none, mostly
        for_each_read(out_, s, [&](value_id v) {
          step const& other = steps_[w.step];
          bool const in_loop = is_repeated(s) && is_repeated(other) && s.loop == other.loop;
          if (storage_of(out_, v) == w.storage && !in_loop) needs_.push_back(w.step);
        });
      wait_for(result_of(out_, s));
      for (value_id v : results_of(out_, s)) {
        int& last = last_writer[out_.loops.empty() ? v : storage_of(out_, v)];
        writers.push_back({static_cast<int>(i), last});
        last = static_cast<int>(writers.size()) - 1;
      }
    }
    first_.push_back(static_cast<int>(needs_.size()));
    blocker_.assign(steps_.size(), -1);
  }

  /// What depends on the parameters alone runs first, on its own, into the derived buffer.
  constexpr void emit_static() {
    constexpr_list<char> varies(out_.values.size(), 0);
    for (std::size_t v = 0; v < out_.values.size(); ++v)
      varies[v] =
          out_.values[v].where != space::parameters && out_.values[v].where != space::workspace;
    for (step const& s : steps_) {  // a value that two steps write varies if one of them does
      bool changes = varies[storage_of(out_, result_of(out_, s))] || s.batched || s.sums ||
                     is<primitive::batch_size>(s) || s.loop != loop_id::none;
      for_each_read(out_, s, [&](value_id v) { changes = changes || varies[storage_of(out_, v)]; });
      for (value_id v : results_of(out_, s)) varies[storage_of(out_, v)] = changes;
    }
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      value_id const v = result_of(out_, steps_[i]);
      if (varies[storage_of(out_, v)]) continue;
      out_.values[v].where = space::derived;
      emit(static_cast<int>(i), 0);
    }
    if (out_.steps.empty()) return;
    out_.segments.push_back({0, static_cast<int>(out_.steps.size()), false});
    out_.prologue = 1;
  }

  constexpr void emit(int i, int in_segment) {
    done_[i] = in_segment;
    out_.steps.push_back(steps_[i]);
  }

  enum class manner { flat, loop, either };

  /// Dense layers multiply all samples as one matrix; a convolution goes sample by sample, its data
  /// in the nearest cache; what is small goes with its neighbours.
  constexpr manner manner_of(step const& s) const {
    if (out_.samples == 1 || !s.batched || s.at_once > 0 || is<primitive::stack>(s))
      return manner::flat;
    if (lanes_) return s.sums ? manner::flat : manner::loop;
    if (is_product(s)) return is_row_product(window_of(out_, s)) ? manner::flat : manner::loop;
    bool const pools = is<steps::contract_max_pool>(s) || is<primitive::pool>(s) ||
                       is<primitive::pool_index>(s) || is<primitive::pool_gradient>(s);
    bool const is_large = out_.values[result_of(out_, s)].size > large_value || reads_much(s);
    return pools || is_large ? manner::loop : manner::either;
  }
  /// Whether all is so narrow that vectors are filled better by samples: dense layers of up to 8
  /// units and what is between them.
  constexpr bool fits_lanes() const {
    bool multiplies = false;
    for (step const& s : steps_) {
      if (!s.batched) continue;
      if (is_product(s)) {
        contraction const& w = window_of(out_, s);
        contraction const c = canonical(w);
        if (!c.pointwise() || w.out_height() * w.out_width() != 1 || c.groups != 1 ||
            c.channels > 16 || c.filters > 8 || s.operand_count > 2)
          return false;
        multiplies = true;
      } else if (auto const* r = get_if<steps::reduce>(out_, s)) {
        if (r->outer * r->reduced * r->inner > 16) return false;
      } else if (!is<steps::map>(s)) {
        return false;
      }
      if (!s.sums && out_.values[result_of(out_, s)].size > 16) return false;
      for (value_id v : loads_of(out_, s))
        if (v != value_id::none && out_.values[v].batched && out_.values[v].size > 16) return false;
    }
    return multiplies && out_.samples >= 8 && out_.loops.empty();
  }

  constexpr bool reads_much(step const& s) const {
    for (value_id v : loads_of(out_, s))
      if (v != value_id::none && out_.values[v].batched && out_.values[v].size > large_value)
        return true;
    return false;
  }
  static constexpr bool is_row_product(contraction const& w) {
    return canonical(w).pointwise() && w.out_height() * w.out_width() <= 16;
  }

  /// Whether step i can run in the segment; if it has to wait, one it waits for is its blocker_.
  constexpr bool ready(int i, int segment, bool loops) {
    for (int k = first_[i]; k < first_[i + 1]; ++k) {
      int const d = needs_[k];
      if (done_[d] < 0) {
        blocker_[i] = d;
        return false;
      }
      // The sum over the samples is complete when its loop is.
      bool const partial = loops && done_[d] == segment && steps_[d].sums;
      if (partial && !(steps_[i].sums && result_of(out_, steps_[i]) == result_of(out_, steps_[d])))
        return false;
    }
    return true;
  }

  /// Whether the step is run again for each step of its loop.
  static constexpr bool is_repeated(step const& s) {
    return s.loop != loop_id::none && s.at_once == 0;
  }

  /// Emits what waits until nothing more can run, in segments of either kind by turns.
  constexpr void emit_waiting() {
    bool loops = false;
    for (int idle = 0; !waiting_.empty() && idle < 2; loops = !loops) {
      std::size_t const before = waiting_.size();
      emit_segment(loops);
      idle = waiting_.size() < before ? 0 : idle + 1;
    }
  }

  /// Emits a loop that waits for nothing outside of it; whether there was one.
  constexpr bool emit_repetition() {
    for (std::size_t l = 0; l < repeated_.size(); ++l) {
      constexpr_list<int>& inside = repeated_[l];
      if (inside.empty() || waits_for_others(inside)) continue;
      int const first = static_cast<int>(out_.segments.size());
      constexpr_list<int> outside = std::move(waiting_);
      waiting_ = std::move(inside);
      emit_waiting();
      waiting_ = std::move(outside);
      inside.clear();
      int const last = static_cast<int>(out_.segments.size());
      out_.repetitions.push_back({first, last, out_.loops[l]});
      return true;
    }
    return false;
  }
  constexpr bool waits_for_others(constexpr_list<int> const& inside) const {
    loop_id const loop = steps_[inside.front()].loop;
    for (int i : inside)
      for (int k = first_[i]; k < first_[i + 1]; ++k) {
        step const& needed = steps_[needs_[k]];
        if (done_[needs_[k]] < 0 && !(is_repeated(needed) && needed.loop == loop)) return true;
      }
    return false;
  }

  constexpr void emit_segment(bool loops) {
    int const index = static_cast<int>(out_.segments.size());
    int const first = static_cast<int>(out_.steps.size());
    manner const wrong = loops ? manner::flat : manner::loop;
    int *const waiting = waiting_.data(), *kept = waiting;
    int const *const end = waiting + waiting_.size(), *const done = done_.data(),
                     *const blocker = blocker_.data();
    manner const* const manners = manner_.data();
    for (int const* next = waiting; next != end; ++next) {  // many: without calls
      int const i = *next;
      if (manners[i] != wrong && (blocker[i] < 0 || done[blocker[i]] >= 0) &&
          ready(i, index, loops))
        emit(i, index);
      else
        *kept++ = i;
    }
    waiting_.resize(static_cast<std::size_t>(kept - waiting));
    int const last = static_cast<int>(out_.steps.size());
    if (last > first) out_.segments.push_back({first, last, loops, lanes_});
  }

  constexpr_list<step> steps_;  // as they were, by the numbers of needs_ and done_
  plan out_;
  bool lanes_ = false;           // how samples lie: see segment::lanes
  constexpr_list<int> needs_;    // what the steps wait for, one after the other
  constexpr_list<int> first_;    // of needs_: where each step's begin, and where the last one's end
  constexpr_list<int> blocker_;  // a step that keeps each, or -1 while none is known
  constexpr_list<int> done_;     // the segment that a step is in, or -1 while it waits
  constexpr_list<int> waiting_;  // the steps that wait
  constexpr_list<constexpr_list<int>> repeated_;  // the steps of each loop that are run again
  constexpr_list<manner> manner_;
};

}  // namespace detail

/// Orders the steps into segments for up to `samples` at once. With `separate_prologue`, what
/// depends on the parameters alone is a prologue that runs only when they change.
constexpr plan schedule(plan p, int samples, bool separate_prologue) {
  return detail::scheduler{std::move(p), samples}.run(separate_prologue);
}

}  // namespace etch::passes
