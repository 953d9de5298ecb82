#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cstddef>
#include <vector>

#include "error.hpp"

namespace etch {

/// Threads that wait for work and do it together: `run(f)` calls f(0) ... f(size() - 1), f(0) on
/// the calling thread, and returns when all are done. They spin for a moment before they sleep,
/// because the next step of a training comes soon; now and then they give way, because the one they
/// wait for may want the same processor. (Threads of POSIX: <thread> would take longer to compile
/// than the team.)
class thread_team {
 public:
  /// Throws `error` when the system gives no more threads.
  explicit thread_team(int size = 1) {
    if (size > 1) workers_.reserve(static_cast<std::size_t>(size));  // none may move later
    for (int i = 1; i < size; ++i) {
      workers_.push_back({this, i, {}});
      worker& w = workers_.back();
      if (::pthread_create(&w.thread, nullptr, work, &w) == 0) continue;
      workers_.pop_back();
      end();
      throw error("of {} threads the system gave {}", size, i);
    }
  }
  ~thread_team() { end(); }
  thread_team(thread_team const&) = delete;
  thread_team& operator=(thread_team const&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  template <class Function>
  void run(Function const& f) {
    if (workers_.empty()) return f(0);
    task_ = &f;
    call_ = [](void const* task, int index) { (*static_cast<Function const*>(task))(index); };
    busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    begin();
    f(0);
    wait([this] { return busy_.load(std::memory_order_acquire) == 0; }, busy_);
  }

  /// Called by every thread from within what it was given to run: returns when all have.
  void wait_for_all() {
    int const before = meeting_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 < size())
      return wait([&] { return meeting_.load(std::memory_order_acquire) != before; }, meeting_);
    arrived_.store(0, std::memory_order_relaxed);
    meeting_.fetch_add(1, std::memory_order_release);
    meeting_.notify_all();
  }

 private:
  void begin() {
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }

  struct worker {
    thread_team* team;
    int index;
    ::pthread_t thread;
  };

  void end() {
    stop_ = true;
    begin();
    for (worker const& w : workers_) ::pthread_join(w.thread, nullptr);
  }

  template <class Done>
  static void wait(Done done, std::atomic<int>& changing) {
    for (int spins = 0; !done(); ++spins) {
      int const seen = changing.load(std::memory_order_acquire);
      if (spins >= 4000 && !done()) changing.wait(seen);
      else if (spins % 256 == 255) ::sched_yield();
#if defined(__x86_64__)
      else __builtin_ia32_pause();  // so that 4000 are about 100 us
#endif
    }
  }

  static void* work(void* given) {
    worker const& w = *static_cast<worker const*>(given);
    thread_team& t = *w.team;
    for (int seen = 0;;) {
      wait([&] { return t.round_.load(std::memory_order_acquire) != seen; }, t.round_);
      seen = t.round_.load(std::memory_order_acquire);
      if (t.stop_) return nullptr;
      t.call_(t.task_, w.index);
      if (t.busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) t.busy_.notify_all();
    }
  }

  std::vector<worker> workers_;
  void const* task_ = nullptr;  // what run was given, and how to call it
  void (*call_)(void const*, int) = nullptr;
  std::atomic<int> round_{0}, busy_{0}, meeting_{0}, arrived_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace etch
