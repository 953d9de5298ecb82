#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "file_path.hpp"

namespace etch {

/// An array of unsigned bytes, outermost extent first. Source: the IDX format of MNIST.
struct idx_array {
  std::vector<int> extents;
  std::vector<std::uint8_t> values;
};

/// An uncompressed IDX file in memory; `name` is the file for messages. Throws `error` with the
/// byte, what is expected there and what was found. Nothing is allocated before the sizes agree.
idx_array parse_idx(std::string_view name, std::span<std::byte const> bytes);

/// An IDX file of unsigned bytes, plain or in gzip (told by its first bytes, not by its name).
/// Throws `error` as `parse_idx` does; in gzip a byte offset counts decompressed bytes.
idx_array read_idx(file_path const& path);

}  // namespace etch
