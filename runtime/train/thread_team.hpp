#pragma once

#include <pthread.h>

#include <atomic>
#include <list>

#include "../function_ref.hpp"

namespace etch {

/// Threads that wait for work and do it together: `run(f)` calls f(0) ... f(size() - 1), f(0) on
/// the calling thread, and returns when all are done. They spin for a moment before they sleep,
/// because the next step of a training comes soon; now and then they give way, because the one they
/// wait for may want the same processor. (Threads of POSIX: <thread> would take longer to compile
/// than the team.)
class thread_team {
 public:
  /// Throws `error` when the system gives no more threads.
  explicit thread_team(int size = 1);
  ~thread_team();
  thread_team(thread_team const&) = delete;
  thread_team& operator=(thread_team const&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  void run(function_ref<void(int)> f);

  /// Called by every thread from within what it was given to run: returns when all have.
  void wait_for_all();

 private:
  struct worker {
    thread_team* team;
    int index;
    ::pthread_t thread;
  };

  void begin();
  void end();
  static void* work(void* given);

  std::list<worker> workers_;  // none may move: its thread knows where it is
  function_ref<void(int)> const* task_ = nullptr;
  std::atomic<int> round_{0}, busy_{0}, meeting_{0}, arrived_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace etch
