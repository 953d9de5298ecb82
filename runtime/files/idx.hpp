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

/// An array of 32-bit integers, such as the tokens of texts.
struct idx_integers {
  std::vector<int> extents;
  std::vector<std::int32_t> values;
};

/// An uncompressed IDX file in memory; `name` is the file for messages. Throws `error` with the
/// byte, what is expected there and what was found. Nothing is allocated before the sizes agree.
idx_array parse_idx(std::string_view name, std::span<std::byte const> bytes);
idx_integers parse_idx_integers(std::string_view name, std::span<std::byte const> bytes);

/// An IDX file of unsigned bytes, or of 32-bit integers, plain or in gzip (told by its first bytes,
/// not by its name). Throws `error` as `parse_idx` does; in gzip a byte offset counts decompressed
/// bytes.
idx_array read_idx(file_path const& path);
idx_integers read_idx_integers(file_path const& path);

}  // namespace etch
