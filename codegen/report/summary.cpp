#include "summary.hpp"

#include <algorithm>

#include "../../dsl/text.hpp"

namespace etch {

std::string grouped(long long number) {
  std::string digits = std::to_string(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string detail::summary(std::span<summary_line const> lines, long long parameters,
                            long long multiply_adds, long long weight_bytes,
                            long long workspace_bytes, bool only_sse2) {
  auto const name = [](summary_line const& l) {
    std::string const kind{l.kind.empty() ? "block" : l.kind};
    std::string const indent(static_cast<std::size_t>(l.depth == 0 ? 0 : 1 + 2 * l.depth), ' ');
    return indent + filled("{:>3}  ", l.place) + kind +
           (l.depthwise ? " depthwise" : l.groups > 1 ? filled(" in {} groups", l.groups) : "");
  };
  std::size_t widest = 24;
  for (summary_line const& l : lines) widest = std::max(widest, name(l).size());
  auto const line = [&](std::string const& a, std::string const& b, std::string const& c,
                        std::string const& d) {
    std::string text =
        a + std::string(widest - a.size(), ' ') + filled(" {:<16} {:>12} {:>14}", b, c, d);
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  };
  std::string const rule = std::string(widest + 45, '-') + "\n";
  std::string text = line("     layer", "output", "parameters", "multiply-adds") + rule;
  for (summary_line const& l : lines)
    text += line(name(l), shape_text(l.output), l.parameters == 0 ? "" : grouped(l.parameters),
                 l.multiply_adds == 0 ? "" : grouped(l.multiply_adds));
  text += rule + line("     total", "", grouped(parameters), grouped(multiply_adds));
  text += filled("     weights {} bytes, workspace {} bytes\n", grouped(weight_bytes),
                 grouped(workspace_bytes));
  if (only_sse2)
    text += "     compiled for SSE2, 4 floats at once; -march=x86-64-v3 is for 8, x86-64-v4 for 16\n";
  return text;
}

}  // namespace etch
