#include "summary.hpp"

#include "../dsl/text.hpp"

namespace etch {

std::string grouped(long long number) {
  std::string digits = std::to_string(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string detail::summary(std::span<layer_cost const> layers, long long parameters,
                            long long multiply_adds, long long weight_bytes,
                            long long workspace_bytes) {
  auto const line = [](std::string const& a, std::string const& b, std::string const& c,
                       std::string const& d, std::string const& e) {
    return filled("{:>3}  {:<18} {:<16} {:>12} {:>14}\n", a, b, c, d, e);
  };
  std::string const rule = std::string(67, '-') + "\n";
  std::string text = line("", "layer", "output", "parameters", "multiply-adds") + rule;
  int index = 0;
  for (layer_cost const& l : layers)
    text += line(std::to_string(index++), std::string{l.kind}, shape_text(l.output),
                 l.parameters == 0 ? "" : grouped(l.parameters),
                 l.multiply_adds == 0 ? "" : grouped(l.multiply_adds));
  text += rule + line("", "total", "", grouped(parameters), grouped(multiply_adds));
  text += filled("     weights {} bytes, workspace {} bytes\n", grouped(weight_bytes),
                 grouped(workspace_bytes));
  return text;
}

}  // namespace etch
