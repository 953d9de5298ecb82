#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "file_path.hpp"

namespace etch {

/// A named tensor, row-major.
struct tensor_record {
  std::string name;
  std::vector<std::int64_t> shape;  // empty: a scalar
  std::vector<float> values;        // as many as the product of the shape
};

/// Texts that a file carries beside its tensors.
using safetensors_metadata = std::map<std::string, std::string>;

/// A safetensors file in memory; `file` is its name for messages. The tensors come in the order of
/// their data, as floats: F32, BF16 and F16 exactly, F64 rounded. Throws `error` with the byte,
/// what is expected there and what was found, for anything that the format does not allow.
std::vector<tensor_record> parse_safetensors(std::string_view file,
                                             std::span<std::byte const> bytes,
                                             safetensors_metadata* metadata = nullptr);

/// The tensors of a file, and its metadata if asked for. Throws `error` like `parse_safetensors`.
std::vector<tensor_record> read_safetensors(file_path const& path,
                                            safetensors_metadata* metadata = nullptr);

/// Writes the tensors as F32 in the given order, atomically (see `write_file_atomically`). Throws
/// `error` with the path if a name is used twice or reserved, a text is not UTF-8, a shape does not
/// fit its values, or the file cannot be written.
void write_safetensors(file_path const& path, std::span<tensor_record const> tensors,
                       safetensors_metadata const& metadata = {});

/// A tensor that a model wants to load.
struct tensor_expectation {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Every missing, misshapen and unexpected tensor, a line each, or an empty text if the records are
/// what is expected, in any order.
std::string describe_mismatch(std::span<tensor_expectation const> expected,
                              std::span<tensor_record const> found);

}  // namespace etch
