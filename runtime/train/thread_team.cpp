#include "thread_team.hpp"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <list>
#include <memory>

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

struct thread_team::workers {
  struct worker {
    workers* team;
    int index;
    ::pthread_t thread;
  };

  std::list<worker> all;  // none may move: its thread knows where it is
  function_ref<void(int)> const* task = nullptr;
  std::atomic<int> round{0}, busy{0}, meeting{0}, arrived{0};
  std::atomic<bool> stop{false};

  ~workers() {
    stop = true;
    begin();
    for (worker const& w : all) ::pthread_join(w.thread, nullptr);
  }

  void begin() {
    round.fetch_add(1, std::memory_order_release);
    round.notify_all();
  }

  static void* work(void* given) {
    worker const& w = *static_cast<worker const*>(given);
    workers& t = *w.team;
    for (int seen = 0;;) {
      wait([&] { return t.round.load(std::memory_order_acquire) != seen; }, t.round);
      seen = t.round.load(std::memory_order_acquire);
      if (t.stop) return nullptr;
      (*t.task)(w.index);
      if (t.busy.fetch_sub(1, std::memory_order_acq_rel) == 1) t.busy.notify_all();
    }
  }
};

thread_team::thread_team(int size) : size_(size < 1 ? 1 : size) {
  if (size_ == 1) return;
  auto team = std::make_unique<workers>();
  thread_attributes const attributes;
  for (int i = 1; i < size_; ++i) {
    team->all.push_back({team.get(), i, {}});
    workers::worker& w = team->all.back();
    if (::pthread_create(&w.thread, &attributes.values, workers::work, &w) == 0) continue;
    team->all.pop_back();
    throw error("of {} threads the system gave {}", size, i);
  }
  workers_ = team.release();
}

thread_team::~thread_team() { delete workers_; }

void thread_team::run(function_ref<void(int)> f) {
  if (size_ == 1) return f(0);
  workers& all = *workers_;
  all.task = &f;
  all.busy.store(size_ - 1, std::memory_order_relaxed);
  all.begin();
  f(0);
  wait([&] { return all.busy.load(std::memory_order_acquire) == 0; }, all.busy);
}

void thread_team::wait_for_all() {
  if (size_ == 1) return;
  workers& all = *workers_;
  int const before = all.meeting.load(std::memory_order_acquire);
  if (all.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 < size_)
    return wait([&] { return all.meeting.load(std::memory_order_acquire) != before; }, all.meeting);
  all.arrived.store(0, std::memory_order_relaxed);
  all.meeting.fetch_add(1, std::memory_order_release);
  all.meeting.notify_all();
}

}  // namespace etch
