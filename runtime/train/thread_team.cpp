#include "thread_team.hpp"

#include <sched.h>

#include "../error.hpp"

namespace etch {

namespace {

template <class Done>
void wait(Done done, std::atomic<int>& changing) {
  for (int spins = 0; !done(); ++spins) {
    int const seen = changing.load(std::memory_order_acquire);
    if (spins >= 4000 && !done())
      changing.wait(seen);
    else if (spins % 256 == 255)
      ::sched_yield();
#if defined(__x86_64__)
    else
      __builtin_ia32_pause();  // so that 4000 are about 100 us
#endif
  }
}

/// What the system gives a thread, with at least 2 MB of stack: kernels that train take up to
/// 100 KB, and several times as much in a build for debugging. Some systems give 128 KB.
struct thread_attributes {
  ::pthread_attr_t values;

  thread_attributes() {
    constexpr std::size_t wanted = 2 << 20;
    std::size_t usual = 0;
    ::pthread_attr_init(&values);
    if (::pthread_attr_getstacksize(&values, &usual) == 0 && usual < wanted)
      ::pthread_attr_setstacksize(&values, wanted);
  }
  thread_attributes(thread_attributes const&) = delete;
  thread_attributes& operator=(thread_attributes const&) = delete;
  ~thread_attributes() { ::pthread_attr_destroy(&values); }
};

}  // namespace

thread_team::thread_team(int size) {
  thread_attributes const attributes;
  for (int i = 1; i < size; ++i) {
    workers_.push_back({this, i, {}});
    worker& w = workers_.back();
    if (::pthread_create(&w.thread, &attributes.values, work, &w) == 0) continue;
    workers_.pop_back();
    end();
    throw error("of {} threads the system gave {}", size, i);
  }
}

thread_team::~thread_team() { end(); }

void thread_team::run(function_ref<void(int)> f) {
  if (workers_.empty()) return f(0);
  task_ = &f;
  busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  begin();
  f(0);
  wait([this] { return busy_.load(std::memory_order_acquire) == 0; }, busy_);
}

void thread_team::wait_for_all() {
  int const before = meeting_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 < size())
    return wait([&] { return meeting_.load(std::memory_order_acquire) != before; }, meeting_);
  arrived_.store(0, std::memory_order_relaxed);
  meeting_.fetch_add(1, std::memory_order_release);
  meeting_.notify_all();
}

void thread_team::begin() {
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
}

void thread_team::end() {
  stop_ = true;
  begin();
  for (worker const& w : workers_) ::pthread_join(w.thread, nullptr);
}

void* thread_team::work(void* given) {
  worker const& w = *static_cast<worker const*>(given);
  thread_team& t = *w.team;
  for (int seen = 0;;) {
    wait([&] { return t.round_.load(std::memory_order_acquire) != seen; }, t.round_);
    seen = t.round_.load(std::memory_order_acquire);
    if (t.stop_) return nullptr;
    (*t.task_)(w.index);
    if (t.busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) t.busy_.notify_all();
  }
}

}  // namespace etch
