#include "../../runtime/files/safetensors.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "../../runtime/files/file.hpp"
#include "../../runtime/files/little_endian.hpp"
#include "catch.hpp"
#include "check/allocations.hpp"
#include "scratch_folder.hpp"

using etch::tensor_record;

namespace {

/// A file with this header and so many bytes of data: 0, 1, 2, ...
byte_vector file_of(std::string const& header, std::size_t data) {
  byte_vector bytes;
  etch::append_little(bytes, std::uint64_t{header.size()});
  for (char c : header) bytes.push_back(static_cast<std::byte>(c));
  for (std::size_t i = 0; i < data; ++i) bytes.push_back(static_cast<std::byte>(i));
  return bytes;
}

std::string parse_message(byte_vector const& bytes) {
  return message_of([&] { etch::parse_safetensors("f", bytes); });
}
std::string parse_message(std::string const& header, std::size_t data) {
  return parse_message(file_of(header, data));
}

std::string entry(std::string const& name, std::string const& dtype, std::string const& shape,
                  std::string const& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

bool same(tensor_record const& a, tensor_record const& b) {
  return a.name == b.name && a.shape == b.shape && a.values == b.values;
}

std::vector<tensor_record> some_tensors() {
  return {{"dense_1.weight", {2, 3}, {1, -2, 3.5f, 1e-40f, 5, 6}},
          {"a \"quoted\" \\ name\n\x01 \xc3\xa9", {}, {0.25f}},
          {"empty", {0, 4}, {}},
          {"a", {1}, {7}}};
}

}  // namespace

TEST_CASE("tensors and metadata that were written are read back in their order") {
  scratch_folder const folder;
  auto const path = folder / "weights.safetensors";
  auto const tensors = some_tensors();
  etch::safetensors_metadata const metadata{{"format", "pt"}, {"a\tb", "c\"d\""}};
  etch::write_safetensors(path, tensors, metadata);

  etch::safetensors_metadata found;
  auto const records = etch::read_safetensors(path, &found);
  REQUIRE(records.size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) CHECK(same(records[i], tensors[i]));
  CHECK(found == metadata);

  auto const bytes = etch::read_file(path);
  CHECK(etch::load_little<std::uint64_t>(bytes.data()) % 8 == 0);

  etch::write_safetensors(path, {});
  CHECK(etch::read_safetensors(path, &found).empty());
  CHECK(found.empty());
}

TEST_CASE("tensors are read whatever their order in the header") {
  auto const bytes = file_of("{" + entry("b", "F32", "[1]", "[8,12]") + " , " +
                                 entry("c", "F32", "[0]", "[8,8]") + "\n,\t" +
                                 entry("a", "F32", "[2]", "[0,8]") + "}   ", 12);
  auto const records = etch::parse_safetensors("f", bytes);
  REQUIRE(records.size() == 3);
  CHECK(records[0].name == "a");
  CHECK(records[1].name == "c");
  CHECK(records[2].name == "b");
}

TEST_CASE("other element types become floats") {
  byte_vector data;
  for (double v : {1.5, -0.1, 1e300})
    etch::append_little(data, std::bit_cast<std::uint64_t>(v));
  for (int v : {0x3c00, 0xc100, 0x0001, 0x83ff, 0x7bff, 0xfc00, 0x7e00, 0x8000,  // F16
                0x3f80, 0xc020, 0x7f80})                                         // BF16
    etch::append_little(data, static_cast<std::uint16_t>(v));
  auto bytes = file_of("{" + entry("d", "F64", "[3]", "[0,24]") + "," +
                           entry("h", "F16", "[8]", "[24,40]") + "," +
                           entry("b", "BF16", "[3]", "[40,46]") + "}", 0);
  bytes.insert(bytes.end(), data.begin(), data.end());
  auto const records = etch::parse_safetensors("f", bytes);
  constexpr float inf = std::numeric_limits<float>::infinity();
  CHECK(records[0].values == std::vector<float>{1.5f, -0.1f, inf});
  auto const& half = records[1].values;
  CHECK(std::vector<float>(half.begin(), half.begin() + 6) ==
        std::vector<float>{1, -2.5f, 0x1p-24f, -0x3ffp-24f, 65504, -inf});
  CHECK(std::isnan(half[6]));
  CHECK((half[7] == 0 && std::signbit(half[7])));
  CHECK(records[2].values == std::vector<float>{1, -2.5f, inf});

  CHECK(parse_message("{" + entry("n", "I64", "[1]", "[0,8]") + "}", 8) ==
        "f, byte 22: expected F32, F64, F16 or BF16 as dtype of tensor \"n\", found \"I64\"");
}

TEST_CASE("a file of another kind is named by what it begins with") {
  std::string const wanted =
      "f, byte 0: expected a safetensors file: the length of its header in 8 bytes, then '{', "
      "found ";
  CHECK(parse_message(bytes_of("sepal_length,sepal_width\n5.1,3.5\n")) ==
        wanted + "33 bytes that begin with \"sepal_length,sep\"");
  CHECK(parse_message(bytes_of("PK\x03\x04")) ==
        wanted + "4 bytes that begin with \"PK\\x03\\x04\"");
  CHECK(parse_message({}) == wanted + "0 bytes that begin with \"\"");
  CHECK(contains(parse_message(byte_vector(8)), wanted + "8 bytes that begin with \"\\x00"));
  CHECK(contains(parse_message("[]", 0), wanted + "10 bytes"));
  CHECK(contains(parse_message(" {}", 0), wanted + "11 bytes"));
  byte_vector large(100'000'100);
  for (std::size_t i = 0; i < 4; ++i) large[i] = static_cast<std::byte>(100'000'001 >> (8 * i));
  large[8] = std::byte{'{'};
  CHECK(contains(parse_message(large), wanted + "100000100 bytes"));
}

TEST_CASE("a header that is longer than its file is an error") {
  auto bytes = file_of("{}", 0);
  bytes[0] = std::byte{3};
  CHECK(parse_message(bytes) ==
        "f, byte 8: expected a header of 3 bytes, found 2 bytes to the end of the file");
}

TEST_CASE("a header that is not JSON is an error") {
  auto const message = [](std::string const& header) { return parse_message(header, 0); };
  CHECK(message("{ ") == "f, byte 10: expected '\"', found the end of the JSON text");
  CHECK(message("{}}") == "f, byte 10: expected the end of the JSON text, found '}'");
  CHECK(message("{},") == "f, byte 10: expected the end of the JSON text, found ','");
  CHECK(message("{a:1}") == "f, byte 9: expected '\"', found 'a'");
  CHECK(message("{\"a\" 1}") == "f, byte 13: expected ':', found '1'");
  CHECK(message("{\"a\":1}") == "f, byte 13: expected '{', found '1'");
  CHECK(message("{\"a") ==
        "f, byte 11: expected the rest of a string, found the end of the JSON text");
  CHECK(message("{\"a\n\"") == "f, byte 11: expected the rest of a string, found byte 0x0a");
  CHECK(message("{\"a\x1f\"") == "f, byte 11: expected the rest of a string, found byte 0x1f");
  CHECK(message("{\"\\x\"") == "f, byte 11: expected an escape of JSON, found 'x'");
  CHECK(message("{\"\\u12g4\"") == "f, byte 14: expected four hexadecimal digits, found 'g'");
  CHECK(contains(message("{\"\\udc00\""), "expected a high surrogate"));
  CHECK(contains(message("{\"\\ud800\""), "expected a low surrogate"));
  CHECK(contains(message("{\"\\ud800\\u0041\""), "expected a low surrogate"));
  CHECK(message("{\"\xff\"") == "f, byte 10: expected JSON in UTF-8, found byte 0xff");
  for (auto text : {"\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5"})
    CHECK(contains(message("{\"" + std::string{text} + "\":{}}"), "expected JSON in UTF-8"));
  CHECK(contains(message(std::string("{\0}", 3)), "expected '\"', found byte 0x00"));
  CHECK(contains(message("{\"__metadata__\":{\"a\":1}}"), "expected '\"', found '1'"));
  CHECK(contains(message("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}"), "found \"a\" again"));
  CHECK(contains(message(std::string(100'000, '{')), "expected '\"', found '{'"));
}

TEST_CASE("JSON escapes are understood") {
  auto const name = R"(\u0041\u00e9\u20ac\ud83d\ude00\"\\\/\b\f\n\r\t)";
  auto const bytes = file_of("{" + entry(name, "F32", "[]", "[0,4]") + "}", 4);
  CHECK(etch::parse_safetensors("f", bytes)[0].name ==
        "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"\\/\b\f\n\r\t");
}

TEST_CASE("a tensor whose entry does not fit is an error") {
  auto const message = [](std::string const& shape, std::string const& offsets, std::size_t data) {
    return parse_message("{" + entry("t", "F32", shape, offsets) + "}", data);
  };
  CHECK(message("[2]", "[0,8]", 8) == "nothing was thrown");
  CHECK(message("[2]", "[0,8]", 9) ==
        "f, byte 70: expected the end of the file, found 1 bytes that belong to no tensor");
  CHECK(contains(message("[2]", "[0,8]", 7), "expected [0, at most 7] as data_offsets of tensor"));
  CHECK(contains(message("[2]", "[1,9]", 9), "found [1, 9]"));
  CHECK(contains(message("[2]", "[8,0]", 8), "found [8, 0]"));
  CHECK(message("[2]", "[0,4]", 4) ==
        "f, byte 55: expected 8 bytes for F32 (2) of tensor \"t\", found 4");
  CHECK(contains(message("[2]", "[0]", 8), "expected 2 data_offsets of tensor \"t\", found 1"));
  CHECK(contains(message("[-2]", "[0,8]", 8), "expected a whole number from 0, found '-'"));
  CHECK(contains(message("[2.0]", "[0,8]", 8), "expected ']', found '.'"));
  CHECK(contains(message("[2e0]", "[0,8]", 8), "expected ']', found 'e'"));
  CHECK(contains(message("[02]", "[0,8]", 8), "expected a number without leading zeros"));
  CHECK(contains(message("[[2]]", "[0,8]", 8), "expected a whole number from 0, found '['"));
  CHECK(contains(message("[9223372036854775808]", "[0,8]", 8), "below 2^63, found a larger one"));
  CHECK(contains(message("[9223372036854775807]", "[0,8]", 8), "fewer than 2^63 bytes"));
  CHECK(contains(message("[2305843009213693951]", "[0,8]", 8), "9223372036854775804 bytes for"));
  CHECK(contains(message("[2305843009213693952]", "[0,8]", 8), "fewer than 2^63 bytes as shape"));
  CHECK(contains(message("[4294967296,4294967296]", "[0,0]", 0), "fewer than 2^63 bytes as shape"));

  auto const two = [](std::string const& a, std::string const& b) {
    return parse_message(
        "{" + entry("a", "F32", "[1]", a) + "," + entry("b", "F32", "[1]", b) + "}", 8);
  };
  CHECK(two("[0,4]", "[4,8]") == "nothing was thrown");
  CHECK(contains(two("[0,4]", "[0,4]"),
                 "[4, at most 8] as data_offsets of tensor \"b\", found [0, 4]"));
  CHECK(contains(two("[0,4]", "[4,0]"),
                 "[4, at most 8] as data_offsets of tensor \"b\", found [4, 0]"));
  CHECK(contains(two("[0,4]", "[2,6]"), "found [2, 6]"));
  CHECK(contains(two("[0,4]", "[5,9]"), "found [5, 9]"));

  auto const good = entry("a", "F32", "[1]", "[0,4]");
  CHECK(contains(parse_message("{" + good + "," + good + "}", 8),
                 "expected a name that is new in its object, found \"a\" again"));
  CHECK(contains(parse_message(R"({"a":{"dtype":"F32","dtype":"F32"}})", 0), "\"dtype\" again"));
  CHECK(contains(parse_message(R"({"a":{"dtype":"F32"}})", 0),
                 "byte 9: expected dtype, shape and data_offsets of tensor \"a\", found no shape, "
                 "no data_offsets"));
  CHECK(contains(parse_message(R"({"a":{"strides":[1]}})", 0), "found \"strides\""));
}

TEST_CASE("a file that is cut anywhere is an error") {
  scratch_folder const folder;
  auto const path = folder / "weights.safetensors";
  etch::write_safetensors(path, some_tensors(), {{"format", "pt"}});
  auto const good = etch::read_file(path);
  for (auto end = good.begin(); end != good.end(); ++end)
    CHECK(contains(parse_message({good.begin(), end}), "f, byte "));
}

TEST_CASE("a flipped bit or a wrong byte in the header is an error or gives whole tensors") {
  scratch_folder const folder;
  auto const path = folder / "weights.safetensors";
  etch::write_safetensors(path, some_tensors(), {{"format", "pt"}});
  auto const good = etch::read_file(path);
  auto const header = 8 + etch::load_little<std::uint64_t>(good.data());
  int errors = 0, read = 0;
  auto bad = good;
  for (std::size_t at = 0; at < header; ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      bad[at] = static_cast<std::byte>(value);
      try {
        for (auto const& record : etch::parse_safetensors("f", bad)) {
          auto const elements = std::accumulate(record.shape.begin(), record.shape.end(),
                                                std::int64_t{1}, std::multiplies<>{});
          REQUIRE(record.values.size() == static_cast<std::size_t>(elements));
        }
        ++read;
      } catch (etch::error const&) {
        ++errors;
      }
    }
    bad[at] = good[at];
  }
  CHECK(errors > 20 * static_cast<int>(header));
  CHECK(read > static_cast<int>(header));
}

TEST_CASE("tensors that do not fit into memory are an error") {
  scratch_folder const folder;
  auto const path = folder / "weights.safetensors";
  etch::write_file_atomically(
      path, file_of("{" + entry("a", "F16", "[100000]", "[0,200000]") + "}", 200'000));
  check::largest_allocation = 399'999;
  auto const message = message_of([&] { etch::read_safetensors(path); });
  check::largest_allocation = SIZE_MAX;
  CHECK(message == path.string() + ": expected contents that fit into memory");
}

TEST_CASE("tensors that a file cannot hold are not written") {
  scratch_folder const folder;
  auto const path = folder / "weights.safetensors";
  auto const message = [&](std::vector<tensor_record> const& tensors) {
    return message_of([&] { etch::write_safetensors(path, tensors); });
  };
  CHECK(message({{"a", {1}, {1}}, {"a", {1}, {1}}}) ==
        path.string() + ": expected names that are used once and not reserved, found \"a\"");
  CHECK(contains(message({{"__metadata__", {1}, {1}}}), "not reserved, found \"__metadata__\""));
  CHECK(message({{"a", {2, 3}, {1}}}) ==
        path.string() + ": tensor \"a\": expected as many values as the shape (2, 3) has, found 1");
  CHECK(contains(message({{"a", {-1, -1}, {1}}}), "the shape (-1, -1) has"));
  CHECK(contains(message({{"\xff", {1}, {1}}}), "expected text in UTF-8"));
  CHECK(contains(message_of([&] { etch::write_safetensors(folder / "no/file", {}); }),
                 "no/file: cannot be written: No such file"));
  CHECK(folder.files() == 0);
}

TEST_CASE("a mismatch lists every missing, misshapen and unexpected tensor") {
  std::vector<etch::tensor_expectation> const expected{{"w", {2, 3}}, {"b", {3}}, {"scale", {}}};
  std::vector<tensor_record> found{{"b", {3}, {1, 2, 3}}, {"scale", {}, {1}},
                                   {"w", {2, 3}, {1, 2, 3, 4, 5, 6}}};
  CHECK(etch::describe_mismatch(expected, found).empty());
  found[0].shape = {3, 1};
  found[2].name = "v";
  CHECK(etch::describe_mismatch(expected, found) ==
        "  missing: w (2, 3)\n"
        "  misshapen: b: expected (3), found (3, 1)\n"
        "  unexpected: v (2, 3)");
}
