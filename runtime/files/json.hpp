#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../function_ref.hpp"

namespace etch {

/// The length of the longest prefix of `text` that is valid UTF-8 (RFC 3629).
std::size_t valid_utf8_prefix(std::string_view text);

/// `text` as a JSON string, quotes included.
std::string json_quoted(std::string_view text);

/// Reads JSON (RFC 8259) value by value, as the caller asks for them, so nothing nests deeper than
/// the caller looks: objects, arrays, strings and whole numbers from 0. Strict: no duplicate
/// members, no leading zeros, valid UTF-8. Throws `error` with the byte, expected and found.
class json_reader {
 public:
  /// `file` is the name for messages; the text starts at byte `origin` of that file.
  json_reader(std::string_view file, std::string_view text, std::uint64_t origin = 0);

  /// The byte in the file where the next value begins.
  std::uint64_t offset();

  /// `{"name": value, ...}`: calls `member(name, offset of the name)`, which reads the value.
  void object(function_ref<void(std::string const&, std::uint64_t)> member);

  /// `[value, ...]`: calls `element()`, which reads the value.
  void array(function_ref<void()> element);

  std::string string();

  /// A whole number from 0 to 2^63 - 1.
  std::int64_t integer();

  /// Nothing but space may follow.
  void end();

 private:
  char peek() const;
  void skip_space();
  bool accept(char c);
  void expect(char c);
  [[noreturn]] void fail(std::string_view expected) const;
  unsigned hex4();
  void escape(std::string& value);

  std::string_view file_, text_;
  std::uint64_t origin_;
  std::size_t at_ = 0;
};

}  // namespace etch
