#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../../dsl/primitives.hpp"

namespace etch {

/// The parameters of tables that the tokens of a batch have rows of, in lines of 16, once each. To find
/// them takes as long as the batch is, not the tables.
class touched_lines {
 public:
  static constexpr int line = 16;

  /// Whole lines that follow each other.
  struct stretch {
    int first = 0, count = 0;  // floats
  };

  /// Those of a new batch, none at first, of so many parameters.
  void begin(std::size_t floats);
  /// Adds the rows of these tokens in a table at `offset`, which is a multiple of a line.
  void add(std::span<std::int32_t const> tokens, row_table const& table, int offset);

  std::span<stretch const> all() const { return all_; }

 private:
  std::vector<stretch> all_;
  std::vector<char> is_listed_;  // of each line
};

}  // namespace etch
