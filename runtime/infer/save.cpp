#include "save.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "embedded.hpp"
#include "../error.hpp"
#include "../files/file.hpp"
#include "../numbers.hpp"
#include "../files/safetensors.hpp"

namespace etch::detail {

namespace {

// What a file's metadata calls the names of frozen parameters, with spaces between them.
char const* const frozen_key = "etch.frozen";

bool is_listed(std::string_view name, std::string_view names) {
  while (!names.empty()) {
    std::size_t const end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

void expect_finite(std::string_view who, parameter_list const& all, float const* weights,
                   file_path const& path) {
  if (std::string const faults = describe_not_finite(all, weights); !faults.empty())
    throw error("{}: {} is not written, for not all parameters are finite numbers:{}", who,
                path.string(), faults);
}

}  // namespace

void save(parameter_list const& all, float const* weights, std::span<bool const> frozen,
          file_path const& path) {
  expect_finite("save", all, weights, path);
  std::vector<tensor_record> records;
  std::string frozen_names;
  for (std::size_t i = 0; i < all.infos.size(); ++i) {
    parameter_info const& info = all.infos[i];
    std::string_view const name = info.name.view();
    if (i < frozen.size() && frozen[i] && !info.frozen)
      frozen_names += (frozen_names.empty() ? "" : " ") + std::string{name};
    tensor_record record{std::string{name}, {}, get(all, weights, name)};
    for (int axis = 0; axis < info.shape.rank; ++axis) record.shape.push_back(info.shape[axis]);
    records.push_back(std::move(record));
  }
  safetensors_metadata metadata;
  if (!frozen_names.empty()) metadata[frozen_key] = frozen_names;
  write_safetensors(path, records, metadata);
}

void load(parameter_list const& all, float* weights, std::span<bool> frozen,
          file_path const& path) {
  safetensors_metadata metadata;
  std::vector<tensor_record> const records = read_safetensors(path, &metadata);
  std::vector<tensor_expectation> expected;
  for (parameter_info const& info : all.infos) {
    tensor_expectation one{.name = std::string{info.name.view()}, .shape = {}};
    for (int axis = 0; axis < info.shape.rank; ++axis) one.shape.push_back(info.shape[axis]);
    expected.push_back(std::move(one));
  }
  if (std::string const faults = describe_mismatch(expected, records); !faults.empty())
    throw error("{} does not fit the network:\n{}", path.string(), faults);
  std::string faults;
  for (tensor_record const& record : records)
    faults += describe_not_finite(record.name, record.values);
  if (!faults.empty())
    throw error("{} holds numbers that are not finite:{}", path.string(), faults);
  for (tensor_record const& record : records) set(all, weights, record.name, record.values);
  if (auto const names = metadata.find(frozen_key); names != metadata.end())
    for (std::size_t i = 0; i < all.infos.size(); ++i)
      frozen[i] = frozen[i] || is_listed(all.infos[i].name.view(), names->second);
}

void save_embedded(parameter_list const& all, std::uint64_t fingerprint,
                   std::span<float const> weights, file_path const& path) {
  expect_finite("save_embedded", all, weights.data(), path);
  if (find_not_finite(weights))
    throw error("save_embedded: {} is not written: the parameters are finite, but what inference "
                "makes of them is not, such as the scale of a batch_norm whose running_var is below 0",
                path.string());
  embedded_header const header{.fingerprint = fingerprint, .floats = weights.size()};
  write_file_atomically(path, std::as_bytes(std::span{&header, 1}), std::as_bytes(weights));
}

}  // namespace etch::detail
