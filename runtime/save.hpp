#pragma once

#include <map>
#include <string>

#include "embedded.hpp"
#include "file.hpp"
#include "parameters.hpp"
#include "safetensors.hpp"

namespace etch {

/// Writes every parameter, by its name and in its standard layout, as a safetensors file: the whole
/// file or, with an `error`, none of it.
template <auto Net, class Arch>
void save(model<Net, Arch> const& m, file_path const& path) {
  std::vector<tensor_record> records;
  for (parameter_info const& info : facts<Net>::parameters) {
    tensor_record record{
        .name = std::string{info.name.view()}, .shape = {}, .values = get(m, info.name.view())};
    for (int axis = 0; axis < info.shape.rank; ++axis) record.shape.push_back(info.shape[axis]);
    records.push_back(std::move(record));
  }
  write_safetensors(path, records);
}

/// Reads the parameters from a safetensors file that holds just them, in any order. Throws one
/// `error` that lists every missing, unexpected and misshapen tensor, or says what is wrong with
/// the file; the model is then as it was.
template <auto Net, class Arch>
void load(model<Net, Arch>& m, file_path const& path) {
  std::vector<tensor_record> const records = read_safetensors(path);
  std::vector<tensor_expectation> expected;
  for (parameter_info const& info : facts<Net>::parameters) {
    tensor_expectation one{.name = std::string{info.name.view()}, .shape = {}};
    for (int axis = 0; axis < info.shape.rank; ++axis) one.shape.push_back(info.shape[axis]);
    expected.push_back(std::move(one));
  }
  if (std::string const faults = describe_mismatch(expected, records); !faults.empty())
    throw error("{} does not fit the network:\n{}", path.string(), faults);
  for (tensor_record const& record : records) {
    std::size_t const i = detail::find_parameter<Net>(record.name);
    detail::for_each_number(facts<Net>::parameters[i], facts<Net>::places[i],
                            [&](int standard, int at) {
                              m.weights()[at] = record.values[static_cast<std::size_t>(standard)];
                            });
  }
  m.refresh();
}

/// Writes the weights as they lie in memory, for ETCH_EMBED and embedded_model: the whole file or,
/// with an `error`, none of it.
template <auto Net, class Arch>
void save_embedded(model<Net, Arch> const& m, file_path const& path) {
  embedded_header const header{.fingerprint = facts<Net>::fingerprint,
                               .floats = static_cast<std::uint64_t>(facts<Net>::weight_floats)};
  std::span const weights{m.weights(), static_cast<std::size_t>(facts<Net>::weight_floats)};
  write_file_atomically(path, std::as_bytes(std::span{&header, 1}), std::as_bytes(weights));
}

}  // namespace etch
