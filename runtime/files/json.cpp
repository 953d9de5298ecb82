#include "json.hpp"

#include <limits>
#include <set>

#include "../error.hpp"

namespace etch {

std::size_t valid_utf8_prefix(std::string_view text) {
  auto const byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    unsigned const lead = byte(at);
    std::size_t const length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0) return at;
    for (std::size_t i = 1; i < length; ++i)
      if ((byte(at + i) & 0xc0) != 0x80) return at;
    unsigned const second = byte(at + 1);
    bool const overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
    bool const surrogate = lead == 0xed && second > 0x9f;
    bool const too_large = lead == 0xf4 && second > 0x8f;
    if (overlong || surrogate || too_large) return at;
    at += length;
  }
  return at;
}

std::string json_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      quoted += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20)
      quoted += filled("\\u{:04x}", static_cast<unsigned>(c));
    else
      quoted += c;
  }
  return quoted + '"';
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

json_reader::json_reader(std::string_view file, std::string_view text, std::uint64_t origin)
    : file_(file), text_(text), origin_(origin) {
  at_ = valid_utf8_prefix(text);
  if (at_ < text.size()) fail("JSON in UTF-8");
  at_ = 0;
}

std::uint64_t json_reader::offset() {
  skip_space();
  return origin_ + at_;
}

void json_reader::object(function_ref<void(std::string const&, std::uint64_t)> member) {
  std::set<std::string> names;
  expect('{');
  if (accept('}')) return;
  do {
    std::uint64_t const start = offset();
    auto const [name, is_new] = names.insert(string());
    if (!is_new)
      fail_at(file_, start, "a name that is new in its object", json_quoted(*name) + " again");
    expect(':');
    member(*name, start);
  } while (accept(','));
  expect('}');
}

void json_reader::array(function_ref<void()> element) {
  expect('[');
  if (accept(']')) return;
  do element();
  while (accept(','));
  expect(']');
}

std::string json_reader::string() {
  expect('"');
  std::string value;
  for (;;) {
    char const c = peek();
    if (at_ == text_.size() || static_cast<unsigned char>(c) < 0x20) fail("the rest of a string");
    ++at_;
    if (c == '"') return value;
    if (c == '\\')
      escape(value);
    else
      value += c;
  }
}

std::int64_t json_reader::integer() {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  std::uint64_t const start = offset();
  if (!is_digit(peek())) fail("a whole number from 0");
  if (peek() == '0') {
    ++at_;
    if (is_digit(peek())) fail("a number without leading zeros");
    return 0;
  }
  std::int64_t value = 0;
  for (; is_digit(peek()); ++at_) {
    int const digit = peek() - '0';
    if (value > (most - digit) / 10)
      fail_at(file_, start, "a whole number below 2^63", "a larger one");
    value = 10 * value + digit;
  }
  return value;
}

void json_reader::end() {
  skip_space();
  if (at_ < text_.size()) fail("the end of the JSON text");
}

char json_reader::peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

void json_reader::skip_space() {
  while (at_ < text_.size() && std::string_view{" \t\n\r"}.find(text_[at_]) != text_.npos) ++at_;
}

bool json_reader::accept(char c) {
  skip_space();
  if (at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void json_reader::expect(char c) {
  if (!accept(c)) fail(filled("'{}'", c));
}

void json_reader::fail(std::string_view expected) const {
  auto const byte = static_cast<unsigned char>(peek());
  fail_at(file_, origin_ + at_, expected,
          at_ == text_.size()           ? "the end of the JSON text"
          : byte >= 0x20 && byte < 0x7f ? filled("'{}'", peek())
                                        : filled("byte 0x{:02x}", byte));
}

unsigned json_reader::hex4() {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    auto const digit = std::string_view{"0123456789abcdefABCDEF"}.find(peek());
    if (at_ == text_.size() || digit == std::string_view::npos) fail("four hexadecimal digits");
    value = 16 * value + static_cast<unsigned>(digit < 16 ? digit : digit - 6);
  }
  return value;
}

/// What follows a backslash.
void json_reader::escape(std::string& value) {
  constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  auto const letter = letters.find(peek());
  if (at_ < text_.size() && letter != letters.npos) {
    value += meanings[letter];
    ++at_;
    return;
  }
  if (peek() != 'u') fail("an escape of JSON");
  ++at_;
  unsigned code = hex4();
  if (code >= 0xdc00 && code < 0xe000) fail("a high surrogate before a low one");
  if (code >= 0xd800 && code < 0xdc00) {
    if (text_.substr(at_, 2) != "\\u") fail("a low surrogate after a high one");
    at_ += 2;
    unsigned const low = hex4();
    if (low < 0xdc00 || low >= 0xe000) fail("a low surrogate after a high one");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  auto const tail = [&](unsigned shift) {
    value += static_cast<char>(0x80 | ((code >> shift) & 0x3f));
  };
  if (code < 0x80) {
    value += static_cast<char>(code);
  } else if (code < 0x800) {
    value += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    value += static_cast<char>(0xe0 | (code >> 12));
    tail(6), tail(0);
  } else {
    value += static_cast<char>(0xf0 | (code >> 18));
    tail(12), tail(6), tail(0);
  }
}

}  // namespace etch
