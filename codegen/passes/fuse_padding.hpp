#pragma once

#include <initializer_list>
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

class padding_fuser {
 public:
  constexpr explicit padding_fuser(plan&& p) : out_(std::move(p)) {}

  constexpr plan run() {
    readers_.assign(out_.values.size(), 0);
    for (step const& s : out_.steps)
      for_each_read(out_, s, [&](value_id v) { ++readers_[storage_of(out_, v)]; });
    constexpr_list<int> writer(out_.values.size(), -1);  // a step that stays, or -1
    int kept = 0;
    for (segment& part : out_.segments) {
      int const first = kept;
      for (int i = part.first; i < part.last; ++i) {
        step const& s = out_.steps[i];
        int const from = is<steps::copy>(s) ? writer[operands_of(out_, s)[0]] : -1;
        if (from >= first && takes(out_.steps[from], s)) continue;
        if (kept != i) out_.steps[kept] = out_.steps[i];
        writer[result_of(out_, out_.steps[kept])] = kept;
        ++kept;
      }
      part.first = first;
      part.last = kept;
    }
    out_.steps.resize(static_cast<std::size_t>(kept));
    return std::move(out_);
  }

 private:
  /// Whether s, which makes what `copy` pads, makes the padded one now.
  constexpr bool takes(step& s, step const& copy) {
    bordered_image const image = image_of(get<steps::copy>(out_, copy).moves);
    value_id const x = operands_of(out_, copy)[0], padded = result_of(out_, copy);
    bool const pads = image.height > 0 && result_of(out_, s) == x && !s.sums &&
                      s.batched == copy.batched && s.at_once == copy.at_once;
    if (!pads) return false;
    auto const* c = get_if<steps::contract>(out_, s);
    if (c && stores_tiles(c->window) && image.height == c->window.out_height() &&
        image.width == c->window.out_width() && image.channels == c->window.filters)
      set_kind(out_, s, steps::contract_and_pad{c->window, image});
    else if (is<steps::map>(s) && image.elements() >= framed_elements &&
             image.elements() > image.channels &&
             goes_line_by_line(code_of(out_, s), image.elements(), image.channels, s.batched))
      set_kind(out_, s, steps::map_and_pad{image});
    else
      return false;
    bool const keeps = readers_[storage_of(out_, x)] > 1 || out_.values[x].where != space::workspace ||
                       out_.values[x].within != value_id::none;
    s.first_result = static_cast<int>(out_.value_list.size());
    s.result_count = keeps ? 2 : 1;
    if (keeps) out_.value_list.push_back(x);
    out_.value_list.push_back(padded);
    return true;
  }

  plan out_;
  constexpr_list<int> readers_;  // of each value
};

}  // namespace detail

/// Padding fusion: what is padded next is written where it is then read, into the image with a border,
/// and, if anything else reads it, where it was as well: outputs of convolutions from their registers,
/// and those of maps line by line.
constexpr plan fuse_padding(plan p) { return detail::padding_fuser{std::move(p)}.run(); }

}  // namespace etch::passes
