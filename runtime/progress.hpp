#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>

#include "../dsl/text.hpp"

namespace etch {

/// What fit prints: on a terminal a bar that moves, elsewhere one line an epoch, or nothing.
enum class verbosity { silent, automatic, lines, bar };

/// Follows the epochs of a training.
class progress {
 public:
  progress(verbosity wanted, int epochs, std::FILE* to = stdout)
      : to_(to), epochs_(epochs), mode_(wanted) {
    if (wanted == verbosity::automatic)
      mode_ = isatty(fileno(to)) != 0 ? verbosity::bar : verbosity::lines;
  }

  void begin_epoch(int epoch, int samples) {
    epoch_ = epoch;
    samples_ = samples;
    start_ = shown_ = now();
  }

  /// `figures` is a text such as `loss 0.123  accuracy 0.98`.
  void advance(int done, std::string const& figures) {
    if (mode_ != verbosity::bar || now() - shown_ < 0.1) return;
    shown_ = now();
    constexpr int width = 24;
    int const full = static_cast<int>(static_cast<long long>(width) * done / samples_);
    std::string bar(static_cast<std::size_t>(full), '=');
    bar.resize(width, ' ');
    std::string const line =
        filled("\r{} [{}] {:8.0f} samples/s  {}\x1b[K", head(), bar, rate(done), figures);
    std::fputs(line.c_str(), to_);
    std::fflush(to_);
  }

  void end_epoch(int done, std::string const& figures) {
    if (mode_ == verbosity::silent) return;
    std::string const line =
        filled("{}{}  {:.1f} s  {:.0f} samples/s  {}{}\n", mode_ == verbosity::bar ? "\r" : "",
               head(), seconds(), rate(done), figures, mode_ == verbosity::bar ? "\x1b[K" : "");
    std::fputs(line.c_str(), to_);
    std::fflush(to_);
  }

  /// Seconds since the epoch began.
  double seconds() const { return now() - start_; }

 private:
  /// In seconds. (<chrono> would bring streams along, and take longer to compile than this file.)
  static double now() {
    std::timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  }

  std::string head() const { return filled("epoch {}/{}", epoch_, epochs_); }
  double rate(int done) const { return done / std::max(seconds(), 1e-9); }

  std::FILE* to_;
  int epochs_, epoch_ = 0, samples_ = 1;
  verbosity mode_;
  double start_ = 0, shown_ = 0;
};

}  // namespace etch
