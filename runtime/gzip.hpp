#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace etch {

/// Whether the bytes begin like a gzip stream (RFC 1952).
bool is_gzip(std::span<std::byte const> bytes);

/// Decompresses all members of a gzip stream, but stops after `limit` bytes, so a hostile stream
/// costs no more than the caller expects; whoever wants to notice a longer one gives one byte more.
/// `name` is the file for messages. Throws `error` if the stream is truncated or corrupt (a stream
/// that was stopped is not checked to its end), and always where etch was built without zlib.
std::vector<std::byte> inflate_gzip(std::string_view name, std::span<std::byte const> packed,
                                    std::size_t limit);

}  // namespace etch
