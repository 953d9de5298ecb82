#include "../../numbers.hpp"
#include "../option_faults.hpp"
#include "adam.hpp"
#include "sgd.hpp"

namespace etch::detail {

namespace {

void expect_not_negative(option_faults& faults, std::string_view option, float v) {
  faults.expect(v >= 0 && is_finite(v), option, "a finite number, at least 0", v);
}
void expect_fraction(option_faults& faults, std::string_view option, float v) {
  faults.expect(v >= 0 && v < 1, option, "at least 0 and below 1", v);
}

}  // namespace

void check_options(adam_options const& o) {
  option_faults faults{"adam"};
  expect_not_negative(faults, "learning_rate", o.learning_rate);
  expect_fraction(faults, "beta1", o.beta1);
  expect_fraction(faults, "beta2", o.beta2);
  faults.expect(o.epsilon >= 1e-30f && is_finite(o.epsilon), "epsilon",
                "a finite number, at least 1e-30", o.epsilon);
  expect_not_negative(faults, "weight_decay", o.weight_decay);
  faults.raise();
}

void check_options(sgd_options const& o) {
  option_faults faults{"sgd"};
  expect_not_negative(faults, "learning_rate", o.learning_rate);
  expect_fraction(faults, "momentum", o.momentum);
  expect_not_negative(faults, "weight_decay", o.weight_decay);
  faults.raise();
}

}  // namespace etch::detail
