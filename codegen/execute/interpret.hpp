#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

#include "../ir/counter_random.hpp"
#include "../ir/plan.hpp"
#include "../kernels/scalar.hpp"

namespace etch {

/// Runs a plan in scalar code, at run time: what the executor does with kernels, in the memory that
/// the plan gives every value. It is how fusing, scheduling and placement are tested on plans that
/// are never compiled. The workspace holds NaN whenever a run begins.
template <std::floating_point T>
class interpreter {
 public:
  explicit interpreter(plan const& p)
      : plan_(p),
        parameters_(at(p.parameter_floats)),
        gradients_(at(p.parameter_floats)),
        derived_(at(p.derived), std::numeric_limits<T>::quiet_NaN()) {}

  /// Gives a parameter its values, row-major in its shape.
  void set_parameter(std::size_t index, std::vector<T> const& standard) {
    each_number(index, standard.size(),
                [&](std::size_t i, std::size_t at) { parameters_[at] = standard[i]; });
  }
  /// What run() has made of the gradient of a parameter of as many elements.
  std::vector<T> gradient(std::size_t index, int elements) const {
    std::vector<T> standard(at(elements));
    each_number(index, standard.size(),
                [&](std::size_t i, std::size_t at) { standard[i] = gradients_[at]; });
    return standard;
  }
  /// Whether what only fills up the gradients' panels is zero.
  bool padding_is_zero(std::vector<tensor_shape> const& shapes) const {
    std::vector<char> used(gradients_.size(), false);
    for (std::size_t p = 0; p < shapes.size(); ++p)
      each_number(p, at(shapes[p].elements()),
                  [&](std::size_t, std::size_t at) { used[at] = true; });
    for (std::size_t i = 0; i < used.size(); ++i)
      if (!used[i] && gradients_[i] != 0) return false;
    return true;
  }

  /// What follows from the parameters alone; to be run when they have changed.
  void run_prologue() {
    workspace_.assign(at(plan_.workspace), std::numeric_limits<T>::quiet_NaN());
    for (int g = 0; g < plan_.prologue; ++g) run_segment(plan_.segments[at(g)], 1);
  }

  /// Computes the outputs of `samples` samples, which lie one after the other in each input, and
  /// the gradients, or, if it `adds`, adds to them. `sizes` are the elements of each output.
  std::vector<std::vector<T>> run(std::vector<std::vector<T>> const& inputs,
                                  std::vector<int> const& sizes, int samples, random_key key = {},
                                  bool adds = false) {
    inputs_ = inputs;
    key_ = key;
    adds_ = adds;
    outputs_.clear();
    for (int size : sizes)
      outputs_.emplace_back(at(size * samples), std::numeric_limits<T>::quiet_NaN());
    workspace_.assign(at(plan_.workspace), std::numeric_limits<T>::quiet_NaN());
    batch_.assign(at(plan_.batch * samples), std::numeric_limits<T>::quiet_NaN());
    samples_ = samples;
    for (int g = plan_.prologue; g < static_cast<int>(plan_.segments.size());)
      g = run_next(g, samples);
    return outputs_;
  }

 private:
  static constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

  template <class F>
  void each_number(std::size_t index, std::size_t elements, F f) const {
    parameter_place const& place = plan_.places[index];
    if (place.packed)
      for_each_weight(place.window, [&](int i, int to) { f(at(i), at(place.offset + to)); });
    else
      for (std::size_t i = 0; i < elements; ++i) f(i, at(place.offset) + i);
  }

  /// Runs a segment, or all steps of a loop of segments; gives the one that is next.
  int run_next(int g, int samples) {
    repetition const* r = repetition_of(plan_, g);
    if (!r) {
      run_segment(plan_.segments[g], samples);
      return g + 1;
    }
    for (int k = 0; k < r->loop.steps; ++k) {
      loop_step_ = r->loop.step(k);
      first_step_ = k == 0;
      for (int i = r->first; i < r->last; ++i) run_segment(plan_.segments[i], samples);
    }
    loop_step_ = 0;
    first_step_ = true;
    return r->last;
  }

  void run_segment(segment const& g, int samples) {
    for (int s = 0; s < (g.loops ? samples : 1); ++s)
      for (int i = g.first; i < g.last; ++i) run_step(plan_.steps[i], s, g.loops ? 1 : samples);
  }

  /// A value's copy for a sample.
  T* address(value_id v, int sample) {
    value const& x = plan_.values[v];
    std::vector<T>& buffer = x.grows                        ? batch_
                             : x.where == space::input      ? inputs_[at(x.index)]
                             : x.where == space::output     ? outputs_[at(x.index)]
                             : x.where == space::parameters ? parameters_
                             : x.where == space::gradients  ? gradients_
                             : x.where == space::derived    ? derived_
                                                            : workspace_;
    int step = loop_step_ * x.pace + x.shift;
    if (x.alternates) step %= 2 * x.size;
    int const offset = (x.grows ? x.offset * samples_ : x.offset) + sample * x.stride +
                       step * (x.batched ? samples_ : 1);
    assert(at(offset + x.size) <= buffer.size());
    return buffer.data() + offset;
  }

  /// A step as its scalar kernel sees it: for `samples` samples, of which `sample` is the first. A
  /// value's samples lie one after the other, as kernels take it.
  struct call {
    using number = T;

    interpreter& run;
    step const& self;
    int sample, samples, batch;
    bool sums = self.sums;
    random_key key = in_step(run.key_, run.loop_step_);

    int operands() const { return self.operand_count; }
    int results() const { return self.result_count; }
    /// Operand k of sample s; what is not batched is the same for all.
    T const* operand(int k, int s = 0) const {
      value_id const v = operands_of(run.plan_, self)[k];
      return run.address(v, sample) + (run.plan_.values[v].batched ? s * operand_size(k) : 0);
    }
    int operand_size(int k) const {
      return run.plan_.values[operands_of(run.plan_, self)[k]].shape.elements();
    }
    T* result(int k, int s = 0) const {
      return run.address(results_of(run.plan_, self)[k], sample) +
             std::ptrdiff_t{s} * size(k) * (sums ? 0 : 1);
    }
    list_view<steps::row_stage const> stages(steps::row_loop const& loop) const {
      return stages_of(run.plan_, loop);
    }
    int size(int k) const { return run.plan_.values[results_of(run.plan_, self)[k]].size; }
    tensor_shape const& shape(int k) const {
      return run.plan_.values[results_of(run.plan_, self)[k]].shape;
    }

    bool has_program() const { return run.plan_.programs[self.code].loads > 0; }
    /// Element i of sample s of the step's program.
    T program(int s, int i, T accumulator = {}) const {
      return run_program(
          self.code, i,
          [&](int l, program::load const& how, int e) {
            return element(run.address(loads_of(run.plan_, self)[l], sample), how, s, e);
          },
          accumulator);
    }
    /// What an operand has for element i of sample s.
    static T element(T const* operand, program::load const& how, int s, int i) {
      return operand[(how.batched ? s * how.period : 0) + i / how.run % how.period];
    }
    /// Element i of a program; load(l, how, i) is what its load l gives.
    template <class Load>
    T run_program(int code, int i, Load load, T accumulator = {}) const {
      etch::program const& p = run.plan_.programs[code];
      std::array<T, program_room> r{};
      for (int l = 0; l < p.loads; ++l) {
        auto const& how = p.operand(l);
        r[at(l)] = how.from == etch::program::kind::constant
                       ? static_cast<T>(std::bit_cast<float>(how.bits))
                   : how.from == etch::program::kind::accumulator ? accumulator
                                                                  : load(l, how, i);
      }
      for (int j = 0; j < p.instructions; ++j) {
        auto const& next = p[j];
        r[at(p.loads + j)] = apply(next.fn, r[at(next.a)], r[at(next.b)], r[at(next.c)]);
      }
      return r[p.instructions == 0 ? 0 : at(p.registers() - 1)];
    }

    /// Sums that are made in double from zero, as those of the reference.
    template <class F>
    static void store(int count, T* y, F accumulate) {
      std::vector<double> sum(at(count));
      accumulate(sum.data());
      for (int i = 0; i < count; ++i) y[i] = static_cast<T>(sum[at(i)]);
    }
  };
  static constexpr std::size_t program_room = program::max_loads + program::max_instructions;

  void run_step(step const& s, int sample, int samples) {
    value const& y = plan_.values[result_of(plan_, s)];
    bool const keeps = adds_ && y.where == space::gradients;
    if (s.begins && sample == 0 && !keeps && (first_step_ || !makes_one_of_all_steps(plan_, s)))
      std::fill_n(address(result_of(plan_, s), 0), y.size, T{});
    int const rows = s.at_once > 0 ? s.at_once * samples : samples;
    call const c{*this, s, sample, s.batched ? rows : 1, samples};
    visit(plan_, s, [&]<class Kind>(Kind const& kind) {
      if constexpr (requires { scalar_kernel<Kind>::run(kind, c); }) scalar_kernel<Kind>::run(kind, c);
      else assert(false && "a kind of step that runs");
    });
  }

  plan const& plan_;
  std::vector<T> parameters_, gradients_, derived_, workspace_, batch_;
  std::vector<std::vector<T>> inputs_, outputs_;
  random_key key_{};
  bool adds_ = false;
  int samples_ = 1;
  int loop_step_ = 0;
  bool first_step_ = true;
};

}  // namespace etch
