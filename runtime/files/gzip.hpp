#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace etch {

/// Whether the bytes begin like a gzip stream (RFC 1952).
bool is_gzip(std::span<std::byte const> bytes);

/// The most that so many bytes can unpack to: deflate (RFC 1951) takes 2 bits or more for each 258.
constexpr std::uint64_t most_unpacked(std::size_t packed) { return std::uint64_t{1032} * packed; }

/// Unpacks all members of a gzip stream piece by piece, into memory that is the caller's; of its
/// own it has the 32 KB that deflate looks back at. `name` is the file for messages, and `packed`
/// has to stay. Throws `error` where etch was built without zlib.
class gzip_reader {
 public:
  gzip_reader(std::string name, std::span<std::byte const> packed);
  ~gzip_reader();

  /// The next bytes into `out`; returns how many: all that it takes, unless the stream ends before.
  /// Throws `error` if the stream is truncated or corrupt, as far as it has come.
  std::size_t read(std::span<std::byte> out);

 private:
  struct stream;

  std::string name_;
  std::span<std::byte const> packed_;
  std::size_t used_ = 0;
  std::unique_ptr<stream> stream_;
};

}  // namespace etch
