#include "gzip.hpp"

#include <algorithm>
#include <limits>
#include <new>

#if defined(ETCH_HAVE_ZLIB) && ETCH_HAVE_ZLIB
#include <zlib.h>
#endif

#include "error.hpp"

namespace etch {

bool is_gzip(std::span<std::byte const> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

#if defined(ETCH_HAVE_ZLIB) && ETCH_HAVE_ZLIB

namespace {

/// Owns zlib's state for one gzip stream after the other.
struct inflate_stream {
  z_stream state{};

  inflate_stream() {
    constexpr int gzip_only = 16;
    if (inflateInit2(&state, gzip_only + MAX_WBITS) != Z_OK) throw std::bad_alloc{};
  }
  inflate_stream(inflate_stream const&) = delete;
  inflate_stream& operator=(inflate_stream const&) = delete;
  ~inflate_stream() { inflateEnd(&state); }
};

/// zlib counts in 32 bits.
uInt zlib_count(std::size_t count) {
  return static_cast<uInt>(std::min<std::size_t>(count, std::numeric_limits<uInt>::max()));
}

}  // namespace

std::vector<std::byte> inflate_gzip(std::string_view name, std::span<std::byte const> packed,
                                    std::size_t limit) {
  std::vector<std::byte> out(std::min(limit, 64 + 4 * packed.size()));
  std::size_t used = 0, size = 0;
  inflate_stream stream;
  z_stream& z = stream.state;
  for (;;) {
    if (size == limit) break;
    if (size == out.size()) out.resize(std::min(limit, 2 * size));
    auto const input = packed.subspan(used);
    auto const output = std::span{out}.subspan(size);
    // zlib only reads through this pointer; without ZLIB_CONST it is declared for non-const bytes.
    z.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(input.data()));
    z.avail_in = zlib_count(input.size());
    z.next_out = reinterpret_cast<Bytef*>(output.data());
    z.avail_out = zlib_count(output.size());
    int const status = inflate(&z, Z_NO_FLUSH);
    used += zlib_count(input.size()) - z.avail_in;
    size += zlib_count(output.size()) - z.avail_out;

    if (status == Z_STREAM_END) {
      if (used == packed.size()) break;
      inflateReset(&z);
    } else if (status == Z_BUF_ERROR) {
      fail_at(name, packed.size(), "more gzip data", "the end of the file");
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc{};
    } else if (status != Z_OK) {
      fail_at(name, used, "valid gzip data", z.msg != nullptr ? z.msg : "a preset dictionary");
    }
  }
  out.resize(size);
  return out;
}

#else

std::vector<std::byte> inflate_gzip(std::string_view name, std::span<std::byte const>,
                                    std::size_t) {
  throw error(
      "{}: expected an uncompressed file, found gzip, which this build of etch cannot read because "
      "it has no zlib; install zlib (zlib1g-dev on Debian) and configure again (or compile "
      "etch.cpp "
      "with -DETCH_HAVE_ZLIB=1 and link with -lz), or unpack the file with gunzip",
      name);
}

#endif

}  // namespace etch
