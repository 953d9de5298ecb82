#include "gzip.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#if defined(ETCH_HAVE_ZLIB) && ETCH_HAVE_ZLIB
#include <zlib.h>
#endif

#include "../error.hpp"

namespace etch {

bool is_gzip(std::span<std::byte const> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

#if defined(ETCH_HAVE_ZLIB) && ETCH_HAVE_ZLIB

/// Owns zlib's state for one gzip member after the other.
struct gzip_reader::stream {
  z_stream state{};
  bool ended = false;  // behind a member

  stream() {
    constexpr int gzip_only = 16;
    if (inflateInit2(&state, gzip_only + MAX_WBITS) != Z_OK) throw std::bad_alloc{};
  }
  stream(stream const&) = delete;
  stream& operator=(stream const&) = delete;
  ~stream() { inflateEnd(&state); }
};

namespace {

/// zlib counts in 32 bits.
uInt zlib_count(std::size_t count) {
  return static_cast<uInt>(std::min<std::size_t>(count, std::numeric_limits<uInt>::max()));
}

}  // namespace

gzip_reader::gzip_reader(std::string name, std::span<std::byte const> packed)
    : name_(std::move(name)), packed_(packed), stream_(std::make_unique<stream>()) {}

std::size_t gzip_reader::read(std::span<std::byte> out) {
  z_stream& z = stream_->state;
  std::size_t size = 0;
  while (size < out.size()) {
    if (stream_->ended && used_ == packed_.size()) break;
    auto const input = packed_.subspan(used_);
    auto const output = out.subspan(size);
    // zlib only reads through this pointer; without ZLIB_CONST it is declared for non-const bytes.
    z.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(input.data()));
    z.avail_in = zlib_count(input.size());
    z.next_out = reinterpret_cast<Bytef*>(output.data());
    z.avail_out = zlib_count(output.size());
    int const status = inflate(&z, Z_NO_FLUSH);
    used_ += zlib_count(input.size()) - z.avail_in;
    size += zlib_count(output.size()) - z.avail_out;

    stream_->ended = status == Z_STREAM_END;
    if (status == Z_STREAM_END)
      inflateReset(&z);
    else if (status == Z_BUF_ERROR)
      fail_at(name_, packed_.size(), "more gzip data", "the end of the file");
    else if (status == Z_MEM_ERROR)
      throw std::bad_alloc{};
    else if (status != Z_OK)
      fail_at(name_, used_, "valid gzip data", z.msg != nullptr ? z.msg : "a preset dictionary");
  }
  return size;
}

#else

struct gzip_reader::stream {};

gzip_reader::gzip_reader(std::string name, std::span<std::byte const>) {
  throw error(
      "{}: expected an uncompressed file, found gzip, which this build of etch cannot read because "
      "it has no zlib; install zlib (zlib1g-dev on Debian) and configure again (or compile "
      "etch.cpp with -DETCH_HAVE_ZLIB=1 and link with -lz), or unpack the file with gunzip",
      name);
}
std::size_t gzip_reader::read(std::span<std::byte>) { return 0; }

#endif

gzip_reader::~gzip_reader() = default;

}  // namespace etch
