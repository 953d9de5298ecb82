#include "../../runtime/bench.hpp"
#include "../../etch.hpp"
#include "catch.hpp"
#include "scratch_folder.hpp"

namespace {

constexpr auto net = etch::input<6, 6, 1> | etch::conv2d<8, 3> | etch::relu | etch::max_pool2d<2> |
                     etch::flatten | etch::dense<16> | etch::tanh | etch::dense<4> | etch::softmax;

etch::bench_report const& measured() {
  static etch::bench_report const report = etch::bench<net>({.seconds = 1e-3});
  return report;
}

}  // namespace

TEST_CASE("a bench counts what the network multiplies") {
  double sum = 0;
  for (auto const& row : measured().rows) sum += row.multiply_adds;
  CHECK(sum == static_cast<double>(etch::cost<net>.multiply_adds));
  CHECK(measured().total.multiply_adds == sum);
}

TEST_CASE("pooling drops work that a bench does not count") {
  // 4 x 4 positions pooled by 3: one pool fits, which looks at 9 of the 16 positions
  constexpr auto pooled = etch::input<6, 6, 1> | etch::conv2d<8, 3> | etch::max_pool2d<3>;
  auto const report = etch::bench<pooled>({.seconds = 1e-4});
  CHECK(report.total.multiply_adds == 9 * 9 * 8);
}

TEST_CASE("every step of a bench takes time, below the ceilings of the machine") {
  REQUIRE(!measured().rows.empty());
  for (auto const& row : measured().rows) {
    INFO(row.name << " " << row.step);
    CHECK(row.nanoseconds > 0);
    CHECK(row.bytes > 0);
    CHECK(row.of_peak < 1.1);  // above 1 would be a wrong count or a call that was optimised away
    CHECK(!row.bound.empty());
    CHECK(row.layer > 0);
    CHECK(row.layer <= net.layer_count());
  }
  CHECK(measured().ceilings.gflops > 0);
  CHECK(measured().ceilings.l1 > 0);
  CHECK(measured().ceilings.l3 > 0);
}

TEST_CASE("a bench says the same in its table and in its JSON") {
  std::string const table = to_table(measured()), json = to_json(measured());
  for (auto const& row : measured().rows) {
    CHECK(table.find(row.name) != std::string::npos);
    CHECK(json.find("\"step\": \"" + row.step + "\"") != std::string::npos);
  }
  CHECK(json.find(measured().instruction_set) != std::string::npos);
  // objects and arrays are closed
  CHECK(std::count(json.begin(), json.end(), '{') == std::count(json.begin(), json.end(), '}'));
  CHECK(std::count(json.begin(), json.end(), '{') == static_cast<long>(measured().rows.size()) + 3);
  CHECK(json.find(": nan") == std::string::npos);
  CHECK(json.find(": inf") == std::string::npos);
}

TEST_CASE("a roofline has a dot for each step that multiplies, inside the picture") {
  etch::bench_report report;
  report.instruction_set = "avx2";
  report.ceilings = {100, 200, 100, 20};
  report.rows.push_back(
      {.layer = 1, .name = "dense", .nanoseconds = 100, .multiply_adds = 1000, .bytes = 4000});
  report.rows.push_back({.layer = 2, .name = "relu", .nanoseconds = 10, .bytes = 40});
  report.rows.push_back(
      {.layer = 3, .name = "a<b", .nanoseconds = 1e6, .multiply_adds = 1e7, .bytes = 10});
  std::string const svg = etch::roofline_svg(report, "title & more");
  std::size_t circles = 0;
  for (std::size_t at = svg.find("<circle cx=\""); at != std::string::npos;
       at = svg.find("<circle cx=\"", at + 1)) {
    ++circles;
    double const x = std::stod(svg.substr(at + 12));
    double const y = std::stod(svg.substr(svg.find("cy=\"", at) + 4));
    CHECK((x > 0 && x < 820));
    CHECK((y > 0 && y < 540));
  }
  CHECK(circles == 2);
  CHECK(svg.find("a&lt;b") != std::string::npos);
  CHECK(svg.find("title &amp; more") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
}

TEST_CASE("a roofline is written to a file") {
  scratch_folder const folder;
  auto const path = folder.path / "net.svg";
  etch::save_roofline(measured(), path, "net");
  auto const bytes = etch::read_file(path);
  std::string const text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
  CHECK(text == etch::roofline_svg(measured(), "net"));
}

TEST_CASE("the median of measurements is the middle one") {
  std::vector<double> values{5, 1, 9, 3, 7};
  CHECK(etch::measure::median(values) == 5);
  values.clear();
  CHECK(etch::measure::median(values) == 0);
}

TEST_CASE("the lowest ceiling bounds the work") {
  etch::measure::machine<etch::arch::native> machine;
  CHECK(machine.lowest({.multiply_adds = 1e9, .read = 64}, 64).name == "FMA");
  CHECK(machine.lowest({.multiply_adds = 16, .read = 4096}, 4096).name == "L1");
  CHECK(machine.lowest({.multiply_adds = 16, .read = 64, .function_seconds = 1}, 64).name ==
        "transcendental");
  std::size_t const beyond = 2 * etch::measure::caches().l2;
  CHECK(machine.lowest({.read = static_cast<double>(beyond)}, static_cast<double>(beyond)).name ==
        "L3");
}
