#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <new>
#include <span>
#include <stdexcept>
#include <vector>

#include "../error.hpp"
#include "file_path.hpp"

namespace etch {

/// The bytes of a file. Throws `error` if it is missing, a directory, a device or not readable.
std::vector<std::byte> read_file(file_path const& path);

/// What `read` makes of a file, or of a folder; that it does not fit into memory is an `error` too.
template <class Read>
auto within_memory(file_path const& path, Read read) {
  try {
    return read();
  } catch (std::bad_alloc const&) {
  } catch (std::length_error const&) {
  }
  throw error("{}: expected contents that fit into memory", path.string());
}

/// Replaces a file by the concatenated parts, or leaves it untouched: writes a temporary file in
/// the same folder, flushes it to the disk and renames it. Keeps the permissions of the file it
/// replaces and follows symbolic links. Throws `error` with the path and the reason; nothing is
/// left behind then. An interrupted process leaves at most a hidden `.etch-*.tmp`, which the next
/// write into that folder removes.
void write_file_atomically(file_path const& path,
                           std::span<std::span<std::byte const> const> parts);

/// Throws the `error` that writing this file would, as far as that is known before its contents
/// are: for before hours of training. Leaves everything as it is.
void check_writable(file_path const& path);

/// The same for parts that are given one by one.
template <std::convertible_to<std::span<std::byte const>>... Parts>
void write_file_atomically(file_path const& path, Parts const&... parts) {
  std::array<std::span<std::byte const>, sizeof...(Parts)> const list{parts...};
  write_file_atomically(path, std::span<std::span<std::byte const> const>{list});
}

}  // namespace etch
