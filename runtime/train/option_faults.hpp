#pragma once

#include <string>
#include <string_view>

#include "../../dsl/text.hpp"

namespace etch::detail {

/// What is wrong with the options of one call, so that a single error says all of it.
class option_faults {
 public:
  /// `option_faults{"fit"}.expect(epochs >= 1, "epochs", "at least 1", epochs)`.
  explicit option_faults(std::string_view who) : who_(who) {}

  option_faults& expect(bool good, std::string_view option, std::string_view rule,
                        text_argument given) {
    if (!good) add(option, rule, given);
    return *this;
  }

  /// Throws `error` if there are faults.
  void raise() const;

 private:
  void add(std::string_view option, std::string_view rule, text_argument given);

  std::string_view who_;
  std::string faults_;
};

}  // namespace etch::detail
