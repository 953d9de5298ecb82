#pragma once

#include <string>

#include <fmt/core.h>

#include "../ir/kernel_choice.hpp"

namespace etch {

/// A kernel and its tiles, as listings and tables name them; sizes are outputs, then panels or
/// lanes of filters: `row 64, 2 chains`, strips of 64 filters; `rows 8x3`; `windows 2x7x2`, with `3
/// taps` where a tile takes several at once, and `1 turned` for filters that are done apart;
/// `weights 3x8x48`, for each strip of filters the weights of each and how many filters. Empty
/// where there is one kernel only.
inline std::string to_text(kernel_choice const& k) {
  if (k.map.which == map_kernel::run) return "run";
  if (k.map.which != map_kernel::none)
    return fmt::format("{} {}", name_of(k.map.which), k.map.length);
  if (k.copy != copy_kernel::none) return std::string{name_of(k.copy)};
  using kernel = contract_kernel;
  std::string text{name_of(k.which)};
  kernels::register_tile const& t = k.tile;
  bool const has_tile = t.panels > 0;
  if (k.which == kernel::row) {
    int const chains = k.row.chains > 0 ? k.row.chains : k.row.rest_chains;
    text += fmt::format(" {}, {} chain{}", k.row.lanes, chains, chains == 1 ? "" : "s");
  }
  if (k.which == kernel::rows) text += fmt::format(" {}x{}", t.width, t.panels);
  if (k.which == kernel::windows || k.which == kernel::scatter)
    text += has_tile ? fmt::format(" {}x{}x{}", t.height, t.width, t.panels) : "";
  if (k.which == kernel::depthwise) text += fmt::format(" {}x{}", t.height, t.width);
  if (has_tile && k.which != kernel::rows && t.taps > 1) text += fmt::format(", {} taps", t.taps);
  if (k.lines > 1) text += fmt::format(", {} lines", k.lines);
  if (k.turned.filters > 0) text += fmt::format(", {} turned", k.turned.filters);
  if (k.transposes) text += ", transposing";
  if (k.packs) text += ", packing";
  if (k.which == kernel::held) text += fmt::format(" {}", k.strip);
  if (k.which == kernel::listed) text += fmt::format(" {}", k.chunk);
  if (k.which == kernel::masked) text += fmt::format(" {}x{}", k.chunk, k.strip);
  for (kernels::weight_shape const& s : k.strips)
    if (s.by_taps)
      text += fmt::format(" 3x4x{}", s.lanes);
    else if (s.lanes > 0)
      text += fmt::format(" {}x{}x{}{}", s.rows, s.columns, s.lanes, s.turned ? " turned" : "");
  return text;
}

}  // namespace etch
