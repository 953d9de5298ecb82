#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// The options of an example. Each is declared where it is read, `--name VALUE` or `--name=VALUE`:
///
///   options o{argc, argv, "Trains a network."};
///   std::string const file = o.text("save", "FILE", "where the weights go");
///   int const epochs = o.number("epochs", 5, "how often it sees each sample");
///   o.finish();
///   ...
///   return o.done();
///
/// `finish` answers --help. A bad argument ends the program with an error and exit code 2.
class options {
 public:
  options(int argc, char** argv, std::string_view purpose)
      : program_(argv[0]), purpose_(purpose), arguments_(argv + 1, argv + argc) {
    program_.erase(0, program_.rfind('/') + 1);
    for (std::string const& a : arguments_) help_ = help_ || a == "--help" || a == "-h";
  }

  std::string text(std::string const& name, std::string const& what, std::string const& purpose) {
    describe(name + " " + what, purpose);
    std::string value;
    for (std::size_t i = 0; i < arguments_.size();) {
      std::string const argument = arguments_[i];
      if (argument != "--" + name && argument.rfind("--" + name + "=", 0) != 0) {
        ++i;
        continue;
      }
      bool const joined = argument.size() > name.size() + 2;
      if (!joined && (i + 1 == arguments_.size() || arguments_[i + 1].rfind("--", 0) == 0))
        refuse("--" + name + " needs a value: --" + name + " " + what);
      value = joined ? argument.substr(name.size() + 3) : arguments_[i + 1];
      if (value.empty()) refuse("--" + name + " needs a value that is not empty");
      auto const at = arguments_.begin() + static_cast<std::ptrdiff_t>(i);
      arguments_.erase(at, at + (joined ? 1 : 2));
    }
    return value;
  }

  int number(std::string const& name, int otherwise, std::string const& purpose, int least = 1,
             int most = std::numeric_limits<int>::max()) {
    std::string const value = text(name, "N", purpose + " (" + std::to_string(otherwise) + ")");
    if (value.empty()) return otherwise;
    int result = 0;
    auto const [end, fault] = std::from_chars(value.data(), value.data() + value.size(), result);
    bool const whole = fault == std::errc{} && end == value.data() + value.size();
    if (!whole || result < least || result > most)
      refuse("--" + name + " needs a whole number from " + std::to_string(least) + " to " +
             std::to_string(most) + ", not '" + value + "'");
    return result;
  }

  std::uint64_t seed() {
    return static_cast<std::uint64_t>(number("seed", 42, "where random numbers begin", 0));
  }

  bool flag(std::string const& name, std::string const& purpose) {
    describe(name, purpose);
    return std::erase(arguments_, "--" + name) > 0;
  }

  void finish() {
    if (help_) {
      describe("help", "this text");
      std::printf("usage: %s [OPTIONS]\n%s\n\n%s", program_.c_str(), purpose_.c_str(),
                  usage_.c_str());
      std::exit(done());
    }
    if (!arguments_.empty()) refuse("unknown argument '" + arguments_.front() + "'");
  }

  /// The exit code of a program that has said all: not 0 if that did not arrive, as on a full disk.
  int done() const {
    bool const arrived = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    return arrived ? 0 : fail("the output could not be written", 1);
  }

  /// For what turns out to be wrong later: `return o.fail(e.what());` in main.
  int fail(std::string const& message, int exit_code = 2) const {
    std::fflush(stdout);
    std::fprintf(stderr, "%s: %s\n", program_.c_str(), message.c_str());
    return exit_code;
  }

 private:
  void describe(std::string const& option, std::string const& purpose) {
    std::string const gap(option.size() < 20 ? 20 - option.size() : 1, ' ');
    usage_ += "  --" + option + gap + purpose + "\n";
  }

  void refuse(std::string const& message) const {
    if (help_) return;  // which says more
    std::exit(fail(message + "; see --help"));
  }

  std::string program_, purpose_, usage_;
  std::vector<std::string> arguments_;
  bool help_ = false;
};
