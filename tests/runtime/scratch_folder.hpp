#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../../runtime/error.hpp"
#include "catch.hpp"

/// A new empty folder that is removed with everything in it.
struct scratch_folder {
  std::filesystem::path path;

  scratch_folder() {
    auto name = (std::filesystem::temp_directory_path() / "etch-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
    path = name;
  }
  scratch_folder(scratch_folder const&) = delete;
  scratch_folder& operator=(scratch_folder const&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::filesystem::path operator/(std::string const& name) const { return path / name; }

  /// How many files are in it, hidden ones too.
  std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator{path}, {});
  }
};

/// While it lives, the program has the rights of a user, even where root runs it; the folder is that
/// user's.
class rights_of_a_user {
 public:
  explicit rights_of_a_user(scratch_folder const& folder) : was_root_(::geteuid() == 0) {
    if (was_root_)
      given_ = ::chown(folder.path.c_str(), nobody, nobody) == 0 &&
               ::setresuid(nobody, nobody, 0) == 0;
  }
  rights_of_a_user(rights_of_a_user const&) = delete;
  rights_of_a_user& operator=(rights_of_a_user const&) = delete;
  ~rights_of_a_user() {
    if (was_root_ && given_ && ::setresuid(0, 0, 0) != 0) std::abort();
  }

  bool given() const { return given_; }

 private:
  static constexpr unsigned nobody = 65534;
  bool was_root_, given_ = true;
};

using byte_vector = std::vector<std::byte>;

inline byte_vector bytes_of(std::string_view text) {
  auto const bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

/// The message of the etch::error that `action` throws, or "nothing was thrown". Another exception
/// fails the test.
template <typename Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (etch::error const& e) {
    return e.what();
  }
  return "nothing was thrown";
}

/// A failing check prints the text.
inline bool contains(std::string const& text, std::string_view part) {
  bool const found = text.find(part) != text.npos;
  if (!found) UNSCOPED_INFO(text);
  return found;
}
