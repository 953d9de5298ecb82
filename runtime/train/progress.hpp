#pragma once

#include <cstdio>
#include <string>

namespace etch {

/// What fit prints: on a terminal a bar that moves, elsewhere one line an epoch, or nothing.
enum class verbosity { silent, automatic, lines, bar };

/// Follows the epochs of a training.
class progress {
 public:
  progress(verbosity wanted, int epochs, std::FILE* to = stdout);
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;
  ~progress() { leave_bar(); }

  void begin_epoch(int epoch, int samples);

  /// `figures` is a text such as `loss 0.123  accuracy 0.98`.
  void advance(int done, std::string const& figures);

  void end_epoch(int done, std::string const& figures);

  /// Seconds since the epoch began.
  double seconds() const;

 private:
  /// Ends the line of a bar, which an error has left where it was.
  void leave_bar();
  std::string head() const;
  double rate(int done) const;

  std::FILE* to_;
  int epochs_, epoch_ = 0, samples_ = 1;
  verbosity mode_;
  bool in_bar_ = false;
  double start_ = 0, shown_ = 0;
};

}  // namespace etch
