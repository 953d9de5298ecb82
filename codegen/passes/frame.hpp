#pragma once

#include <utility>

#include "../ir/plan.hpp"

namespace etch::passes {

namespace detail {

/// Whether the kernel stores the outputs tile by tile, so that these can go elsewhere as well: that
/// of windows, where no filters are left over.
constexpr bool stores_tiles(contraction const& w) {
  int const filters = w.group_filters();
  return !w.depthwise() && !canonical(w).pointwise() && filters > 4 &&
         filters % panel_width(w) == 0;
}

/// Whether every operand has a value for each element, for each channel, or one in all: what a line
/// of the image reads then follows from its number.
constexpr bool goes_line_by_line(program const& p, int elements, int channels, bool batched) {
  for (int i = 0; i < p.loads; ++i) {
    auto const& l = p.operand(i);
    if (l.from != program::kind::memory) continue;
    bool const in_step = l.period == elements && l.batched == batched;
    if (l.run != 1 || (!in_step && ((l.period != channels && l.period != 1) || l.batched)))
      return false;
  }
  return true;
}

class framer {
 public:
  constexpr explicit framer(plan&& p) : out_(std::move(p)) {}

  constexpr plan run() {
    readers_.assign(out_.values.size(), 0);
    for (step const& s : out_.steps) for_each_read(out_, s, [&](int v) { ++readers_[at(v)]; });
    constexpr_list<int> writer(out_.values.size(), -1);
    int kept = 0;
    for (segment& part : out_.segments) {
      int const first = kept;
      for (int i = part.first; i < part.last; ++i) {
        step const& s = out_.steps[at(i)];
        int const from = s.what == step_kind::copy ? writer[at(s.operands[0])] : -1;
        if (from >= first && takes(out_.steps[at(from)], s)) continue;
        if (kept != i) out_.steps[at(kept)] = out_.steps[at(i)];
        writer[at(out_.steps[at(kept)].result)] = kept;
        ++kept;
      }
      part.first = first;
      part.last = kept;
    }
    out_.steps.resize(at(kept));
    return std::move(out_);
  }

 private:
  static constexpr std::size_t at(int id) { return static_cast<std::size_t>(id); }

  /// Whether s, which makes what `copy` pads, makes the padded one now.
  constexpr bool takes(step& s, step const& copy) const {
    copy_spec const& box = box_of(out_, copy);
    int const x = copy.operands[0];
    int const elements = box.size[1] * box.size[2] * box.size[3];
    bool const pads = box.fills && !box.shared && s.result == x && s.box == 0 && !s.sums &&
                      s.batched == copy.batched && box.size == box.from_shape &&
                      box.to_shape[0] == 1 && box.to_shape[3] == box.size[3];
    contraction const& w = window_of(out_, s);
    bool const tiles = s.what == step_kind::contract && detail::stores_tiles(w) &&
                       box.size == std::array{1, w.out_height(), w.out_width(), w.filters};
    bool const lines = s.what == step_kind::map && elements >= framed_elements &&
                       elements > box.size[3] &&
                       goes_line_by_line(code_of(out_, s), elements, box.size[3], s.batched);
    if (!pads || (!tiles && !lines)) return false;
    bool const keeps = readers_[at(x)] > 1 || out_.values[at(x)].where != space::workspace;
    (keeps ? s.also : s.result) = copy.result;
    s.box = copy.box;
    return true;
  }

  plan out_;
  constexpr_list<int> readers_;  // of each value
};

}  // namespace detail

/// What is padded next is written where it is then read, into the image with a border, and, if
/// anything else reads it, where it was as well: outputs of convolutions from their registers, and
/// those of maps line by line.
constexpr plan frame(plan p) { return detail::framer{std::move(p)}.run(); }

}  // namespace etch::passes
