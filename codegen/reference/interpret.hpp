#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

#include "../ir/counter_random.hpp"
#include "../kernels/move/pack.hpp"
#include "../ir/plan.hpp"
#include "compute.hpp"

namespace etch {

namespace detail {

/// Calls f(packed index, transposed index) for every weight of the window: where contract_dx finds
/// in the transposed weights what the packed ones hold (packing.hpp), or, with the taps `turned`,
/// a convolution of dY.
template <class F>
constexpr void for_each_transposed_weight(contraction const& window, F f, bool turned = false) {
  contraction const c = canonical(window), t = transposed(window);
  for (int filter = 0; filter < c.filters; ++filter)
    for (int ky = 0; ky < c.kernel_height; ++ky)
      for (int kx = 0; kx < c.kernel_width; ++kx)
        for (int channel = 0; channel < c.group_channels(); ++channel) {
          int const from = packed_index(c, filter, ky, kx, channel);
          int const group = filter / c.group_filters();
          int const y = turned ? c.kernel_height - 1 - ky : ky;
          int const x = turned ? c.kernel_width - 1 - kx : kx;
          int const to = c.depthwise() ? from
                                       : packed_index(t, group * c.group_channels() + channel, y, x,
                                                      filter % c.group_filters());
          f(from, to);
        }
}

}  // namespace detail

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
    for (std::size_t g = at(plan_.prologue); g < plan_.segments.size(); ++g)
      run_segment(plan_.segments[g], samples);
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

  void run_segment(segment const& g, int samples) {
    for (int s = 0; s < (g.loops ? samples : 1); ++s)
      for (int i = g.first; i < g.last; ++i) run_step(plan_.steps[at(i)], s, g.loops ? 1 : samples);
  }

  /// A value's copy for a sample, and how much of its buffer is left from there.
  T* address(int v, int sample) {
    if (v < 0) return nullptr;
    value const& x = plan_.values[at(v)];
    std::vector<T>& buffer = x.grows                        ? batch_
                             : x.where == space::input      ? inputs_[at(x.index)]
                             : x.where == space::output     ? outputs_[at(x.index)]
                             : x.where == space::parameters ? parameters_
                             : x.where == space::gradients  ? gradients_
                             : x.where == space::derived    ? derived_
                                                            : workspace_;
    int const offset = (x.grows ? x.offset * samples_ : x.offset) + sample * x.stride;
    assert(at(offset + x.size) <= buffer.size());
    return buffer.data() + offset;
  }

  void run_step(step const& s, int sample, int samples) {
    T* const y = address(s.result, sample);
    T const* const a = address(s.operands[0], sample);
    T const* const b = address(s.operands[1], sample);
    T const* const c = address(s.operands[2], sample);
    contraction const& w = window_of(plan_, s);
    int const size = plan_.values[at(s.result)].size;
    int const n = s.batched ? samples : 1;
    bool const keeps = adds_ && plan_.values[at(s.result)].where == space::gradients;
    if (s.begins && sample == 0 && !keeps) std::fill_n(y, size, T{});
    // The kernels take it that a value's samples lie one after the other, as they do here.
    switch (s.what) {
      case step_kind::map:
        if (s.box > 0)
          for (int k = 0; k < n; ++k) map_framed(s, sample, k, y + k * size);
        else
          for (int k = 0; k < n; ++k)
            for (int i = 0; i < size; ++i) y[k * size + i] = run_program(s, sample, k, i, T{});
        break;
      case step_kind::reduce:
        for (int k = 0; k < n; ++k) reduce(s, sample, k, s.sums ? y : y + k * size);
        break;
      case step_kind::contract:
      case step_kind::contract_max_pool:
        for (int k = 0; k < n; ++k) {
          T* const also = address(s.also, sample);
          contract(s, sample, k, a + k * w.inputs(), b, y + k * size,
                   also != nullptr ? also + k * plan_.values[at(s.also)].size : nullptr);
        }
        break;
      case step_kind::contract_dx: {
        std::vector<T> const weights = untransposed(w, b);
        for (int k = 0; k < n; ++k)
          store(w.inputs(), y + k * size, [&](double* sum) {
            if (c == nullptr)
              reference::contract_dx(w, a + k * w.outputs(), weights.data(), sum);
            else
              reference::contract_dx(w, unpooled(s, c, a, k).data(), weights.data(), sum);
          });
        break;
      }
      case step_kind::contract_dw:
        for (int k = 0; k < n; ++k) {
          std::vector<double> sum(at(w.filters * window_size(w)));
          if (c == nullptr)
            reference::contract_dw(w, a + k * w.inputs(), b + k * w.outputs(), sum.data());
          else
            reference::contract_dw(w, a + k * w.inputs(), unpooled(s, c, b, k).data(), sum.data());
          std::vector<T> packed(at(packed_size(w))), turned(at(transposed_size(w)));
          for_each_weight(
              w, [&](int from, int to) { packed[at(to)] = static_cast<T>(sum[at(from)]); });
          bool const turns = c != nullptr && skips_zeros(w);
          if (turns)
            detail::for_each_transposed_weight(
                w, [&](int from, int to) { turned[at(to)] = packed[at(from)]; });
          for (int i = 0; i < size; ++i) y[i] += (turns ? turned : packed)[at(i)];
        }
        break;
      case step_kind::pool:
        for (int k = 0; k < n; ++k)
          store(w.outputs(), y + k * size, [&](double* sum) {
            if (s.fn == function::maximum)
              reference::pool_maximum(w, a + k * w.inputs(), sum);
            else
              reference::pool_sum(w, a + k * w.inputs(), sum);
          });
        for (int k = 0; k < n; ++k)
          for (int i = 0; i < size; ++i)
            y[k * size + i] = run_program(s, sample, k, i, y[k * size + i]);
        break;
      case step_kind::pool_index:
        for (int k = 0; k < n; ++k)
          store(w.outputs(), y + k * size,
                [&](double* sum) { reference::pool_index(w, a + k * w.inputs(), sum); });
        break;
      case step_kind::pool_gradient:
        for (int k = 0; k < n; ++k)
          store(w.inputs(), y + k * size, [&](double* sum) {
            int const out = k * w.outputs();
            if (s.fn == function::maximum)
              reference::pool_maximum_gradient(w, a + out, b + out, sum);
            else
              reference::pool_sum_gradient(w, a + out, sum);
          });
        break;
      case step_kind::copy: {
        auto const elements = [](std::array<int, 4> const& e) { return e[0] * e[1] * e[2] * e[3]; };
        copy_spec const& box = box_of(plan_, s);
        for (int k = 0; k < n; ++k)
          copy(box, a + (box.shared ? 0 : k * elements(box.from_shape)),
               y + k * elements(box.to_shape));
        break;
      }
      case step_kind::pack:
        std::fill_n(y, packed_size(w), T{});
        for_each_weight(w, [&](int from, int to) { y[to] = a[from]; });
        break;
      case step_kind::unpack:
        for_each_weight(w, [&](int to, int from) { y[to] = a[from]; });
        break;
      case step_kind::transpose:
        std::fill_n(y, transposed_size(w), T{});
        detail::for_each_transposed_weight(
            w, [&](int from, int to) { y[to] = a[from]; }, s.index == turned_weights);
        break;
      case step_kind::random:
        for (int k = 0; k < n; ++k) {
          counter_key const key{key_.seed, key_.step, static_cast<std::uint32_t>(s.index),
                                key_.first_sample + static_cast<std::uint32_t>(sample + k)};
          for (int i = 0; i < size; ++i)
            y[k * size + i] = static_cast<T>(counter_uniform(key, static_cast<std::uint32_t>(i)));
        }
        break;
      case step_kind::iota:
        for (int i = 0; i < size; ++i)
          y[i] = static_cast<T>(i % plan_.values[at(s.result)].shape.last());
        break;
      case step_kind::batch_size:
        *y = static_cast<T>(samples);
        break;
      case step_kind::all_reduce:
        std::copy_n(a, size, y);
        break;
    }
  }

  /// Element i of the program, for sample k behind `sample`.
  T run_program(step const& s, int sample, int k, int i, T accumulator) {
    program const& p = code_of(plan_, s);
    std::array<T, program::max_loads + program::max_instructions> r{};
    for (int l = 0; l < p.loads; ++l) {
      auto const& how = p.operand(l);
      if (how.from == program::kind::constant)
        r[at(l)] = static_cast<T>(std::bit_cast<float>(how.bits));
      else if (how.from == program::kind::accumulator)
        r[at(l)] = accumulator;
      else
        r[at(l)] = address(load_of(plan_, s, l),
                           sample)[(how.batched ? k * how.period : 0) + i / how.run % how.period];
    }
    for (int j = 0; j < p.instructions; ++j) {
      auto const& code = p[j];
      r[at(p.loads + j)] = apply(code.fn, r[at(code.a)], r[at(code.b)], r[at(code.c)]);
    }
    return r[p.instructions == 0 ? 0 : at(p.registers() - 1)];
  }

  void map_framed(step const& s, int sample, int k, T* y) {
    copy_spec const& box = box_of(plan_, s);
    std::vector<T> image(at(box.size[1] * box.size[2] * box.size[3]));
    for (std::size_t i = 0; i < image.size(); ++i)
      image[i] = run_program(s, sample, k, static_cast<int>(i), T{});
    if (s.also < 0) return copy(box, image.data(), y);
    std::copy(image.begin(), image.end(), y);
    copy(box, image.data(), address(s.also, sample) + k * plan_.values[at(s.also)].size);
  }

  void reduce(step const& s, int sample, int k, T* y) {
    for (int o = 0; o < s.outer; ++o)
      for (int i = 0; i < s.inner; ++i) {
        double sum = 0;
        for (int r = 0; r < s.reduced; ++r) {
          auto const x = static_cast<double>(
              run_program(s, sample, k, (o * s.reduced + r) * s.inner + i, T{}));
          sum = r == 0 ? x : apply(s.fn, sum, x);
        }
        T& to = y[o * s.inner + i];
        to = static_cast<T>(s.sums ? static_cast<double>(to) + sum : sum);
      }
  }

  /// The gradient of all outputs of a contraction, for sample k, from that of their pooling.
  std::vector<T> unpooled(step const& s, T const* index, T const* dy, int k) const {
    contraction const& w = window_of(plan_, s);
    int const each = pooling_of(w, s.pool_height, s.pool_width).outputs() * k;
    return reference::unpooled(w, s.pool_height, s.pool_width, index + each, dy + each);
  }

  void contract(step const& s, int sample, int k, T const* x, T const* packed, T* y,
                T* also) {
    contraction const& w = window_of(plan_, s);
    std::vector<T> weights(at(w.filters * window_size(w)));
    for_each_weight(w, [&](int to, int from) { weights[at(to)] = packed[from]; });
    std::vector<T> image(at(w.outputs()));
    store(w.outputs(), image.data(),
          [&](double* sum) { reference::contract(w, x, weights.data(), sum); });
    for (int i = 0; i < w.outputs(); ++i) image[at(i)] = run_program(s, sample, k, i, image[at(i)]);
    if (s.what == step_kind::contract) {
      bool const framed = s.box > 0, keeps = !framed || s.also >= 0;
      if (framed) copy(box_of(plan_, s), image.data(), keeps ? also : y);
      if (keeps) std::copy(image.begin(), image.end(), y);
      return;
    }
    contraction const pool = pooling_of(w, s.pool_height, s.pool_width);
    store(pool.outputs(), y,
          [&](double* sum) { reference::pool_maximum(pool, image.data(), sum); });
    if (also != nullptr)
      store(pool.outputs(), also,
            [&](double* sum) { reference::pool_index(pool, image.data(), sum); });
  }

  static std::vector<T> untransposed(contraction const& w, T const* from) {
    std::vector<T> packed(at(packed_size(w))), standard(at(w.filters * window_size(w)));
    if (dx_transposes(w))
      std::copy_n(from, packed.size(), packed.begin());
    else
      detail::for_each_transposed_weight(w, [&](int to, int i) { packed[at(to)] = from[i]; });
    for_each_weight(w, [&](int to, int i) { standard[at(to)] = packed[at(i)]; });
    return standard;
  }

  /// Sums that are made in double from zero, as those of the reference.
  template <class F>
  static void store(int count, T* y, F accumulate) {
    std::vector<double> sum(at(count));
    accumulate(sum.data());
    for (int i = 0; i < count; ++i) y[i] = static_cast<T>(sum[at(i)]);
  }

  static void copy(copy_spec const& box, T const* from, T* to) {
    auto const place = [](std::array<int, 4> const& shape, int i, int j, int k, int l) {
      return ((i * shape[1] + j) * shape[2] + k) * shape[3] + l;
    };
    auto const& t = box.to_shape;
    auto const& f = box.from_origin;
    auto const& o = box.to_origin;
    if (box.fills)
      std::fill_n(to, t[0] * t[1] * t[2] * t[3],
                  static_cast<T>(std::bit_cast<float>(box.fill_bits)));
    for (int i = 0; i < box.size[0]; ++i)
      for (int j = 0; j < box.size[1]; ++j)
        for (int k = 0; k < box.size[2]; ++k)
          for (int l = 0; l < box.size[3]; ++l)
            to[place(t, o[0] + i, o[1] + j, o[2] + k, o[3] + l)] =
                from[place(box.from_shape, f[0] + i, f[1] + j, f[2] + k, f[3] + l)];
  }

  plan const& plan_;
  std::vector<T> parameters_, gradients_, derived_, workspace_, batch_;
  std::vector<std::vector<T>> inputs_, outputs_;
  random_key key_{};
  bool adds_ = false;
  int samples_ = 1;
};

}  // namespace etch
