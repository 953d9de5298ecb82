#include "idx.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "../error.hpp"
#include "file.hpp"
#include "gzip.hpp"

namespace etch {

namespace {

/// What is read of an IDX file.
struct idx_type {
  unsigned code;
  unsigned bytes;  // of a number
};
constexpr idx_type unsigned_bytes{0x08, 1}, integers{0x0c, 4};

/// What an IDX file says about itself: 0, 0, type, rank, then each extent as a big-endian u32.
struct idx_header {
  std::vector<int> extents;
  std::size_t size = 0;      // bytes before the values
  std::uint64_t values = 0;  // bytes of these
};
/// Its extents, and the values as they stand there.
struct idx_bytes {
  std::vector<int> extents;
  std::vector<std::uint8_t> values;
};

char const* idx_type_name(unsigned type) {
  switch (type) {
    case 0x08:
      return "unsigned byte";
    case 0x09:
      return "signed byte";
    case 0x0b:
      return "16-bit integer";
    case 0x0c:
      return "32-bit integer";
    case 0x0d:
      return "float";
    case 0x0e:
      return "double";
    default:
      return "unknown";
  }
}

/// Reads the header at the start of `bytes`, which need not hold the whole file.
idx_header parse_idx_header(std::string_view name, std::span<std::byte const> bytes,
                            idx_type type) {
  auto const byte = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  if (bytes.size() < 4)
    fail_at(name, 0, "an IDX header of at least 8 bytes", filled("{} bytes", bytes.size()));
  if (byte(0) != 0 || byte(1) != 0)
    fail_at(name, 0, "the bytes 00 00 of an IDX file", beginning_text(bytes));
  auto const type_text = [](unsigned code) {
    return filled("0x{:02x} ({})", code, idx_type_name(code));
  };
  if (byte(2) != type.code)
    fail_at(name, 2, filled("type {}", type_text(type.code)), type_text(byte(2)));
  unsigned const rank = byte(3);
  if (rank == 0) fail_at(name, 3, "1 to 255 extents", "0");

  idx_header header{.extents = {}, .size = 4 + 4 * std::size_t{rank}, .values = type.bytes};
  if (bytes.size() < header.size)
    fail_at(name, 4, filled("{} extents of 4 bytes", rank), filled("{} bytes", bytes.size() - 4));
  for (std::size_t at = 4; at < header.size; at += 4) {
    std::uint32_t const extent =
        byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    if (extent == 0 || extent > std::numeric_limits<int>::max())
      fail_at(name, at, "an extent from 1 to 2147483647", std::to_string(extent));
    if (header.values > std::numeric_limits<std::uint64_t>::max() / extent)
      fail_at(name, at, "extents with a product below 2^64",
              filled("{} times {}", header.values, extent));
    header.values *= extent;
    header.extents.push_back(static_cast<int>(extent));
  }
  return header;
}

[[noreturn]] void fail_size(std::string_view name, idx_header const& header,
                            std::string_view found) {
  fail_at(name, header.size,
          filled("{} bytes for an array of {}", header.values, extents_text(header.extents)),
          found);
}

/// An IDX file in gzip, unpacked into its array and nowhere else.
idx_bytes unpack_idx(std::string const& file, std::span<std::byte const> packed, idx_type type) {
  gzip_reader reader{file, packed};
  std::vector<std::byte> start;
  auto const read_more = [&](std::size_t count) {
    std::size_t const before = start.size();
    start.resize(before + count);
    start.resize(before + reader.read(std::span{start}.subspan(before)));
  };
  read_more(4);
  if (start.size() == 4) read_more(4 * std::to_integer<std::size_t>(start[3]));
  std::string const name = file + " (decompressed)";
  auto header = parse_idx_header(name, start, type);
  if (std::uint64_t const most = most_unpacked(packed.size()); header.values > most)
    fail_size(name, header,
              filled("at most {}, to which {} bytes of gzip unpack", most, packed.size()));

  // Addresses for all that the header says, but memory only for what then comes.
  constexpr std::size_t piece = 1 << 16;
  std::vector<std::uint8_t> values;
  values.reserve(static_cast<std::size_t>(header.values));
  for (std::size_t size = 0; size < header.values;) {
    values.resize(std::min<std::size_t>(static_cast<std::size_t>(header.values), size + piece));
    size += reader.read(std::as_writable_bytes(std::span{values}.subspan(size)));
    if (size < values.size()) fail_size(name, header, std::to_string(size));
  }
  if (std::byte behind[1]; reader.read(behind) > 0) fail_size(name, header, "more");
  return {std::move(header.extents), std::move(values)};
}

idx_bytes parse_typed(std::string_view name, std::span<std::byte const> bytes, idx_type type) {
  auto header = parse_idx_header(name, bytes, type);
  auto const payload = bytes.subspan(header.size);
  if (payload.size() != header.values)
    fail_size(name, header,
              payload.size() > header.values ? "more" : std::to_string(payload.size()));
  auto const* first = reinterpret_cast<std::uint8_t const*>(payload.data());
  return {std::move(header.extents), {first, first + payload.size()}};
}

idx_bytes read_typed(file_path const& path, idx_type type) {
  auto const file = read_file(path);
  return is_gzip(file) ? unpack_idx(path.string(), file, type)
                       : parse_typed(path.string(), file, type);
}

idx_array as_array(idx_bytes&& read) { return {std::move(read.extents), std::move(read.values)}; }

idx_integers as_integers(idx_bytes&& read) {
  std::vector<std::int32_t> values(read.values.size() / 4);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 4; ++k) bits = bits << 8 | read.values[4 * i + k];
    values[i] = static_cast<std::int32_t>(bits);
  }
  return {std::move(read.extents), std::move(values)};
}

}  // namespace

idx_array parse_idx(std::string_view name, std::span<std::byte const> bytes) {
  return as_array(parse_typed(name, bytes, unsigned_bytes));
}
idx_integers parse_idx_integers(std::string_view name, std::span<std::byte const> bytes) {
  return as_integers(parse_typed(name, bytes, integers));
}

idx_array read_idx(file_path const& path) {
  return within_memory(path, [&] { return as_array(read_typed(path, unsigned_bytes)); });
}
idx_integers read_idx_integers(file_path const& path) {
  return within_memory(path, [&] { return as_integers(read_typed(path, integers)); });
}

}  // namespace etch
