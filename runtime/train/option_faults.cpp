#include "option_faults.hpp"

#include "../error.hpp"

namespace etch::detail {

void option_faults::add(std::string_view option, std::string_view rule, text_argument given) {
  faults_ += filled("{}{} must be {}; it is {}", faults_.empty() ? "" : ", and ", option, rule, given);
}

void option_faults::raise() const {
  if (!faults_.empty()) throw error("{}: {}", who_, faults_);
}

}  // namespace etch::detail
