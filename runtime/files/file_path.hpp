#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace etch {

/// Where a file is: a text, or what has one as std::filesystem::path does. Its header itself would
/// take a quarter of a second of every translation unit.
class file_path {
 public:
  file_path(std::string text) : text_(std::move(text)) {}
  file_path(std::string_view text) : text_(text) {}
  file_path(char const* text) : text_(text) {}
  template <class Path>
    requires requires(Path const& p) {
      { p.native() } -> std::same_as<std::string const&>;
    }
  file_path(Path const& path) : text_(path.native()) {}

  std::string const& string() const { return text_; }
  char const* c_str() const { return text_.c_str(); }

  /// The part up to the last slash, with it; empty where there is none.
  std::string folder() const { return text_.substr(0, text_.rfind('/') + 1); }
  bool has_name() const { return !text_.empty() && text_.back() != '/'; }

  /// `name` in the folder that this is.
  file_path operator/(std::string_view name) const {
    std::string whole = text_;
    if (has_name()) whole += '/';
    return whole += name;
  }

 private:
  std::string text_;
};

}  // namespace etch
