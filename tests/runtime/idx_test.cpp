#include "../../runtime/files/idx.hpp"

#include <numeric>

#if defined(ETCH_HAVE_ZLIB) && ETCH_HAVE_ZLIB
#include <zlib.h>
#endif

#include "../../runtime/files/file.hpp"
#include "../../runtime/files/gzip.hpp"
#include "catch.hpp"
#include "check/allocations.hpp"
#include "scratch_folder.hpp"

namespace {

/// An IDX file with these extents and the values 0, 1, 2, ...
byte_vector idx_file(std::vector<std::uint32_t> const& extents, std::size_t values) {
  byte_vector bytes{std::byte{0}, std::byte{0}, std::byte{8},
                    static_cast<std::byte>(extents.size())};
  for (auto extent : extents)
    for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::byte>(extent >> shift));
  for (std::size_t i = 0; i < values; ++i) bytes.push_back(static_cast<std::byte>(i));
  return bytes;
}

std::string parse_message(byte_vector const& bytes) {
  return message_of([&] { etch::parse_idx("f", bytes); });
}

byte_vector first_bytes(byte_vector const& bytes, std::size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

#if defined(ETCH_HAVE_ZLIB) && ETCH_HAVE_ZLIB
/// One gzip member.
byte_vector gzip(byte_vector const& bytes) {
  byte_vector packed(bytes.size() + 1000);
  z_stream z{};
  REQUIRE(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  z.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  packed.resize(z.total_out);
  deflateEnd(&z);
  return packed;
}

/// The first `limit` bytes that a gzip file unpacks to, in pieces of `piece`.
byte_vector unpack(byte_vector const& packed, std::size_t limit, std::size_t piece = 1000) {
  etch::gzip_reader reader{"f", packed};
  byte_vector out(limit);
  for (std::size_t size = 0; size < limit;) {
    std::size_t const wanted = std::min(piece, limit - size);
    std::size_t const given = reader.read(std::span{out}.subspan(size, wanted));
    size += given;
    if (given < wanted) out.resize(limit = size);
  }
  return out;
}
#endif

}  // namespace

TEST_CASE("an IDX file gives its extents and values") {
  auto const array = etch::parse_idx("f", idx_file({2, 3, 4}, 24));
  CHECK(array.extents == std::vector<int>{2, 3, 4});
  std::vector<std::uint8_t> expected(24);
  std::iota(expected.begin(), expected.end(), std::uint8_t{0});
  CHECK(array.values == expected);
  CHECK(etch::parse_idx("f", idx_file(std::vector<std::uint32_t>(255, 1), 1)).values.size() == 1);
}

TEST_CASE("a bad IDX file is an error with the byte, what is expected and what was found") {
  auto good = idx_file({2, 3}, 6);
  auto const with = [&](std::size_t at, int value) {
    auto bytes = good;
    bytes[at] = static_cast<std::byte>(value);
    return parse_message(bytes);
  };
  CHECK(parse_message({}) ==
        "f, byte 0: expected an IDX header of at least 8 bytes, found 0 bytes");
  CHECK(with(1, 2) ==
        "f, byte 0: expected the bytes 00 00 of an IDX file, found "
        "\"\\x00\\x02\\x08\\x02\\x00\\x00\\x00\\x02\\x00\\x00\\x00\\x03\\x00\\x01\\x02\\x03\"");
  CHECK(parse_message(bytes_of("<!DOCTYPE html><html>")) ==
        "f, byte 0: expected the bytes 00 00 of an IDX file, found \"<!DOCTYPE html><\"");
  CHECK(with(2, 0x0d) == "f, byte 2: expected type 0x08 (unsigned byte), found 0x0d (float)");
  CHECK(with(2, 0x77) == "f, byte 2: expected type 0x08 (unsigned byte), found 0x77 (unknown)");
  CHECK(with(3, 0) == "f, byte 3: expected 1 to 255 extents, found 0");
  CHECK(with(3, 200) == "f, byte 4: expected 200 extents of 4 bytes, found 14 bytes");
  CHECK(parse_message({good.begin(), good.begin() + 11}) ==
        "f, byte 4: expected 2 extents of 4 bytes, found 7 bytes");
  CHECK(with(11, 0) == "f, byte 8: expected an extent from 1 to 2147483647, found 0");
  CHECK(with(8, 0x80) == "f, byte 8: expected an extent from 1 to 2147483647, found 2147483651");
  CHECK(with(11, 4) == "f, byte 12: expected 8 bytes for an array of (2, 4), found 6");
  CHECK(with(11, 2) == "f, byte 12: expected 4 bytes for an array of (2, 2), found more");
  CHECK(parse_message(idx_file({0x7fffffff, 0x7fffffff, 0x7fffffff}, 0)) ==
        "f, byte 12: expected extents with a product below 2^64, "
        "found 4611686014132420609 times 2147483647");
  CHECK(parse_message(idx_file({0x7fffffff, 0x7fffffff}, 5)) ==
        "f, byte 12: expected 4611686014132420609 bytes for an array of (2147483647, 2147483647), "
        "found 5");
}

TEST_CASE("an IDX file of 32-bit integers") {
  byte_vector bytes = idx_file({2, 1}, 0);
  bytes[2] = std::byte{0x0c};
  for (int byte : {0, 0, 1, 2, 0xff, 0xff, 0xff, 0xfe}) bytes.push_back(static_cast<std::byte>(byte));
  CHECK(etch::parse_idx_integers("f", bytes).extents == std::vector<int>{2, 1});
  CHECK(etch::parse_idx_integers("f", bytes).values == std::vector<std::int32_t>{258, -2});
  scratch_folder const folder;
  etch::write_file_atomically(folder / "tokens", bytes);
  CHECK(etch::read_idx_integers(folder / "tokens").values[1] == -2);
  CHECK(parse_message(bytes) ==
        "f, byte 2: expected type 0x08 (unsigned byte), found 0x0c (32-bit integer)");
  auto const integers = [](byte_vector const& file) {
    return message_of([&] { etch::parse_idx_integers("f", file); });
  };
  CHECK(integers(idx_file({2}, 2)) ==
        "f, byte 2: expected type 0x0c (32-bit integer), found 0x08 (unsigned byte)");
  bytes.pop_back();
  CHECK(integers(bytes) == "f, byte 12: expected 8 bytes for an array of (2, 1), found 7");
}

TEST_CASE("an IDX file that is cut anywhere is an error") {
  auto const good = idx_file({2, 3}, 6);
  for (std::size_t length = 0; length < good.size(); ++length)
    CHECK(contains(parse_message(first_bytes(good, length)), "f, byte "));
}

TEST_CASE("a flipped bit in an IDX header is an error") {
  auto const good = idx_file({2, 3, 5}, 30);
  for (std::size_t at = 0; at < 16; ++at)
    for (int bit = 0; bit < 8; ++bit) {
      auto bad = good;
      bad[at] ^= static_cast<std::byte>(1 << bit);
      CHECK(contains(parse_message(bad), "f, byte "));
    }
}

TEST_CASE("a missing IDX file is an error") {
  scratch_folder const folder;
  CHECK(contains(message_of([&] { etch::read_idx(folder / "nothing"); }), "No such file"));
}

#if defined(ETCH_HAVE_ZLIB) && ETCH_HAVE_ZLIB

TEST_CASE("an IDX file in gzip is told by its content") {
  scratch_folder const folder;
  auto const path = folder / "values";
  auto const plain = idx_file({10, 100}, 1000);
  etch::write_file_atomically(path, gzip(plain));
  CHECK(etch::read_idx(path).values == etch::parse_idx("f", plain).values);
  etch::write_file_atomically(folder / "plain.gz", plain);
  CHECK(etch::read_idx(folder / "plain.gz").extents == std::vector<int>{10, 100});
}

TEST_CASE("a gzip file may have several members") {
  scratch_folder const folder;
  auto const path = folder / "values.gz";
  auto const plain = idx_file({10, 100}, 1000);
  byte_vector const rest(plain.begin() + 7, plain.end());
  etch::write_file_atomically(path, gzip(first_bytes(plain, 7)), gzip({}), gzip(rest));
  CHECK(etch::read_idx(path).values == etch::parse_idx("f", plain).values);
}

TEST_CASE("a gzip file that is cut anywhere is an error") {
  scratch_folder const folder;
  auto const path = folder / "values.gz";
  auto const packed = gzip(idx_file({10, 10}, 100));
  for (std::size_t length = 0; length < packed.size(); ++length) {
    etch::write_file_atomically(path, first_bytes(packed, length));
    CHECK(contains(message_of([&] { etch::read_idx(path); }), path.string() + ", byte "));
  }
  etch::write_file_atomically(path, first_bytes(packed, packed.size() - 1));
  CHECK(message_of([&] { etch::read_idx(path); }) ==
        etch::filled("{}, byte {}: expected more gzip data, found the end of the file",
                    path.string(), packed.size() - 1));
}

TEST_CASE("a flipped bit in a gzip file is an error or changes nothing") {
  scratch_folder const folder;
  auto const path = folder / "values.gz";
  auto const plain = idx_file({6, 6}, 36);
  auto const packed = gzip(plain);
  int errors = 0;
  for (std::size_t at = 0; at < packed.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      auto bad = packed;
      bad[at] ^= static_cast<std::byte>(1 << bit);
      auto const message = message_of([&] {
        auto const out = unpack(bad, 10'000);
        if (out != plain) throw std::logic_error("wrong data without an error");
      });
      errors += message != "nothing was thrown";
      etch::write_file_atomically(path, bad);
      message_of([&] { etch::read_idx(path); });
    }
  CHECK(errors > static_cast<int>(packed.size()) * 6);
}

TEST_CASE("wrong gzip data is named with its byte") {
  auto packed = gzip(idx_file({10, 10}, 100));
  packed[packed.size() - 8] ^= std::byte{1};
  CHECK(message_of([&] { unpack(packed, 1000); }) ==
        etch::filled("f, byte {}: expected valid gzip data, found incorrect data check",
                    packed.size() - 4));
  auto trailing = gzip({});
  trailing.push_back(std::byte{'x'});
  trailing.push_back(std::byte{'y'});
  CHECK(contains(message_of([&] { unpack(trailing, 1000); }),
                 "found incorrect header check"));
}

TEST_CASE("more compressed data than the IDX header says is an error and is not inflated") {
  scratch_folder const folder;
  auto const path = folder / "bomb.gz";
  auto bomb = idx_file({10, 10}, 100);
  bomb.resize(50'000'000);
  auto const packed = gzip(bomb);
  etch::write_file_atomically(path, packed);
  CHECK(message_of([&] { etch::read_idx(path); }) ==
        path.string() + " (decompressed), byte 12: expected 100 bytes for an array of (10, 10), "
                        "found more");
  CHECK(unpack(packed, 113).size() == 113);
}

TEST_CASE("an IDX header in gzip cannot say more than the file could hold") {
  scratch_folder const folder;
  auto const path = folder / "hollow.gz";
  auto const packed = gzip(idx_file({0x7fffffff, 0x7fffffff}, 100));
  etch::write_file_atomically(path, packed);
  CHECK(message_of([&] { etch::read_idx(path); }) ==
        etch::filled("{} (decompressed), byte 12: expected 4611686014132420609 bytes for an array "
                    "of (2147483647, 2147483647), found at most {}, to which {} bytes of gzip "
                    "unpack",
                    path.string(), 1032 * packed.size(), packed.size()));

  auto const small = gzip(idx_file({1000, 100}, 100));
  REQUIRE(small.size() * 1032 >= 100'000);
  etch::write_file_atomically(path, small);
  CHECK(contains(message_of([&] { etch::read_idx(path); }),
                 "expected 100000 bytes for an array of (1000, 100), found 100"));
}

TEST_CASE("what is unpacked takes its own memory once") {
  scratch_folder const folder;
  auto const path = folder / "zeros.gz";
  constexpr std::size_t count = 48 << 20;
  etch::write_file_atomically(path, gzip(idx_file({48, 1 << 20}, count)));
  std::size_t const before = check::allocated_bytes;
  auto const array = etch::read_idx(path);
  CHECK(check::allocated_bytes - before < count + (1 << 20));
  REQUIRE(array.values.size() == count);
  CHECK(array.values[count - 1] == 255);

  check::largest_allocation = count - 1;
  auto const message = message_of([&] { etch::read_idx(path); });
  check::largest_allocation = SIZE_MAX;
  CHECK(message == path.string() + ": expected contents that fit into memory");
}

#else

TEST_CASE("without zlib a gzip file is an error that says how to get it") {
  scratch_folder const folder;
  auto const path = folder / "values.gz";
  etch::write_file_atomically(path, byte_vector{std::byte{0x1f}, std::byte{0x8b}, std::byte{8}});
  auto const message = message_of([&] { etch::read_idx(path); });
  CHECK(contains(message, path.string()));
  CHECK(contains(message, "install zlib"));
}

#endif
