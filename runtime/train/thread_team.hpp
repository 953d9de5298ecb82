#pragma once

#include "../function_ref.hpp"

namespace etch {

/// Threads that wait for work and do it together: `run(f)` calls f(0) ... f(size() - 1), f(0) on
/// the calling thread, and returns when all are done. They spin for a moment before they sleep,
/// because the next step of a training comes soon; now and then they give way, because the one they
/// wait for may want the same processor.
class thread_team {
 public:
  /// Throws `error` when the system gives no more threads.
  explicit thread_team(int size = 1);
  ~thread_team();
  thread_team(thread_team const&) = delete;
  thread_team& operator=(thread_team const&) = delete;

  int size() const { return size_; }

  void run(function_ref<void(int)> f);

  /// Called by every thread from within what it was given to run: returns when all have.
  void wait_for_all();

 private:
  // Elsewhere, because <atomic> and <thread> would take longer to compile than all that uses a team.
  struct workers;
  int size_;
  workers* workers_ = nullptr;  // of a team of several
};

}  // namespace etch
