#include "safetensors.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <tuple>
#include <utility>

#include "../error.hpp"
#include "file.hpp"
#include "json.hpp"
#include "little_endian.hpp"

namespace etch {

namespace {

constexpr std::uint64_t longest_safetensors_header = 100'000'000;  // the format's own limit

/// The entry of one tensor in the header.
struct safetensors_entry {
  std::string name, dtype;
  std::vector<std::int64_t> shape, range;  // range: [begin, end) in the data
  std::uint64_t dtype_at = 0, shape_at = 0, range_at = 0;
};

/// IEEE 754 binary16, exactly.
float half_to_float(std::uint16_t half) {
  std::uint32_t const sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31u;
  std::uint32_t const mantissa = half & 0x3ffu;
  if (exponent == 0) {
    float const magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  std::uint32_t const widened = exponent == 31 ? 255 : exponent + 127 - 15;
  return std::bit_cast<float>(sign | widened << 23 | mantissa << 13);
}

/// One element type: its bytes, and how it becomes a float.
struct safetensors_dtype {
  std::string_view name;
  std::int64_t bytes;
  float (*load)(std::byte const*);
};

constexpr safetensors_dtype safetensors_dtypes[] = {
    {"F32", 4, [](auto const* p) { return std::bit_cast<float>(load_little<std::uint32_t>(p)); }},
    {"F64", 8,
     [](auto const* p) {
       return static_cast<float>(std::bit_cast<double>(load_little<std::uint64_t>(p)));
     }},
    {"F16", 2, [](auto const* p) { return half_to_float(load_little<std::uint16_t>(p)); }},
    {"BF16", 2,
     [](auto const* p) {
       return std::bit_cast<float>(std::uint32_t{load_little<std::uint16_t>(p)} << 16);
     }},
};

/// Product of the extents times `factor`, or -1 if it or an extent is out of range.
std::int64_t checked_product(std::span<std::int64_t const> extents, std::int64_t factor) {
  for (std::int64_t extent : extents) {
    if (extent < 0) return -1;
    if (extent > 0 && factor > std::numeric_limits<std::int64_t>::max() / extent) return -1;
    factor *= extent;
  }
  return factor;
}

safetensors_entry parse_safetensors_entry(std::string_view file, json_reader& json,
                                          std::string const& name, std::uint64_t start) {
  std::string const of_tensor = " of tensor " + json_quoted(name);
  safetensors_entry entry;
  entry.name = name;
  json.object([&](std::string const& key, std::uint64_t key_at) {
    std::uint64_t const at = json.offset();
    if (key == "dtype") {
      entry.dtype_at = at;
      entry.dtype = json.string();
    } else if (key == "shape") {
      entry.shape_at = at;
      json.array([&] { entry.shape.push_back(json.integer()); });
    } else if (key == "data_offsets") {
      entry.range_at = at;
      json.array([&] { entry.range.push_back(json.integer()); });
      if (entry.range.size() != 2)
        fail_at(file, at, "2 data_offsets" + of_tensor, std::to_string(entry.range.size()));
    } else {
      fail_at(file, key_at, "dtype, shape or data_offsets" + of_tensor, json_quoted(key));
    }
  });
  std::string missing;
  if (entry.dtype_at == 0) missing += ", no dtype";
  if (entry.shape_at == 0) missing += ", no shape";
  if (entry.range_at == 0) missing += ", no data_offsets";
  if (!missing.empty())
    fail_at(file, start, "dtype, shape and data_offsets" + of_tensor, missing.substr(2));
  return entry;
}

/// Copies the values of a tensor, whose bytes have to begin at `begin`; moves `begin` behind them.
tensor_record load_tensor(std::string_view file, safetensors_entry&& entry,
                          std::span<std::byte const> data, std::int64_t& begin) {
  std::string const of_tensor = " of tensor " + json_quoted(entry.name);
  auto const dtype = std::find_if(std::begin(safetensors_dtypes), std::end(safetensors_dtypes),
                                  [&](auto const& d) { return d.name == entry.dtype; });
  if (dtype == std::end(safetensors_dtypes))
    fail_at(file, entry.dtype_at, "F32, F64, F16 or BF16 as dtype" + of_tensor,
            json_quoted(entry.dtype));
  std::int64_t const bytes = checked_product(entry.shape, dtype->bytes);
  if (bytes < 0)
    fail_at(file, entry.shape_at, "fewer than 2^63 bytes as shape" + of_tensor,
            extents_text(entry.shape));
  auto const available = static_cast<std::int64_t>(data.size());
  if (entry.range[0] != begin || entry.range[1] < begin || entry.range[1] > available)
    fail_at(file, entry.range_at,
            filled("[{}, at most {}] as data_offsets{}", begin, available, of_tensor),
            filled("[{}, {}]", entry.range[0], entry.range[1]));
  if (entry.range[1] - begin != bytes)
    fail_at(
        file, entry.range_at,
        filled("{} bytes for {} {}{}", bytes, entry.dtype, extents_text(entry.shape), of_tensor),
        std::to_string(entry.range[1] - begin));

  std::vector<float> values(static_cast<std::size_t>(bytes / dtype->bytes));
  std::byte const* from = data.data() + begin;
  for (float& value : values) {
    value = dtype->load(from);
    from += dtype->bytes;
  }
  begin = entry.range[1];
  return {std::move(entry.name), std::move(entry.shape), std::move(values)};
}

}  // namespace

std::vector<tensor_record> parse_safetensors(std::string_view file,
                                             std::span<std::byte const> bytes,
                                             safetensors_metadata* metadata) {
  auto const length = bytes.size() < 8 ? 0 : load_little<std::uint64_t>(bytes.data());
  if (length < 2 || length > longest_safetensors_header ||
      (bytes.size() > 8 && bytes[8] != std::byte{'{'}))
    fail_at(file, 0, "a safetensors file: the length of its header in 8 bytes, then '{'",
            filled("{} bytes that begin with {}", bytes.size(), beginning_text(bytes)));
  if (length > bytes.size() - 8)
    fail_at(file, 8, filled("a header of {} bytes", length),
            filled("{} bytes to the end of the file", bytes.size() - 8));

  auto const header = bytes.subspan(8, static_cast<std::size_t>(length));
  auto const data = bytes.subspan(8 + header.size());
  std::string_view const text{reinterpret_cast<char const*>(header.data()), header.size()};
  json_reader json{file, text, 8};
  std::vector<safetensors_entry> entries;
  safetensors_metadata texts;
  json.object([&](std::string const& name, std::uint64_t start) {
    if (name == "__metadata__")
      json.object([&](std::string const& key, std::uint64_t) { texts[key] = json.string(); });
    else
      entries.push_back(parse_safetensors_entry(file, json, name, start));
  });
  json.end();

  // In the order of their data the tensors have to follow each other without a hole or an overlap.
  std::sort(entries.begin(), entries.end(), [](auto const& a, auto const& b) {
    return std::tie(a.range, a.dtype_at) < std::tie(b.range, b.dtype_at);
  });
  std::vector<tensor_record> tensors;
  std::int64_t end = 0;
  for (auto& entry : entries) tensors.push_back(load_tensor(file, std::move(entry), data, end));
  auto const unused = data.size() - static_cast<std::size_t>(end);
  if (unused != 0)
    fail_at(file, bytes.size() - unused, "the end of the file",
            filled("{} bytes that belong to no tensor", unused));
  if (metadata != nullptr) *metadata = std::move(texts);
  return tensors;
}

std::vector<tensor_record> read_safetensors(file_path const& path, safetensors_metadata* metadata) {
  return within_memory(
      path, [&] { return parse_safetensors(path.string(), read_file(path), metadata); });
}

void write_safetensors(file_path const& path, std::span<tensor_record const> tensors,
                       safetensors_metadata const& metadata) {
  std::string header = "{";
  auto const quoted = [&](std::string_view text) {
    if (valid_utf8_prefix(text) < text.size())
      throw error("{}: expected text in UTF-8, found {}", path.string(), json_quoted(text));
    return json_quoted(text);
  };
  for (auto const& [key, text] : metadata)
    header += filled("{}{}:{}", header.size() == 1 ? "\"__metadata__\":{" : ",", quoted(key),
                     quoted(text));
  if (!metadata.empty()) header += '}';

  std::vector<std::byte> data;
  for (auto const& tensor : tensors) {
    bool used = tensor.name == "__metadata__";
    for (auto const* other = tensors.data(); other != &tensor; ++other)
      used = used || other->name == tensor.name;
    if (used)
      throw error("{}: expected names that are used once and not reserved, found {}", path.string(),
                  quoted(tensor.name));
    auto const elements = checked_product(tensor.shape, 1);
    if (elements < 0 || static_cast<std::size_t>(elements) != tensor.values.size())
      throw error("{}: tensor {}: expected as many values as the shape {} has, found {}",
                  path.string(), quoted(tensor.name), extents_text(tensor.shape),
                  tensor.values.size());
    std::size_t const begin = data.size();
    for (float value : tensor.values) append_little(data, std::bit_cast<std::uint32_t>(value));
    std::string shape = extents_text(tensor.shape);
    shape.front() = '[', shape.back() = ']';
    header += filled(R"({}{}:{{"dtype":"F32","shape":{},"data_offsets":[{},{}]}})",
                     header.size() == 1 ? "" : ",", quoted(tensor.name), shape, begin, data.size());
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');  // so that the data is aligned
  if (header.size() > longest_safetensors_header)
    throw error("{}: expected a header of at most {} bytes, found {}", path.string(),
                longest_safetensors_header, header.size());
  std::vector<std::byte> length;
  append_little(length, std::uint64_t{header.size()});
  write_file_atomically(path, length, std::as_bytes(std::span{header}), data);
}

std::string describe_mismatch(std::span<tensor_expectation const> expected,
                              std::span<tensor_record const> found) {
  std::map<std::string_view, tensor_record const*> records;
  for (auto const& record : found) records[record.name] = &record;
  std::string text;
  for (auto const& [name, shape] : expected) {
    auto const record = records.find(name);
    if (record == records.end()) {
      text += filled("  missing: {} {}\n", name, extents_text(shape));
      continue;
    }
    if (record->second->shape != shape)
      text += filled("  misshapen: {}: expected {}, found {}\n", name, extents_text(shape),
                     extents_text(record->second->shape));
    records.erase(record);
  }
  for (auto const& record : found)
    if (records.contains(record.name))
      text += filled("  unexpected: {} {}\n", record.name, extents_text(record.shape));
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace etch
