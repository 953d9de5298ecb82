#pragma once

#include "../options.hpp"

namespace etch {
template <int Length>
struct sequence_at_least;

/// A window that is longer than the padded sequence; expected: its least length.
template <class Where, class What, class Given, class Streams, int N>
struct sentence<refusal::kernel_too_large, Where, What, Given, Streams, extents<N>> : refused {
  static_assert(shape_rule<Where, What, expects<sequence_at_least<N>>, Given>::is_met,
                "etch: the window is longer than the sequence; use a shorter one, less dilation, or "
                "etch::same");
};

namespace detail {

/// The options of a window along a sequence (length, channels), an image of height 1, so that kernels
/// have the taps in a row. An option has one number, padding<before, after> two.
struct sequence_options : window_options {
  static constexpr int rank = 2;
  static constexpr reason other_rank = refusal::wants_sequence;

  constexpr decides read(std::integral auto length) {
    kernel_height = 1, kernel_width = static_cast<int>(length);
    return decides::window;
  }
  template <int N>
  constexpr decides read(options::kernel<N, N>) {
    return read(N);
  }
  template <int N>
  constexpr decides read(options::stride<N, N>) {
    stride_height = 1, stride_width = N;
    return decides::stride;
  }
  template <int N>
  constexpr decides read(options::dilation<N, N>) {
    dilation_width = N;
    return decides::dilation;
  }
  template <int Before, int After>
  constexpr decides read(options::padding<Before, After, Before, After>) {
    before = {0, Before}, after = {0, After};
    return decides::padding;
  }
  constexpr decides read(options::same how) { return window_options::read(how); }
};

}  // namespace detail
}  // namespace etch
