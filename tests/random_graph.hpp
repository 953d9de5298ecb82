#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "../codegen/ir/counter_random.hpp"
#include "../dsl/network.hpp"

/// Random graphs, written as a layer writes them, and layers that write them. Equal seeds give equal
/// graphs, at run time and in constant evaluation.
namespace random_graphs {

using etch::contraction;
using etch::function;
using etch::tensor;
using etch::tensor_shape;
namespace m = etch::math;

struct options {
  int expressions = 10;       // layers and the like
  int largest = 240;          // elements of a value
  bool gradients_exact = false;  // no detach, whose gradient is not the derivative
  bool of_batch = true;          // means over the batch
  bool scans = true;
};

class writer {
 public:
  constexpr writer(etch::context& c, etch::graph& g, std::uint32_t seed, options const& how)
      : key_{seed, 1, 2, 3}, how_(how), graph_(g), context_(c), has_tokens_(seed % 4 == 0) {}

  constexpr void write_graph() {
    begin("input");
    int const inputs = 1 + below(4) / 3;
    for (int i = 0; i < inputs; ++i) add_input();
    if (has_tokens_) {
      tensor_shape tokens{1 + below(6)};
      if (chance(30)) tokens = {1 + below(3), 1 + below(3)};
      tokens_ = etch::detail::add_input(graph_, tokens, etch::element_type::int32);
    }
    for (int i = 0; i < how_.expressions; ++i) {
      begin("random");
      add_expression();
    }
    int const outputs = 1 + below(4) / 2;
    for (int i = 0; i < outputs; ++i)
      graph_.outputs.push_back(i == 0 ? latest_batched().id : any().id);
  }

  constexpr tensor write_layer(tensor x) {
    values_.push_back(x);
    for (int i = 0; i < how_.expressions; ++i) add_expression();
    return latest_batched();
  }

 private:
  constexpr int below(int n) {
    return static_cast<int>(etch::counter_bits(key_, count_++) % static_cast<std::uint32_t>(n));
  }
  constexpr bool chance(int percent) { return below(100) < percent; }

  constexpr void begin(std::string_view kind) {
    graph_.adding_for = etch::layer_id::none;  // not inside the one before
    context_.enter(kind);
  }

  constexpr tensor_shape random_shape() {
    tensor_shape s;
    s.rank = 1 + below(3);
    for (int axis = 0; axis < s.rank; ++axis)
      s[axis] = s.rank == 1 ? 1 + below(20) : axis == 2 ? 1 + below(6) : 1 + below(7);
    return s;
  }
  constexpr void add_input() {
    values_.push_back(etch::detail::add_input(graph_, random_shape()));
  }

  constexpr void keep(tensor t) {
    if (t.shape().elements() <= how_.largest) values_.push_back(t);
  }
  /// Mostly one of the latest: graphs are deep rather than wide.
  constexpr tensor any() {
    int const n = static_cast<int>(values_.size());
    int const back = chance(60) ? 0 : below(n);
    return values_[static_cast<std::size_t>(n - 1 - back)];
  }
  constexpr tensor latest_batched() const {
    std::size_t i = values_.size() - 1;
    while (!values_[i].get().batched) --i;
    return values_[i];
  }
  constexpr tensor any_of_rank(int least, int most) {
    for (int i = 0; i < 6; ++i)
      if (tensor const t = any(); t.shape().rank >= least && t.shape().rank <= most) return t;
    tensor const t = latest_batched();
    if (t.shape().rank >= least && t.shape().rank <= most) return t;
    return m::reshape(t, factors(t.shape().elements(), least));
  }
  constexpr tensor_shape factors(int elements, int rank) {
    tensor_shape s;
    s.rank = rank;
    for (int axis = 0; axis < rank; ++axis) {
      int f = axis == rank - 1 ? elements : 1 + below(6);
      while (elements % f != 0) --f;
      s[axis] = f;
      elements /= f;
    }
    return s;
  }

  /// A parameter; now and then one of this shape that is there already.
  constexpr tensor parameter(tensor_shape const& shape, int fan_in = 1) {
    if (chance(30))
      for (tensor const& p : parameters_)
        if (p.shape() == shape) return p;
    auto const init = etch::uniform_within<1.0>.with_fans(fan_in, 1);
    auto const name = etch::name_text{"p"}.append(static_cast<int>(parameters_.size()));
    parameters_.push_back(context_.parameter(name.view(), shape, init));
    return parameters_.back();
  }
  constexpr tensor weights(tensor_shape const& shape, int fan_in) {
    tensor const w = parameter(shape, fan_in);
    if (chance(80)) return w;
    if (chance(20))
      for (tensor const& t : values_)  // statistics of the batch
        if (!t.get().batched && broadcast_shape(t.shape(), shape) == shape &&
            broadcasts(t.shape(), shape))
          return w * m::tanh(t);
    if (chance(50)) return m::tanh(w);
    tensor_shape each_filter = shape;
    for (int axis = 1; axis < shape.rank; ++axis) each_filter[axis] = 1;
    return w * parameter(each_filter);
  }

  /// Something that broadcasts to x: a value, a vector, a row, a scalar, a constant.
  constexpr tensor partner(tensor x) {
    tensor_shape const& s = x.shape();
    if (chance(50))
      for (int i = 0; i < 8; ++i) {
        tensor const t = any();
        if (t.id != x.id && broadcasts(t.shape(), s)) return t;
      }
    switch (below(5)) {
      case 0: return s.rank > 0 ? parameter({s.last()}) : parameter({});
      case 1: {
        tensor_shape row = s;
        if (row.rank > 0) row[row.rank - 1] = 1;
        return parameter(row);
      }
      case 2: return parameter({});
      case 3: return parameter(s);
      default: return context_.constant(chance(50) ? 0.5 : -1.25);
    }
  }
  static constexpr bool broadcasts(tensor_shape const& a, tensor_shape const& b) {
    tensor_shape const both = broadcast_shape(a, b);
    return both.rank >= 0 && broadcast_access(a, both).period != 0 &&
           broadcast_access(b, both).period != 0;
  }

  constexpr tensor activation(tensor x) {
    switch (below(14)) {
      case 0: return m::tanh(x);
      case 1: return m::sigmoid(x);
      case 2: return m::max(x, 0.0);
      case 3: return m::select(m::greater(x, 0.0), x, x * 0.25);
      case 4: return m::sin(x);
      case 5: return m::cos(x);
      case 6: return m::erf(x);
      case 7: return m::abs(x);
      case 8: return m::sqrt(x * x + 1.0);
      case 9: return m::log1p(x * x);
      case 10: return m::exp(-m::abs(x));
      case 11: return m::expm1(m::tanh(x));
      case 12: return x * m::sigmoid(x);
      default: return m::log(x * x + 0.5) * 0.5;
    }
  }
  constexpr tensor maybe_activated(tensor x) { return chance(60) ? activation(x) : x; }
  constexpr tensor maybe_biased(tensor x) {
    return chance(60) ? x + parameter({x.shape().last()}) : x;
  }

  constexpr tensor binary(tensor a, tensor b) {
    if (chance(30)) {
      tensor const t = a;
      a = b;
      b = t;
    }
    switch (below(8)) {
      case 0: return a + b;
      case 1: return a - b;
      case 2: return a * m::tanh(b);
      case 3: return a / (b * b + 1.0);
      case 4: return m::max(a, b);
      case 5: return m::min(a, b);
      case 6: return m::select(m::greater(a, b), a, b * 0.5);
      default: return m::tanh(a) + b;
    }
  }

  constexpr tensor dense() {
    tensor const x = any_of_rank(1, 2);
    int const features = x.shape().last(), units = 1 + below(18);
    tensor_shape out = x.shape();
    out[out.rank - 1] = units;
    contraction const w{
        .width = x.shape().elements() / features, .channels = features, .filters = units};
    return maybe_activated(
        maybe_biased(m::contract(x, weights({units, features}, features), w, out)));
  }

  constexpr tensor conv() {
    tensor x = any_of_rank(3, 3);
    etch::axis_counts before{}, after{};
    if (chance(40)) before = {below(2), below(2)}, after = {below(2), below(2)};
    x = m::pad(x, before, after);
    tensor_shape const in = x.shape();
    contraction w{.height = in[0], .width = in[1], .channels = in[2]};
    w.kernel_height = 1 + below(in[0] < 3 ? in[0] : 3);
    w.kernel_width = 1 + below(in[1] < 3 ? in[1] : 3);
    if (chance(15)) w.kernel_height = in[0], w.kernel_width = in[1];
    if (chance(25)) w.stride_height = 1 + below(2), w.stride_width = 1 + below(3);
    if (chance(25)) {
      w.dilation_height = 2;
      if (w.span_height() > w.height) w.dilation_height = 1;
      w.dilation_width = 2;
      if (w.span_width() > w.width) w.dilation_width = 1;
    }
    w.filters = 1 + below(9);
    if (chance(30)) {  // groups: depthwise or fewer
      w.groups = chance(50) ? in[2] : in[2] % 2 == 0 ? 2 : 1;
      w.filters = w.groups * (chance(60) ? 1 : 1 + below(3));
    }
    int const fan = w.kernel_height * w.kernel_width * w.group_channels();
    tensor const k = weights({w.filters, w.kernel_height, w.kernel_width, w.group_channels()}, fan);
    tensor y = m::contract(x, k, w);
    if (chance(10)) {  // the positions in another shape
      tensor_shape out = factors(w.outputs() / w.filters, 2);
      out[out.rank++] = w.filters;
      y = m::contract(x, k, w, out);
    }
    y = maybe_activated(maybe_biased(y));
    return y.shape().rank == 3 && chance(50) ? pooled(y) : y;
  }

  /// A transposed convolution, of which ends may be cut off.
  constexpr tensor transposed_conv() {
    tensor const y = any_of_rank(3, 3);
    tensor_shape const out = y.shape();
    contraction w{.kernel_height = 1 + below(3),
                  .kernel_width = 1 + below(3),
                  .stride_height = 1 + below(3) / 2,
                  .stride_width = 1 + below(3) / 2,
                  .filters = out[2]};
    if (chance(25)) w.dilation_height = 2, w.dilation_width = 1 + below(2);
    w.channels = chance(20) ? 16 + below(3) : 1 + below(9);
    if (chance(30)) {
      w.groups = chance(50) ? out[2] : out[2] % 2 == 0 ? 2 : 1;
      w.channels = w.groups * (chance(60) ? 1 : 1 + below(3));
    }
    w.height = (out[0] - 1) * w.stride_height + w.span_height() + below(w.stride_height);
    w.width = (out[1] - 1) * w.stride_width + w.span_width() + below(w.stride_width);
    if (w.inputs() > how_.largest) return y;
    int const fan = w.kernel_height * w.kernel_width * w.group_filters();
    tensor const k = weights({w.filters, w.kernel_height, w.kernel_width, w.group_channels()}, fan);
    tensor x = m::contract_transposed(y, k, w);
    if (chance(50))
      x = m::slice(x, {below(w.height < 3 ? w.height : 2), below(w.width < 3 ? w.width : 2)}, {});
    return maybe_activated(maybe_biased(x));
  }

  /// A convolution or a pooling of a sequence, an image of height 1.
  constexpr tensor along_sequence() {
    tensor x = any_of_rank(2, 2);
    if (chance(50)) {
      int const before = below(3), after = below(2);  // not as arguments, whose order is the compiler's
      x = m::pad(x, {before}, {after});
    }
    tensor_shape const in = x.shape();
    contraction w{.width = in[0], .channels = in[1], .kernel_width = 1 + below(in[0] < 4 ? in[0] : 4)};
    w.stride_width = chance(70) ? 1 : w.kernel_width;
    if (chance(30)) {
      w.groups = w.filters = in[1];
      return m::pool(chance(50) ? function::maximum : function::add, x, w,
                     {w.out_width(), w.filters});
    }
    w.filters = chance(20) ? 16 : 1 + below(9);
    tensor const k =
        weights({w.filters, w.kernel_width, w.channels}, w.kernel_width * w.channels);
    return maybe_activated(maybe_biased(m::contract(x, k, w, {w.out_width(), w.filters})));
  }

  /// Each element of an image over a window.
  constexpr tensor repeated() {
    tensor const y = any_of_rank(3, 3);
    tensor_shape const out = y.shape();
    contraction w{.channels = out[2],
                  .kernel_height = 1 + below(2),
                  .kernel_width = 1 + below(3),
                  .groups = out[2],
                  .filters = out[2]};
    w.stride_height = w.kernel_height, w.stride_width = chance(70) ? w.kernel_width : 1;
    w.height = (out[0] - 1) * w.stride_height + w.kernel_height;
    w.width = (out[1] - 1) * w.stride_width + w.kernel_width;
    if (w.inputs() > how_.largest) return y;
    return m::unpool_sum(y, w, {w.height, w.width, w.channels});
  }

  constexpr tensor pooled(tensor x) {
    tensor_shape const in = x.shape();
    contraction w{
        .height = in[0], .width = in[1], .channels = in[2], .groups = in[2], .filters = in[2]};
    w.kernel_height = 1 + below(in[0] < 3 ? in[0] : 3);
    w.kernel_width = 1 + below(in[1] < 3 ? in[1] : 3);
    w.stride_height = chance(60) ? w.kernel_height : 1 + below(2);
    w.stride_width = chance(60) ? w.kernel_width : 1 + below(2);
    return m::pool(chance(70) ? function::maximum : function::add, x, w);
  }

  constexpr tensor reduced(tensor x) {
    int const rank = x.shape().rank;
    int const first = below(rank + 1), last = first + below(rank - first + 1);
    if (rank == 3 && chance(20))
      return chance(50) ? m::sum(m::tanh(x), {2, 0}) * 0.25 : m::maximum(x, {0, 2});
    switch (below(3)) {
      case 0: return m::mean(x, first, last);
      case 1: return m::maximum(x, first, last);
      default: return m::sum(m::tanh(x), first, last) * 0.5;
    }
  }

  constexpr tensor moved(tensor x) {
    tensor_shape const s = x.shape();
    int const axis = s.rank == 0 ? 0 : below(s.rank);
    etch::axis_counts before{}, after{};
    auto const a = static_cast<std::size_t>(axis);
    switch (below(s.rank == 0 ? 1 : 6)) {
      case 0: return m::reshape(x, factors(s.elements(), 1 + below(chance(70) ? 3 : 6)));
      case 1:
        before[a] = below(3);
        after[a] = below(3);
        return m::pad(x, before, after, chance(50) ? 0.0 : 0.75);
      case 2:
        before[a] = below(s[axis]);
        after[a] = below(s[axis] - before[a]);
        return m::slice(x, before, after);
      case 3: return maybe_activated(m::flip(x, axis));
      case 4: return maybe_activated(permuted(x));
      default: {
        tensor y = x * parameter({});
        for (int i = 0; i < 6; ++i) {
          tensor const t = any();
          tensor_shape other = t.shape();
          if (other.rank != s.rank) continue;
          other[axis] = s[axis];
          if (other == s) y = t;
        }
        return chance(50) ? m::concat(x, y, axis) : m::concat(y, x, axis);
      }
    }
  }

  constexpr tensor permuted(tensor x) {
    if (chance(50)) x = m::reshape(x, factors(x.shape().elements(), 1 + below(6)));
    etch::primitive::permute p;
    for (int i = 0, rank = x.shape().rank; i < rank; ++i) {
      std::size_t const to = static_cast<std::size_t>(i);
      std::size_t const j = static_cast<std::size_t>(below(i + 1));
      p.axes[to] = p.axes[j];
      p.axes[j] = i;
      p.flips[to] = chance(20);
    }
    return etch::detail::permuted(x, p);
  }

  /// Matrix products of a value and itself, another value or a parameter, on either side.
  constexpr tensor product() {
    m::transposes const which{chance(40), chance(40)};
    tensor const a = any_of_rank(2, 3);
    tensor_shape const s = a.shape();
    int const last = s.rank - 1, inner = s[which.a ? last - 1 : last];
    double const scale = 1.0 / inner;
    if (chance(25)) {
      tensor const bounded = m::tanh(a);
      return m::product(bounded, bounded, {which.a, !which.a}) * scale;
    }
    if (chance(70))
      for (int i = 0; i < 8; ++i) {
        tensor const b = any();
        tensor_shape shape = b.shape();
        if (shape.rank != s.rank || shape[which.b ? last : last - 1] != inner) continue;
        shape[last - 1] = s[last - 1], shape[last] = s[last];
        if (shape == s) return m::product(a, m::tanh(b), which) * scale;
      }
    tensor_shape shape = s;
    shape[which.b ? last : last - 1] = inner;
    shape[which.b ? last - 1 : last] = 1 + below(12);
    tensor const b = parameter(shape, inner);
    return chance(60) ? m::product(a, b, which) : m::product(b, a, {!which.b, !which.a});
  }

  /// A mean over the batch, which layers may take while they train.
  constexpr tensor over_batch(tensor x, int first, int last) {
    return context_.training() ? m::batch_mean(x, first, last) : m::mean(x, first, last);
  }

  constexpr tensor normalised(tensor x) {
    int const rank = x.shape().rank;
    int const most = how_.of_batch ? 4 : 2;
    switch (rank > 0 ? below(most) : how_.of_batch ? 2 : 4) {
      case 0: {
        tensor const centred = x - m::mean(x, rank - 1, rank);
        return centred / m::sqrt(m::mean(centred * centred, rank - 1, rank) + 0.125) *
               parameter({x.shape().last()});
      }
      case 1: {
        tensor const e = m::exp(m::tanh(x));
        return e / m::sum(e, rank - 1, rank);
      }
      case 2: return over_batch(x, 0, rank == 0 ? 0 : rank - 1);
      case 3: {
        tensor const centred = x - over_batch(x, 0, rank - 1);
        return centred * (parameter({x.shape().last()}) /
                          m::sqrt(over_batch(centred * centred, 0, rank - 1) + 0.125));
      }
      default: return m::sin(x);
    }
  }

  /// Rows of a table, which is a parameter or made of one; a table may be read twice.
  constexpr tensor embedded() {
    int const rows = 1 + below(12), width = 1 + below(20);
    tensor const table = weights({rows, width}, 1);
    bool const pads = chance(30);
    tensor const y = m::gather(table, tokens_, pads, pads ? below(rows) : 0);
    if (y.shape().rank == 3 || chance(50)) return maybe_activated(y);
    return y * m::gather(parameter({rows, width}), tokens_);
  }

  constexpr tensor odd_one(tensor x) {
    switch (below(4)) {
      case 0: return how_.gradients_exact ? m::tanh(x) : m::detach(x) * x;
      case 1:
        return m::select(m::greater(context_.constant(0.25), context_.random(x)),
                         context_.constant(0), x);
      case 2: {
        tensor const steps = m::iota(x, chance(50) ? x.shape() : tensor_shape{x.shape().last()});
        if (chance(50)) return x + m::sin(steps) * parameter({});
        tensor const label = m::greater(m::mean(x, 0, x.shape().rank), 0.0);  // class 0 or 1
        return x + m::one_hot(label, x.shape().last());
      }
      default: {  // weights used element by element too, as a penalty is
        if (parameters_.empty()) return x;
        tensor const w =
            parameters_[static_cast<std::size_t>(below(static_cast<int>(parameters_.size())))];
        return x + m::reshape(m::mean(w * w, 0, w.shape().rank), {});
      }
    }
  }

  /// Some expressions of what lies along the first axis of x, of what is carried and of all else.
  constexpr tensor scanned() {
    tensor x = any_of_rank(2, 3);
    if (x.shape()[0] > 8) x = m::reshape(x, {1, x.shape().elements()});
    std::size_t const outside = values_.size();
    etch::constexpr_list<tensor> initial;
    for (int i = below(3); i > 0; --i) {
      tensor t = any();
      if (t.shape().rank > 2) t = m::reshape(t, {t.shape().elements()});
      initial.push_back(chance(30) ? parameter(t.shape()) : t);
    }
    in_scan_ = true;
    m::scanned const made = m::scan(
        {x}, initial,
        [&](etch::constexpr_list<tensor> const& elements, etch::constexpr_list<tensor> const& carried) {
          values_.push_back(elements[0]);
          for (tensor const& c : carried) values_.push_back(c);
          for (int i = 1 + below(4); i > 0; --i) add_expression();
          etch::constexpr_list<tensor> next;
          for (tensor const& c : carried) next.push_back(following(c));
          if (next.empty() || chance(40)) next.push_back(any_of_rank(1, 2));
          return next;
        },
        chance(50) ? m::direction::forwards : m::direction::backwards);
    in_scan_ = false;
    values_.resize(outside);
    for (tensor const& t : made.last) keep(t);
    tensor const all = made.all[static_cast<std::size_t>(below(static_cast<int>(made.all.size())))];
    tensor_shape const s = all.shape();
    return s.rank == 4 ? m::reshape(all, {s[0], s[1] * s[2], s[3]}) : all;
  }
  /// What a carried value is next.
  constexpr tensor following(tensor carried) {
    tensor const t = any();
    if (chance(20)) return t.shape() == carried.shape() ? t : carried;
    if (t.shape() == carried.shape()) return m::tanh(t + carried);
    return m::tanh(carried * parameter({}) + m::reshape(m::mean(t, 0, t.shape().rank), {}));
  }

  constexpr void add_expression() {
    if (tokens_.owner && chance(15)) return keep(embedded());
    int const what = below(how_.scans && !in_scan_ ? 108 : 100);
    tensor const x = any();
    if (what < 18) keep(activation(x));
    else if (what < 34) keep(binary(x, partner(x)));
    else if (what < 48) keep(dense());
    else if (what < 58) keep(conv());
    else if (what < 61) keep(transposed_conv());
    else if (what < 63) keep(along_sequence());
    else if (what < 64) keep(repeated());
    else if (what < 68) keep(pooled(any_of_rank(3, 3)));
    else if (what < 75) keep(reduced(x));
    else if (what < 82) keep(moved(x));
    else if (what < 89) keep(normalised(x));
    else if (what < 93) keep(product());
    else if (what < 100) keep(odd_one(x));
    else keep(scanned());
  }

  etch::counter_key key_;
  std::uint32_t count_ = 0;
  options how_;
  etch::graph& graph_;
  etch::context& context_;
  std::vector<tensor> values_, parameters_;
  bool in_scan_ = false;
  bool has_tokens_;  // whether an input is tokens:
  tensor tokens_{};
};

/// A graph with one or two inputs and outputs, the first output with a value for each sample.
constexpr etch::graph make(std::uint32_t seed, options const& how = {}) {
  etch::graph g;
  etch::context c{g, true};
  writer{c, g, seed, how}.write_graph();
  return g;
}

/// A layer that a program could have for itself.
template <std::uint32_t Seed, options How>
struct layer : etch::layer {
  static constexpr std::string_view kind = "random";
  static constexpr etch::verdict shape_rule(tensor_shape const& in) {
    etch::graph g;
    etch::context c{g, true};
    c.enter(kind);
    return etch::accept(
        forward(c, etch::detail::add_input(g, in)).shape());
  }
  static constexpr tensor forward(etch::context& c, tensor x) {
    return writer{c, *x.owner, Seed, How}.write_layer(x);
  }
};

}  // namespace random_graphs
