#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "../files/file.hpp"
#include "report.hpp"

namespace etch {

namespace detail {

/// The plot of a roofline: its place in the image, and logarithmic axes.
struct log_axes {
  static constexpr double left = 70, top = 40, width = 640, height = 440;
  static constexpr double right = left + width, bottom = top + height;
  double x_from, x_to, y_from, y_to;

  double x(double v) const { return left + width * std::log(v / x_from) / std::log(x_to / x_from); }
  double y(double v) const {
    return top + height * (1 - std::log(v / y_from) / std::log(y_to / y_from));
  }

  /// The factor from one number on an axis to the next: the least power of two that leaves room.
  double x_step() const { return step(width / std::log2(x_to / x_from), 48); }
  double y_step() const { return step(height / std::log2(y_to / y_from), 16); }
  static double step(double pixels_of_2, double room) {
    return std::exp2(std::max(1.0, std::ceil(room / pixels_of_2)));
  }
  /// Powers of two: 8, or 1/8.
  static std::string text(double v) {
    return v < 1 ? fmt::format("1/{:.0f}", 1 / v) : fmt::format("{:.0f}", v);
  }
};

/// A rectangle of the image around (x, y).
struct label_box {
  double x, y, half_width, half_height;

  bool overlaps(label_box const& other) const {
    return std::abs(x - other.x) < half_width + other.half_width &&
           std::abs(y - other.y) < half_height + other.half_height;
  }
  bool is_inside_plot() const {
    return x - half_width > log_axes::left && x + half_width < log_axes::right &&
           y - half_height > log_axes::top && y + half_height < log_axes::bottom;
  }
};

/// Places for the numbers 1, 2, ... of these dots: each as near to its dot as it can be without
/// touching another dot or number, or the border of the plot.
inline std::vector<label_box> number_places(std::span<label_box const> dots) {
  constexpr int directions = 16;
  std::vector<label_box> places;
  for (std::size_t i = 0; i < dots.size(); ++i) {
    double const half_width = 3.5 * static_cast<double>(std::to_string(i + 1).size()) + 2;
    label_box place{};
    bool found = false;
    for (int step = 0; !found && step < 64 * directions; ++step) {
      double const angle = 2 * std::numbers::pi * (step % directions + 0.5) / directions;
      double const distance = 13 + 6 * (step / directions);
      place = {dots[i].x + distance * std::cos(angle), dots[i].y - distance * std::sin(angle),
               half_width, 6};
      auto const is_hit = [&](label_box const& other) { return place.overlaps(other); };
      found = place.is_inside_plot() && std::none_of(dots.begin(), dots.end(), is_hit) &&
              std::none_of(places.begin(), places.end(), is_hit);
    }
    places.push_back(place);
  }
  return places;
}

/// Control characters are no XML, not even escaped: they become spaces.
inline std::string xml_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out;
}

}  // namespace detail

/// The roofline of a report as an SVG image: operations per byte to the right, GFLOP/s upwards,
/// both logarithmic; one numbered dot for each kernel call that multiplies, under the ceilings of
/// this machine. Beside the plot stands what the lines and the numbers are. The title is the
/// processor and the instruction set unless another is given. Source: Williams, Waterman and
/// Patterson 2009.
inline std::string roofline_svg(bench_report const& r, std::string_view title = "") {
  using detail::log_axes, detail::xml_text;
  std::vector<bench_row const*> rows;
  double least = 1, lowest = r.ceilings.gflops, most = 64;
  std::size_t longest = 24;
  for (bench_row const& x : r.rows)
    if (x.multiply_adds > 0) {
      rows.push_back(&x);
      least = std::min(least, x.intensity());
      most = std::max(most, x.intensity());
      lowest = std::min(lowest, x.gflops());
      longest = std::max(longest, x.name.size() + x.kernel.size() + 25);
    }
  log_axes const axes{std::exp2(std::floor(std::log2(least)) - 1),
                      std::exp2(std::ceil(std::log2(most)) + 1),
                      std::exp2(std::floor(std::log2(std::max(lowest, 1e-3))) - 1),
                      std::exp2(std::ceil(std::log2(r.ceilings.gflops)) + 0.5)};
  constexpr double legend = log_axes::right + 24, line_height = 17;
  double const canvas_width = legend + 7.2 * static_cast<double>(longest) + 12;
  double const legend_end =
      log_axes::top + line_height * static_cast<double>(rows.size() + 6);
  double const canvas_height = std::max(log_axes::bottom + 60, legend_end);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"white\"/>\n"
      "<text x=\"{2}\" y=\"24\" font-size=\"15\">{3}</text>\n",
      canvas_width, canvas_height, log_axes::left,
      xml_text(title.empty() ? machine_text(r) : std::string{title}));

  for (double x = axes.x_from; x <= axes.x_to * 1.001; x *= axes.x_step())
    svg += fmt::format(
        "<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#e4e4e4\"/><text x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4}</text>\n",
        axes.x(x), log_axes::top, log_axes::bottom, log_axes::bottom + 16, log_axes::text(x));
  for (double y = axes.y_from; y <= axes.y_to; y *= axes.y_step())
    svg += fmt::format(
        "<path d=\"M{0} {1:.1f}H{2}\" stroke=\"#e4e4e4\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5}</text>\n",
        log_axes::left, axes.y(y), log_axes::right, log_axes::left - 6, axes.y(y) + 4,
        log_axes::text(y));
  svg += fmt::format(
      "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">operations per byte</text>\n"
      "<text x=\"18\" y=\"{}\" text-anchor=\"middle\" transform=\"rotate(-90 18 "
      "{})\">GFLOP/s</text>\n",
      (log_axes::left + log_axes::right) / 2, log_axes::bottom + 40,
      (log_axes::top + log_axes::bottom) / 2, (log_axes::top + log_axes::bottom) / 2);

  // The ceilings, and the legend from the top down.
  double legend_y = log_axes::top + 8;
  auto const ceiling = [&](std::string const& path, char const* colour, char const* dashes,
                           std::string const& name) {
    svg += fmt::format(
        "<path d=\"{0}M{1} {2:.1f}h28\" stroke=\"{3}\" stroke-width=\"1.5\" fill=\"none\" "
        "stroke-dasharray=\"{4}\"/><text x=\"{5}\" y=\"{6:.1f}\">{7}</text>\n",
        path, legend, legend_y, colour, dashes, legend + 36, legend_y + 4, name);
    legend_y += line_height;
  };
  struct slope {
    char const *name, *colour, *dashes;
    double rate;  // gigabytes a second
  };
  double const peak = r.ceilings.gflops;
  double const highest_rate = std::max({r.ceilings.l1, r.ceilings.l2, r.ceilings.l3, 1e-9});
  ceiling(fmt::format("M{:.1f} {:.1f}H{}",
                      axes.x(std::clamp(peak / highest_rate, axes.x_from, axes.x_to)),
                      axes.y(peak), log_axes::right),
          "#333", "none", fmt::format("FMA {:.0f} GFLOP/s", peak));
  for (slope const& s : {slope{"L1", "#1f6fb4", "none", r.ceilings.l1},
                         slope{"L2", "#2a8a3e", "7 3", r.ceilings.l2},
                         slope{"L3", "#a35c00", "2 3", r.ceilings.l3}}) {
    if (!(s.rate > 0)) continue;
    double const from = std::max(axes.x_from, axes.y_from / s.rate);
    double const ridge = std::clamp(peak / s.rate, axes.x_from, axes.x_to);
    ceiling(fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", axes.x(from), axes.y(from * s.rate),
                        axes.x(ridge), axes.y(ridge * s.rate)),
            s.colour, s.dashes, fmt::format("{} {:.0f} GB/s", s.name, s.rate));
  }

  std::vector<detail::label_box> dots;
  for (bench_row const* x : rows)
    dots.push_back({axes.x(x->intensity()), axes.y(std::max(x->gflops(), axes.y_from)), 5, 5});
  auto const places = detail::number_places(dots);
  legend_y += line_height / 2;
  for (std::size_t i = 0; i < rows.size(); ++i, legend_y += line_height) {
    auto const& [x, y, half_width, half_height] = places[i];
    svg += fmt::format(
        "<path d=\"M{0:.1f} {1:.1f}L{2:.1f} {3:.1f}\" stroke=\"#d9a79c\"/>"
        "<circle cx=\"{0:.1f}\" cy=\"{1:.1f}\" r=\"4\" fill=\"#b5321c\"/>"
        "<text x=\"{2:.1f}\" y=\"{4:.1f}\" text-anchor=\"middle\" stroke=\"white\" "
        "stroke-width=\"3\" paint-order=\"stroke\">{5}</text>"
        "<text x=\"{6}\" y=\"{7:.1f}\" text-anchor=\"end\">{5}</text>"
        "<text x=\"{8}\" y=\"{7:.1f}\">{9} {10}</text>"
        "<text x=\"{11:.0f}\" y=\"{7:.1f}\" text-anchor=\"end\">{12:.0f} GFLOP/s</text>\n",
        dots[i].x, dots[i].y, x, y, y + 4, i + 1, legend + 18, legend_y + 4, legend + 28,
        rows[i]->layer,
        xml_text(rows[i]->kernel.empty() ? rows[i]->name : rows[i]->name + " " + rows[i]->kernel),
        canvas_width - 12, rows[i]->gflops());
  }
  return svg + "</svg>\n";
}

/// Writes it to a file. Throws `error` if that fails.
inline void save_roofline(bench_report const& r, file_path const& path,
                          std::string_view title = "") {
  std::string const svg = roofline_svg(r, title);
  write_file_atomically(path, std::as_bytes(std::span{svg}));
}

}  // namespace etch
