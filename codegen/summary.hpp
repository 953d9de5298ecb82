#pragma once

#include <string>

#include "../dsl/text.hpp"
#include "cost.hpp"

namespace etch {

/// 1234567 as `1,234,567`.
inline std::string grouped(long long number) {
  std::string digits = std::to_string(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

/// The network as a table: each layer's output shape, parameters and multiply-adds for one sample.
template <auto Net>
std::string summary() {
  auto const line = [](std::string const& a, std::string const& b, std::string const& c,
                       std::string const& d, std::string const& e) {
    return filled("{:>3}  {:<18} {:<16} {:>12} {:>14}\n", a, b, c, d, e);
  };
  std::string const rule = std::string(67, '-') + "\n";
  std::string text = line("", "layer", "output", "parameters", "multiply-adds") + rule;
  int index = 0;
  for (layer_cost const& l : cost<Net>.layers)
    text += line(std::to_string(index++), std::string{l.kind}, shape_text(l.output),
                 l.parameters == 0 ? "" : grouped(l.parameters),
                 l.multiply_adds == 0 ? "" : grouped(l.multiply_adds));
  text +=
      rule + line("", "total", "", grouped(cost<Net>.parameters), grouped(cost<Net>.multiply_adds));
  text += filled("     weights {} bytes, workspace {} bytes\n", grouped(cost<Net>.weight_bytes),
                 grouped(cost<Net>.workspace_bytes));
  return text;
}

}  // namespace etch
