#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "../../dsl/text.hpp"

namespace etch {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

progress::progress(verbosity wanted, int epochs, std::FILE* to)
    : to_(to), epochs_(epochs), mode_(wanted) {
  if (wanted == verbosity::automatic)
    mode_ = isatty(fileno(to)) != 0 ? verbosity::bar : verbosity::lines;
}

void progress::begin_epoch(int epoch, int samples) {
  epoch_ = epoch;
  samples_ = samples;
  start_ = shown_ = now();
}

void progress::advance(int done, std::string const& figures) {
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
  in_bar_ = true;
}

void progress::leave_bar() {
  if (!std::exchange(in_bar_, false)) return;
  std::fputc('\n', to_);
  std::fflush(to_);
}

void progress::end_epoch(int done, std::string const& figures) {
  if (mode_ == verbosity::silent) return;
  in_bar_ = false;
  std::string const line =
      filled("{}{}  {:.1f} s  {:.0f} samples/s  {}{}\n", mode_ == verbosity::bar ? "\r" : "",
             head(), seconds(), rate(done), figures, mode_ == verbosity::bar ? "\x1b[K" : "");
  std::fputs(line.c_str(), to_);
  std::fflush(to_);
}

double progress::seconds() const { return now() - start_; }

std::string progress::head() const { return filled("epoch {}/{}", epoch_, epochs_); }
double progress::rate(int done) const { return done / std::max(seconds(), 1e-9); }

}  // namespace etch
