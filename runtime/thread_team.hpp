#pragma once

#include <atomic>
#include <thread>
#include <vector>

namespace etch {

/// Threads that wait for work and do it together: `run(f)` calls f(0) ... f(size() - 1), f(0) on
/// the calling thread, and returns when all are done. They spin for a moment before they sleep,
/// because the next step of a training comes soon; now and then they give way, because the one they
/// wait for may want the same processor.
class thread_team {
 public:
  explicit thread_team(int size = 1) {
    for (int i = 1; i < size; ++i) workers_.emplace_back([this, i] { work(i); });
  }
  ~thread_team() {
    stop_ = true;
    begin();
    for (std::thread& t : workers_) t.join();
  }
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

  template <class Done>
  static void wait(Done done, std::atomic<int>& changing) {
    for (int spins = 0; !done(); ++spins) {
      int const seen = changing.load(std::memory_order_acquire);
      if (spins >= 4000 && !done()) changing.wait(seen);
      else if (spins % 256 == 255) std::this_thread::yield();
#if defined(__x86_64__)
      else __builtin_ia32_pause();  // so that 4000 are about 100 us
#endif
    }
  }

  void work(int index) {
    for (int seen = 0;;) {
      wait([&] { return round_.load(std::memory_order_acquire) != seen; }, round_);
      seen = round_.load(std::memory_order_acquire);
      if (stop_) return;
      call_(task_, index);
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_all();
    }
  }

  std::vector<std::thread> workers_;
  void const* task_ = nullptr;  // what run was given, and how to call it
  void (*call_)(void const*, int) = nullptr;
  std::atomic<int> round_{0}, busy_{0}, meeting_{0}, arrived_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace etch
