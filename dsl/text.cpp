#include "text.hpp"

#include <fmt/core.h>

#include <cmath>

namespace etch {

void text_argument::append_to(std::string& out, std::string_view field) const {
  auto const put = [&](auto const& v) {
    out += fmt::vformat(fmt::string_view{field.data(), field.size()}, fmt::make_format_args(v));
  };
  switch (kind_) {
    case kind::character:
      return put(character_);
    case kind::single:
      return put(std::isnan(single_) ? std::abs(single_) : single_);  // not -nan
    case kind::real:
      return put(std::isnan(real_) ? std::abs(real_) : real_);
    case kind::integer:
      return put(integer_);
    case kind::natural:
      return put(natural_);
    case kind::text:
      return put(text_);
  }
}

namespace detail {

std::string fill(std::string_view text, std::initializer_list<text_argument> arguments) {
  std::string out;
  auto next = arguments.begin();
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const doubled = i + 1 < text.size() && text[i] == text[i + 1];
    if (text[i] != '{' || doubled) {
      out += text[i];
      i += doubled && (text[i] == '{' || text[i] == '}');
    } else {
      std::size_t const end = text.find('}', i);
      next++->append_to(out, text.substr(i, end + 1 - i));
      i = end;
    }
  }
  return out;
}

}  // namespace detail

namespace {

template <class Extents>
std::string listed(Extents const& extents) {
  std::string text = "(";
  for (auto extent : extents) text += filled("{}{}", text.size() > 1 ? ", " : "", extent);
  return text + ")";
}

}  // namespace

std::string extents_text(std::span<int const> extents) { return listed(extents); }
std::string extents_text(std::span<std::int64_t const> extents) { return listed(extents); }
std::string shape_text(tensor_shape const& shape) {
  return extents_text(std::span{shape.extent}.first(static_cast<std::size_t>(shape.rank)));
}

}  // namespace etch
