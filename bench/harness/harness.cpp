#include "harness.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

#include "../../runtime/infer/denormals.hpp"
#include "../peers/peers.hpp"

namespace benches {
namespace {

namespace measure = etch::measure;

struct settings {
  int core = -1;  // -1: not pinned
  bool fastest = false;
  double stretch = 50e-6;
} chosen;

measure::machine<native>& machine() {
  static measure::machine<native> m;
  return m;
}

#if defined(__linux__)
/// The cores that this process was given, before it kept to one of them.
std::vector<int> const& cores() {
  static std::vector<int> const given = [] {
    cpu_set_t set{};
    sched_getaffinity(0, sizeof set, &set);
    std::vector<int> all;
    for (int core = 0; core < CPU_SETSIZE; ++core)
      if (CPU_ISSET(static_cast<std::size_t>(core), &set)) all.push_back(core);
    return all;
  }();
  return given;
}

void keep_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  sched_setaffinity(0, sizeof set, &set);
}
void pin() {
  if (chosen.core >= 0) keep_to(chosen.core);
}
int this_core() { return sched_getcpu(); }
#else
std::vector<int> cores() { return {}; }
void pin() {}
int this_core() { return -1; }
#endif

struct row {
  std::string name;
  std::function<void(benchmark::State&)> body;
};
std::vector<row>& all_rows() {
  static std::vector<row> rows;
  return rows;
}

/// Ends the program: what was given is not what an option takes.
[[noreturn]] void refuse(std::string const& expected, char const* given) {
  std::fprintf(stderr, "expected %s; given: %s\n", expected.c_str(), given);
  std::exit(2);
}

/// The exit code of a program that has printed all: 1 if that did not arrive, as on a full disk.
int printed() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  std::fputs("the output could not be written\n", stderr);
  return 1;
}

/// The number that the text is, as a whole; not a number if it is none.
double number_of(char const* text) {
  char* end = nullptr;
  double const value = std::strtod(text, &end);
  return end != text && *end == 0 ? value : NAN;
}

int core_of(char const* text) {
  if (std::string_view{text} == "none") return -1;
  double const number = number_of(text);
  std::string known;
  for (int core : cores()) {
    if (number == core) return core;
    known += " ";
    known += std::to_string(core);
  }
  refuse("--pin=none or --pin=<core>, where this process may use" + known, text);
}

double stretch_of(char const* text) {
  double const microseconds = number_of(text);
  if (!(microseconds > 0 && std::isfinite(microseconds)))
    refuse("--stretch=<microseconds>, a number above 0", text);
  return 1e-6 * microseconds;
}

/// Keeps the rows that a filter of Google Benchmark finds, which may begin with '-' for those that
/// it does not find. Google Benchmark would hold it against names that end in "/manual_time"; a
/// filter that counts on something behind the library is still right.
void keep_rows(char const* filter) {
  bool const none_of = *filter == '-';
  try {
    std::regex const pattern(std::string_view{filter} == "all" ? "" : filter + (none_of ? 1 : 0),
                             std::regex::extended);
    std::erase_if(all_rows(), [&](row const& r) {
      bool const found =
          std::regex_search(r.name, pattern) || std::regex_search(r.name + "/manual_time", pattern);
      return found == none_of;
    });
  } catch (std::regex_error const& e) {
    refuse("--benchmark_filter=<regex>: " + std::string{e.what()}, filter);
  }
  if (all_rows().empty()) refuse("--benchmark_filter=<regex> that finds a row", filter);
}

/// The largest difference to what is expected, relative to the largest number; infinite if they
/// cannot be compared.
double difference(std::vector<float> const& given, std::vector<float> const& expected) {
  if (given.size() != expected.size()) return INFINITY;
  double largest = 0, off = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!std::isfinite(given[i])) return INFINITY;
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    off = std::max(off, std::abs(static_cast<double>(given[i]) - static_cast<double>(expected[i])));
  }
  return largest > 0 ? off / largest : off;
}

void report(benchmark::State& state, task const& t, double seconds) {
  if (t.items > 0) {
    state.SetItemsProcessed(state.iterations() * t.items);
    state.counters["ns_per_item"] = seconds * 1e9 / t.items;
  }
  double const flops = 2 * t.work.multiply_adds;
  if (flops > 0 && t.one_thread) {
    state.counters["GFLOP/s"] = flops / seconds * 1e-9;
    state.counters["of_peak"] = flops / seconds * 1e-9 / machine().peak();
  }
  if (flops == 0 && t.one_thread)
    state.counters["GB/s"] = (t.work.read + t.work.written) / seconds * 1e-9;
  double const footprint = t.footprint > 0 ? t.footprint : t.work.read + t.work.written;
  measure::bound const lowest = machine().lowest(t.work, footprint);
  if (t.one_thread && lowest.seconds > 0) {
    state.counters["of_bound"] = lowest.seconds / seconds;
    state.SetLabel(std::string{lowest.name});
  }
}

/// Seconds of this thread on its core: what counts when a call is so long that another process is
/// likely to have the core in between. Reading this clock is slow, a few hundred nanoseconds.
double thread_seconds() {
#if defined(CLOCK_THREAD_CPUTIME_ID)
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
#else
  return std::chrono::duration<double>(measure::clock::now().time_since_epoch()).count();
#endif
}

/// Runs stretches of calls, and says that each call took what it typically took in a stretch: a
/// stretch in which another process had the core does not count. `calls` is how many a stretch has;
/// found in the first pass, where it is 0: Google Benchmark wants passes of equal length.
void run(benchmark::State& state, task const& t, job const& j, int& calls) {
  bool long_calls = false;
  auto one = [&, i = 0](int count) mutable {
    auto const start = measure::clock::now();
    double const thread_start = long_calls ? thread_seconds() : 0;
    j.run(i, count);
    i += count;
    return long_calls ? thread_seconds() - thread_start : measure::seconds_since(start);
  };
  one(1);  // once, so that the caches are warm when calls are counted
  if (calls == 0) {
    calls = 1;
    while (calls < 1 << 22 && one(calls) < chosen.stretch / 2) calls *= 2;
  }
  long_calls = t.one_thread && one(1) > 4 * chosen.stretch;
  std::vector<double> stretches;
  while (state.KeepRunningBatch(calls)) stretches.push_back(one(calls) / calls);
  double const seconds = chosen.fastest ? *std::min_element(stretches.begin(), stretches.end())
                                        : measure::median(stretches);
  state.SetIterationTime(seconds * static_cast<double>(state.iterations()));
  report(state, t, seconds);
}

/// Tells if the peak is another now than the one that all fractions refer to, by more than 3%:
/// another process or another clock came in between, then or now.
void check_peak() {
  double const then = machine().peak(), now = measure::fma_peak<native>();
  if (std::abs(now / then - 1) > 0.03)
    std::fprintf(
        stderr,
        "fractions of this run are not to be trusted: %.0f GFLOP/s of multiply-adds before "
        "it, %.0f after it\n",
        then, now);
}

/// Of each row how much longer its slowest pass took than its best.
std::map<std::string, double>& spreads() {
  static std::map<std::string, double> all;
  return all;
}

/// At the end, in their order, the best pass of each row, with how much longer the slowest took, under
/// the name as it is: without what Google Benchmark appends for its options.
template <class Reporter>
class best_passes : public Reporter {
 public:
  using Reporter::Reporter;
  void ReportRuns(std::vector<benchmark::BenchmarkReporter::Run> const& runs) override {
    auto const seconds = [](auto const& r) {
      return r.iterations > 0 ? r.real_accumulated_time / static_cast<double>(r.iterations) : 0;
    };
    auto const faster = [&](auto const& a, auto const& b) { return seconds(a) < seconds(b); };
    if (runs.empty() || runs.front().run_type != benchmark::BenchmarkReporter::Run::RT_Iteration)
      return;  // means and the like of the passes
    auto const [best, slowest] = std::minmax_element(runs.begin(), runs.end(), faster);
    auto r = *best;
    r.run_name.time_type.clear();
    r.run_name.min_time.clear();
    r.run_name.repetitions.clear();
    // process time is a mean over all stretches, also those that do not count
    r.cpu_accumulated_time = r.real_accumulated_time;
    if (seconds(*best) > 0) {  // otherwise the row has failed
      double const spread = seconds(*slowest) / seconds(*best) - 1;
      r.counters["spread"] = spread;
      spreads()[r.run_name.str()] = spread;
    }
    best_.push_back(std::move(r));
  }
  void Finalize() override {
    std::map<std::string, std::size_t> places;
    for (row const& r : all_rows()) places.emplace(r.name, places.size());
    auto const place = [&](auto const& r) { return places[r.run_name.str()]; };
    std::sort(best_.begin(), best_.end(),
              [&](auto const& a, auto const& b) { return place(a) < place(b); });
    Reporter::ReportRuns(best_);
    Reporter::Finalize();
  }

 private:
  std::vector<benchmark::BenchmarkReporter::Run> best_;
};

/// Counts the rows that have been measured, pass after pass, for who looks on.
void show_progress() {
  static int done = 0;
  if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\r%d rows measured ", ++done);
}

/// Tells which rows took more than 5% longer in one pass than in another: something else ran then.
void check_spreads() {
  std::vector<std::pair<double, std::string>> far_apart;
  for (auto const& [name, spread] : spreads())
    if (spread > 0.05) far_apart.emplace_back(spread, name);
  if (far_apart.empty()) return;
  std::sort(far_apart.rbegin(), far_apart.rend());
  std::fprintf(stderr, "%zu of %zu rows took over 5%% longer in one pass than in their best:",
               far_apart.size(), spreads().size());
  std::size_t const named = std::min<std::size_t>(far_apart.size(), 5);
  for (std::size_t i = 0; i < named; ++i)
    std::fprintf(stderr, "%s %s %.0f%%", i == 0 ? "" : ",", far_apart[i].second.c_str(),
                 100 * far_apart[i].first);
  std::fputs(named < far_apart.size() ? ", ...\n" : "\n", stderr);
}

}  // namespace

void pin_thread([[maybe_unused]] int index) {
#if defined(__linux__)
  if (chosen.core >= 0 && !cores().empty())
    keep_to(cores()[static_cast<std::size_t>(index) % cores().size()]);
#endif
}

void add_row(task const& t, std::string const& library, std::function<job()> make) {
  // Prepared and compared once, however often the row is repeated.
  struct prepared {
    job j;
    std::string fault;
    int calls = 0;  // in a stretch
  };
  auto const ready = std::make_shared<std::unique_ptr<prepared>>();
  auto const body = [t, make, ready](benchmark::State& state) {
    etch::flush_denormals const guard;
    if (!t.one_thread) pin_thread(0);
    if (!*ready) {
      *ready = std::make_unique<prepared>();
      (*ready)->j = make();
      if (t.expected) {
        double const off = difference((*ready)->j.result(), t.expected());
        if (!(off <= t.tolerance))
          (*ready)->fault = "differs from the expected result by " + std::to_string(off);
      }
    }
    if (!(*ready)->fault.empty()) return state.SkipWithError((*ready)->fault.c_str());
    run(state, t, (*ready)->j, (*ready)->calls);
    show_progress();
    pin();
  };
  all_rows().push_back({t.name + "/" + library, body});
}

float_buffer numbers(std::size_t count, unsigned which, float scale) {
  float_buffer b(count);
  unsigned state = 12345 + 77777 * which;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    b.data()[i] = scale * (static_cast<float>(state >> 8) * 0x1p-24f - 0.5f);
  }
  return b;
}

buffer_list inputs(std::size_t count, unsigned which, float scale) {
  buffer_list all;
  for (int i = 0; i < inputs_in_turn(count); ++i)
    all.push_back(numbers(count, which + static_cast<unsigned>(i), scale));
  return all;
}

int run_rows(int argc, char** argv) {
  etch::flush_denormals const guard;
  chosen.core = this_core();
  char const* filter = "";
  bool json = false, file = false, list = false;
  // Three passes over all rows: what else runs on the machine is seldom there in all of them.
  char passes[] = "--benchmark_repetitions=3";
  char mixed[] = "--benchmark_enable_random_interleaving=true";
  std::vector<char*> kept{argv[0], passes, mixed};  // given later, an option replaces these
  for (int i = 1; i < argc; ++i) {
    std::string_view const a = argv[i];
    if (a.starts_with("--pin="))
      chosen.core = core_of(argv[i] + 6);
    else if (a == "--fastest")
      chosen.fastest = true;
    else if (a.starts_with("--benchmark_filter="))
      filter = argv[i] + 19;
    else if (a == "--benchmark_list_tests" || a == "--benchmark_list_tests=true")
      list = true;
    else if (a.starts_with("--stretch="))
      chosen.stretch = stretch_of(argv[i] + 10);
    else
      kept.push_back(argv[i]);
    json = json || a == "--benchmark_format=json";
    file = file || a.starts_with("--benchmark_out=");
  }
  int count = static_cast<int>(kept.size());
  kept.push_back(nullptr);
  benchmark::Initialize(&count, kept.data(), [] {
    benchmark::PrintDefaultHelp();
    std::puts(
        "          [--pin=<core>|none]\n          [--fastest]\n          "
        "[--stretch=<microseconds>]");
  });
  if (benchmark::ReportUnrecognizedArguments(count, kept.data())) return 2;
  keep_rows(filter);
  if (list) {
    for (row const& r : all_rows()) std::puts(r.name.c_str());
    return printed();
  }
  for (row& r : all_rows())
    benchmark::RegisterBenchmark(r.name.c_str(), std::move(r.body))->UseManualTime();

  cores();  // as they are before this process keeps to one
  pin();
  one_thread_for_peers();

  std::fprintf(stderr,
               "%s: %.0f GFLOP/s of multiply-adds in registers; loads from L1, L2, L3: %.0f, %.0f, "
               "%.0f GB/s\n",
               native::name, machine().peak(), machine().load(measure::caches().l1 / 2) * 1e-9,
               machine().load(measure::caches().l2 / 4) * 1e-9,
               machine().load(4 * measure::caches().l2) * 1e-9);
  benchmark::AddCustomContext("instruction_set", native::name);
  benchmark::AddCustomContext("fma_peak_gflops", std::to_string(machine().peak()));
  benchmark::AddCustomContext("compiler", __VERSION__);
  best_passes<benchmark::ConsoleReporter> table(benchmark::ConsoleReporter::OO_Tabular);
  best_passes<benchmark::JSONReporter> text, out;
  benchmark::BenchmarkReporter* const shown =
      json ? static_cast<benchmark::BenchmarkReporter*>(&text) : &table;
  benchmark::RunSpecifiedBenchmarks(shown, file ? &out : nullptr);
  check_peak();
  check_spreads();
  benchmark::Shutdown();
  return printed();
}

}  // namespace benches
