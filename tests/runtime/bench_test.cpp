#include "../../runtime/bench/bench.hpp"
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

TEST_CASE("a bench counts what a step reads and writes") {
  constexpr auto product = etch::input<16> | etch::dense<32, etch::no_bias>;
  auto const report = etch::bench<product>({.seconds = 1e-4});
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].bytes == 4 * (16 + 16 * 32 + 32));
}

TEST_CASE("of a table, a bench counts the rows that are read") {
  constexpr auto looked_up = etch::tokens<4> | etch::embedding<1000, 16>;
  auto const report = etch::bench<looked_up>({.seconds = 1e-4});
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].bytes == 4 * (4 + 2 * 4 * 16));
  CHECK(report.total.bytes == 4 * (4 + 2 * 4 * 16));
}

TEST_CASE("a bench counts an expensive function once for each vector of results") {
  using arch = etch::arch::native;
  static constexpr auto tanh_of_33 = etch::input<33> | etch::tanh;
  static constexpr auto const& plan = etch::inference_plan<tanh_of_33, 1>::value;
  double const each = etch::measure::function_time<arch, etch::function::tanh>();
  CHECK(etch::detail::step_function_seconds<arch, plan, 0>() ==
        each * ((33 + arch::width - 1) / arch::width));
}

TEST_CASE("a row is compared with the peak and with its lowest ceiling") {
  etch::measure::machine<etch::arch::native> machine;
  etch::measure::work const work{.multiply_adds = 1e6, .read = 4096, .written = 64};
  etch::bench_row row{.nanoseconds = 1e6};
  etch::detail::judge(row, machine, work, 8192);
  CHECK(row.bytes == 4160);
  CHECK(row.gflops() == 2);
  CHECK(row.intensity() == Approx(2e6 / 4160));
  CHECK(row.of_peak == Approx(2 / machine.peak()));
  CHECK(row.bound == "FMA");
  CHECK(row.of_bound == Approx(row.of_peak));
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
  CHECK(measured().rows.front().name == "conv2d");
  CHECK(measured().rows.back().name == "softmax");
  auto const& plan = etch::inference_plan<net, 1>::value;
  auto const chosen = etch::passes::select(plan, etch::machine_of<etch::arch::native>);
  CHECK(measured().rows.front().kernel == to_text(chosen[0]));
  CHECK(to_table(measured()).find(" " + to_text(chosen[0]) + " ") != std::string::npos);
  CHECK(roofline_svg(measured()).find("conv2d " + to_text(chosen[0])) != std::string::npos);
  CHECK(measured().ceilings.gflops > 0);
  CHECK(measured().ceilings.l1 > 0);
  CHECK(measured().ceilings.l3 > 0);
}

TEST_CASE("the rows of a bench have the layer that multiplies, and its place in combinators") {
  using namespace etch;
  auto const names = [](bench_report const& report) {
    std::vector<std::string> all;
    for (auto const& row : report.rows)
      all.push_back(std::to_string(row.layer) + " " + row.name + " " + row.step);
    return all;
  };
  using list = std::vector<std::string>;
  CHECK(names(measured()) == list{"1 conv2d contract_max_pool", "5 dense contract",
                                  "7 dense contract", "8 softmax row_loop"});
  constexpr auto unpooled = input<6, 6, 1> | conv2d<16, 3> | relu;
  CHECK(names(bench<unpooled>({.seconds = 1e-4})) == list{"1 conv2d contract"});
  constexpr auto block = conv2d<16, 3, same> | relu | conv2d<16, 3, same>;
  constexpr auto resnet = input<8, 8, 16> | conv2d<16, 3, same> |
                          repeat<2>(residual(block) | relu);
  auto const report = bench<resnet>({.seconds = 1e-4});
  list products;
  for (auto const& row : report.rows)
    if (row.multiply_adds > 0) {
      products.push_back(std::to_string(row.layer) + " " + row.name);
      CHECK(roofline_svg(report).find(">" + products.back() + " " + row.kernel + "<") !=
            std::string::npos);
    }
  CHECK(products == list{"1 conv2d", "2 repeat/1 residual/1 conv2d", "2 repeat/1 residual/3 conv2d",
                         "2 repeat/3 residual/1 conv2d", "2 repeat/3 residual/3 conv2d"});
  for (std::string const& name : products)
    CHECK(to_table(report).find(name.substr(1) + " ") != std::string::npos);
}

TEST_CASE("the total of a bench tells the shape of each output") {
  constexpr auto two = etch::input<4> | etch::fork(etch::dense<3>, etch::reshape<2, 2>);
  CHECK(etch::bench<two>({.seconds = 1e-4}).total.output ==
        etch::shape_text({3}) + ", " + etch::shape_text({2, 2}));
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

TEST_CASE("the table and the JSON of a bench") {
  etch::bench_report report;
  report.instruction_set = "avx2";
  report.ceilings = {100, 200, 150, 20};
  report.rows.push_back({.layer = 1,
                         .name = "dense",
                         .step = "contract",
                         .kernel = "rows 8x3",
                         .output = "16",
                         .nanoseconds = 100,
                         .multiply_adds = 1000,
                         .bytes = 4000,
                         .of_peak = 0.2,
                         .bound = "L1",
                         .of_bound = 0.75});
  report.rows.push_back({.layer = 2, .name = "relu", .step = "map", .output = "16"});
  report.total = {.name = "total", .nanoseconds = 120, .multiply_adds = 1000};
  auto const row = [](char const* start, char const* numbers) {
    return std::string{"{\"layer\": "} + start + ", \"nanoseconds\": " + numbers + "}";
  };
  CHECK(to_json(report) ==
        "{\n  \"processor\": \"\",\n  \"instruction_set\": \"avx2\",\n  \"ceilings\": {\"gflops\": 100.000, "
        "\"l1_gigabytes\": 200.000, \"l2_gigabytes\": 150.000, \"l3_gigabytes\": 20.000},\n"
        "  \"rows\": [\n    " +
            row("1, \"name\": \"dense\", \"step\": \"contract\", \"kernel\": \"rows 8x3\", "
                "\"output\": \"16\"",
                "100.000, \"multiply_adds\": 1000, \"bytes\": 4000, \"gflops\": 20.000, "
                "\"of_peak\": 0.2000, \"bound\": \"L1\", \"of_bound\": 0.7500") +
            ",\n    " +
            row("2, \"name\": \"relu\", \"step\": \"map\", \"kernel\": \"\", \"output\": \"16\"",
                "0.000, \"multiply_adds\": 0, \"bytes\": 0, \"gflops\": 0.000, "
                "\"of_peak\": 0.0000, \"bound\": \"\", \"of_bound\": 0.0000") +
            "\n  ],\n  \"total\": " +
            row("0, \"name\": \"total\", \"step\": \"\", \"kernel\": \"\", \"output\": \"\"",
                "120.000, \"multiply_adds\": 1000, \"bytes\": 0, \"gflops\": 16.667, "
                "\"of_peak\": 0.0000, \"bound\": \"\", \"of_bound\": 0.0000") +
            "\n}\n");
  std::string const table = to_table(report);
  CHECK(std::count(table.begin(), table.end(), '\n') == 7);
  for (char const* words :
       {"    1  dense ", " 20.0 ", " 20% ", "L1 ", " 75%\n", " total ", " 16.7 "})
    CHECK(table.find(words) != std::string::npos);
}

namespace {

/// The boxes of all texts of an SVG image of 12-pixel letters, about 7 pixels wide.
struct text_box {
  std::string words;
  double left, right, top, bottom;
};
std::vector<text_box> texts_of(std::string const& svg) {
  std::vector<text_box> all;
  for (std::size_t at = svg.find("<text "); at != std::string::npos;
       at = svg.find("<text ", at + 1)) {
    std::size_t const end = svg.find('>', at);
    std::string const tag = svg.substr(at, end - at);
    std::string const words = svg.substr(end + 1, svg.find('<', end) - end - 1);
    if (tag.find("rotate") != std::string::npos) continue;
    double const x = std::stod(tag.substr(tag.find(" x=\"") + 4));
    double const y = std::stod(tag.substr(tag.find(" y=\"") + 4));
    double const width = 6.6 * static_cast<double>(words.size());
    double const left = tag.find("\"middle\"") != std::string::npos ? x - width / 2
                        : tag.find("\"end\"") != std::string::npos  ? x - width
                                                                    : x;
    all.push_back({words, left, left + width, y - 9, y});
  }
  return all;
}

}  // namespace

TEST_CASE("a roofline has a dot for each step that multiplies, inside the picture") {
  etch::bench_report report;
  report.instruction_set = "avx2";
  report.ceilings = {100, 200, 100, 20};
  report.rows.push_back(
      {.layer = 1, .name = "dense", .nanoseconds = 100, .multiply_adds = 1000, .bytes = 4000});
  report.rows.push_back({.layer = 2, .name = "relu", .nanoseconds = 10, .bytes = 40});
  report.rows.push_back(
      {.layer = 3, .name = "a<b", .nanoseconds = 1e6, .multiply_adds = 1e6, .bytes = 10});
  std::string const svg = etch::roofline_svg(report, "title & \x01more\x1f");
  std::size_t circles = 0;
  double left = 0, top = 0;
  for (std::size_t at = svg.find("<circle cx=\""); at != std::string::npos;
       at = svg.find("<circle cx=\"", at + 1)) {
    ++circles;
    double const x = std::stod(svg.substr(at + 12));
    double const y = std::stod(svg.substr(svg.find("cy=\"", at) + 4));
    CHECK((x > 0 && x < 710));
    CHECK((y > 0 && y < 480));
    CHECK(x > left);  // more operations a byte
    CHECK(y > top);   // slower
    left = x;
    top = y;
  }
  CHECK(circles == 2);
  for (char const* words :
       {">L1 200 GB/s<", ">L2 100 GB/s<", ">L3 20 GB/s<", ">FMA 100 GFLOP/s<", ">1 dense<",
        ">3 a&lt;b<", ">title &amp;  more <"})
    CHECK(svg.find(words) != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
}

TEST_CASE("the title of a roofline names the processor and the instruction set") {
  etch::bench_report report;
  report.ceilings = {100, 200, 100, 20};
  report.instruction_set = "avx512";
  CHECK(etch::roofline_svg(report).find(">AVX-512, one core<") != std::string::npos);
  report.processor = "Some CPU";
  CHECK(etch::roofline_svg(report).find(">Some CPU, AVX-512, one core<") != std::string::npos);
  CHECK(etch::roofline_svg(report, "mine").find(">mine<") != std::string::npos);
}

TEST_CASE("no label of a roofline lies on another or over the edge") {
  // Rates that are nearly the same, and many layers: equal ones, and some at the ends of the axes.
  etch::bench_report report;
  report.instruction_set = "avx512";
  report.processor = "A Processor With A Name Of Some Length @ 2.60GHz";
  report.ceilings = {400, 800, 210, 200};
  for (int i = 0; i < 34; ++i)
    report.rows.push_back({.layer = i,
                           .name = "repeat/" + std::to_string(i) + " residual/4 conv2d",
                           .nanoseconds = 100,
                           .multiply_adds = i % 5 == 0 ? 50 : 15000 + 10.0 * (i % 3),
                           .bytes = i % 7 == 0 ? 100.0 : 9000.0});
  std::string const svg = etch::roofline_svg(report);
  double const width = std::stod(svg.substr(svg.find("viewBox=\"0 0 ") + 13));
  double const height = std::stod(svg.substr(svg.find(' ', svg.find("viewBox=\"0 0 ") + 13)));
  auto const texts = texts_of(svg);
  CHECK(texts.size() > 34 * 3);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto const& a = texts[i];
    INFO(a.words);
    CHECK((a.left >= 0 && a.right <= width && a.top >= 0 && a.bottom <= height));
    for (std::size_t j = 0; j < i; ++j) {
      auto const& b = texts[j];
      INFO(b.words);
      bool const apart =
          a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      if (!apart) CHECK(apart);
    }
  }
}

TEST_CASE("a row of a bench tells the shape of what is computed, without the next layer's padding") {
  constexpr auto padded =
      etch::input<8, 8, 16> | etch::conv2d<16, 3, etch::same> | etch::relu |
      etch::conv2d<16, 3, etch::same>;
  auto const report = etch::bench<padded>({.seconds = 1e-4});
  int products = 0;
  for (auto const& row : report.rows)
    if (row.multiply_adds > 0) {
      CHECK(row.output == etch::shape_text({8, 8, 16}));
      ++products;
    }
  CHECK(products == 2);
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
  // what is read and written is changed in place
  CHECK(machine.lowest({.read = 4096, .written = 4096}, 4096).seconds ==
        Approx(4096 / machine.update(4096)));
  CHECK(machine.lowest({.read = 4096}, 4096).seconds == Approx(4096 / machine.load(4096)));
}
