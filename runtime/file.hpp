#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include "file_path.hpp"

namespace etch {

/// The bytes of a file. Throws `error` if it is missing, a directory, a device or not readable.
std::vector<std::byte> read_file(file_path const& path);

/// Replaces a file by the concatenated parts, or leaves it untouched: writes a temporary file in
/// the same folder, flushes it to the disk and renames it. Keeps the permissions of the file it
/// replaces and follows symbolic links. Throws `error` with the path and the reason; nothing is
/// left behind then. An interrupted process leaves at most a hidden `.etch-*.tmp`.
void write_file_atomically(file_path const& path,
                           std::span<std::span<std::byte const> const> parts);

/// The same for parts that are given one by one.
template <std::convertible_to<std::span<std::byte const>>... Parts>
void write_file_atomically(file_path const& path, Parts const&... parts) {
  std::array<std::span<std::byte const>, sizeof...(Parts)> const list{parts...};
  write_file_atomically(path, std::span<std::span<std::byte const> const>{list});
}

}  // namespace etch
