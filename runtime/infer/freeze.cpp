#include "freeze.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../error.hpp"

namespace etch::detail {

namespace {

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    for (std::size_t i = 0; i <= name.size(); ++i)
      if (matches(pattern.substr(1), name.substr(i))) return true;
    return false;
  }
  return !name.empty() && name[0] == pattern[0] && matches(pattern.substr(1), name.substr(1));
}

std::string_view layer_of(std::string_view name) { return name.substr(0, name.find('.')); }

/// How many characters are to be added, removed or replaced. Source: Levenshtein 1966.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

/// The names of layers and parameters that are most like this one: three at most.
std::string nearest(std::span<parameter_info const> all, std::string_view name) {
  std::set<std::pair<std::size_t, std::string_view>> known;
  for (parameter_info const& info : all)
    for (std::string_view one : {layer_of(info.name.view()), info.name.view()})
      known.insert({distance(one, name), one});
  std::string text;
  int shown = 0;
  for (auto const& [far, one] : known)
    if (shown < 3) text += (shown++ == 0 ? "" : ", ") + std::string{one};
  return text;
}

}  // namespace

void mark_frozen(std::span<parameter_info const> all, std::span<bool> marks, std::string_view names,
                 bool frozen) {
  std::string_view const call = frozen ? "freeze" : "unfreeze";
  bool found = false, changed = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string_view const name = all[i].name.view();
    if (!matches(names, name) && !matches(names, layer_of(name))) continue;
    found = true;
    if (all[i].frozen) continue;
    marks[i] = frozen, changed = true;
  }
  if (!found)
    throw error("{}: the network has no layer or parameter '{}'; the nearest names are: {}", call,
                names, nearest(all, names));
  if (!frozen && !changed)
    throw error("unfreeze: '{}' is declared frozen, by etch::frozen; its gradient is not computed",
                names);
}

}  // namespace etch::detail
