#pragma once

#include "../../codegen/kernels/contract/contract.hpp"
#include "../../codegen/kernels/move/pack.hpp"
#include "../peers/peers.hpp"

/// Rows of the contraction kernels themselves: forward, dx and dw of one window.
namespace benches {

struct bias_relu {
  static constexpr bool ignores_row = true, ignores_sample = true, monotone = true, large = false;
  float const* bias;  // padded to whole vectors

  template <class Arch>
  [[gnu::always_inline]] etch::simd::vec<Arch> operator()(etch::simd::vec<Arch> acc, std::ptrdiff_t,
                                                          int channel, int lanes) const noexcept {
    return etch::simd::max(acc + etch::simd::load_partial<Arch>(bias + channel, lanes),
                           etch::simd::zero<Arch>());
  }
};

/// What all libraries compute with: the weights (filters, ky, kx, channels / groups), and x, or for
/// dx dy, in rotation. For dw the second is dy.
struct contraction_data {
  contraction_data(etch::contraction const& c, pass p, int batch)
      : rotating(
            inputs(static_cast<std::size_t>(batch * (p == pass::dx ? c.outputs() : c.inputs())))),
        fixed(numbers(static_cast<std::size_t>(p == pass::dw ? batch * c.outputs()
                                                             : c.filters * etch::window_size(c)),
                      7)),
        bias(numbers(static_cast<std::size_t>(c.filters), 8)) {}
  buffer_list rotating;
  float_buffer fixed, bias;
};

/// The result by plain loops: y, dx, or dw in the shape of the weights.
std::vector<float> plain_contraction(etch::contraction const& c, pass p, int batch,
                                     contraction_data const& d, bool relu, int pool);

inline char const* name_of(pass p) {
  return p == pass::forward ? "forward" : p == pass::dx ? "dx" : "dw";
}

template <etch::contraction C, pass P, bool Relu, int Pool>
job contraction_job(std::shared_ptr<contraction_data> d, int batch) {
  struct memory {
    float_buffer weights{static_cast<std::size_t>(etch::packed_size(C))};
    float_buffer transposed{static_cast<std::size_t>(etch::transposed_size(C))};
    float_buffer bias, y;
  };
  auto const m = std::make_shared<memory>();
  m->bias = float_buffer(d->bias.size() + 16);
  std::copy_n(d->bias.data(), d->bias.size(), m->bias.data());
  std::size_t const count = static_cast<std::size_t>(
      P == pass::forward ? batch * C.outputs() / (C.out_height() * C.out_width()) *
                               (C.out_height() / Pool) * (C.out_width() / Pool)
      : P == pass::dx ? batch * C.inputs()
                      : C.filters * etch::window_size(C));
  m->y = float_buffer(count);
  if constexpr (P != pass::dw) {
    etch::pack_weights(C, d->fixed.data(), m->weights.data());
    etch::transpose_weights<C>(m->weights.data(), m->transposed.data());
  }
  auto const x = [d](int i) { return d->rotating[i].data(); };
  if constexpr (P == pass::forward && Pool > 1)
    return make_job(
        [=](int i) {
          etch::contract_forward_max_pool<native, C, Pool, Pool>(
              x(i), m->weights.data(), m->y.data(), batch, bias_relu{m->bias.data()});
        },
        [m] { return copy_of(m->y); });
  else if constexpr (P == pass::forward && Relu)
    return make_job(
        [=](int i) {
          etch::contract_forward<native, C>(x(i), m->weights.data(), m->y.data(), batch,
                                            bias_relu{m->bias.data()});
        },
        [m] { return copy_of(m->y); });
  else if constexpr (P == pass::forward)
    return make_job(
        [=](int i) {
          etch::contract_forward<native, C>(x(i), m->weights.data(), m->y.data(), batch);
        },
        [m] { return copy_of(m->y); });
  else if constexpr (P == pass::dx)
    return make_job(
        [=](int i) {
          etch::contract_dx<native, C>(x(i), m->transposed.data(), m->y.data(), batch);
        },
        [m] { return copy_of(m->y); });
  else
    return make_job(
        [=](int i) {
          etch::contract_dw<native, C>(x(i), d->fixed.data(), m->weights.data(), batch, false);
        },
        [m] {
          etch::unpack_weights(C, m->weights.data(), m->y.data());
          return copy_of(m->y);
        });
}

/// `peers(data)` lists the other libraries.
template <etch::contraction C, pass P, bool Relu, int Pool = 1, class Peers>
void add_contraction_rows(std::string const& name, int batch, Peers peers) {
  auto const d = std::make_shared<contraction_data>(C, P, batch);
  task t{name};
  double const positions = C.out_height() * C.out_width();
  double const kept = C.out_height() / Pool * Pool * (C.out_width() / Pool * Pool);
  t.work.multiply_adds = static_cast<double>(C.multiply_adds()) * batch * kept / positions;
  double const x = 4.0 * batch * C.inputs(), y = 4.0 * batch * C.outputs(),
               w = 4.0 * etch::packed_size(C);
  t.work.read = P == pass::forward ? x + w : P == pass::dx ? y + w : x + y + w;
  t.work.written = P == pass::forward ? y * kept / positions / (Pool * Pool)
                   : P == pass::dx    ? x
                                      : w;
  double const taken = P == pass::dx ? y : x;
  t.footprint = x + y + w + (d->rotating.size() - 1) * taken;
  t.items = batch > 1 && C.height * C.width > 1 ? batch : 0;
  t.expected = [d, batch] { return plain_contraction(C, P, batch, *d, Relu, Pool); };
  add_row(t, "etch", [d, batch] { return contraction_job<C, P, Relu, Pool>(d, batch); });
  for (auto const& peer : peers(*d))
    add_row(t, peer.first, [d, make = peer.second] { return make(); });
}

}  // namespace benches
