#include "touched_lines.hpp"

#include <algorithm>
#include <utility>

namespace etch {

void touched_lines::begin(std::size_t floats) {
  std::size_t const lines = (floats + line - 1) / line;
  if (is_listed_.size() == lines)
    for (stretch const& s : all_)
      std::fill_n(is_listed_.begin() + s.first / line, s.count / line, char{false});
  else
    is_listed_.assign(lines, char{false});
  all_.clear();
}

void touched_lines::add(std::span<std::int32_t const> tokens, row_table const& table, int offset) {
  for (std::int32_t const token : tokens) {
    if (!table.has(token)) continue;
    int const first = offset + token * table.width, last = first + table.width - 1;
    for (int l = first / line; l <= last / line; ++l) {
      if (std::exchange(is_listed_[static_cast<std::size_t>(l)], char{true})) continue;
      if (!all_.empty() && all_.back().first + all_.back().count == l * line)
        all_.back().count += line;
      else
        all_.push_back({l * line, line});
    }
  }
}

}  // namespace etch
