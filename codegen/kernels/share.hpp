#pragma once

namespace etch {

/// Which of `parts` equal shares of a work one thread does.
struct share {
  int part = 0, parts = 1;

  /// Of `count` things it has those from begin(count) to before end(count).
  constexpr int begin(int count) const { return at(count, part); }
  constexpr int end(int count) const { return at(count, part + 1); }

 private:
  constexpr int at(int count, int p) const {
    if (parts == 1) return p * count;  // small products feel a division
    return static_cast<int>(static_cast<long long>(count) * p / parts);
  }
};

}  // namespace etch
