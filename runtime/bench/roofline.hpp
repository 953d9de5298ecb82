#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include <fmt/format.h>

#include "../file.hpp"
#include "report.hpp"

namespace etch {

namespace detail {

/// Logarithmic axes on a canvas of fixed size.
struct log_axes {
  static constexpr double left = 70, top = 40, width = 720, height = 440;
  double x_from, x_to, y_from, y_to;

  double x(double v) const { return left + width * std::log(v / x_from) / std::log(x_to / x_from); }
  double y(double v) const {
    return top + height * (1 - std::log(v / y_from) / std::log(y_to / y_from));
  }
};

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
/// both logarithmic; one dot for each kernel call that multiplies, under the ceilings of this
/// machine. Source: Williams, Waterman and Patterson 2009.
inline std::string roofline_svg(bench_report const& r, std::string_view title = "") {
  double least = 1, lowest = r.ceilings.gflops, most = 64;
  for (bench_row const& x : r.rows)
    if (x.multiply_adds > 0) {
      least = std::min(least, x.intensity());
      most = std::max(most, x.intensity());
      lowest = std::min(lowest, x.gflops());
    }
  detail::log_axes const axes{std::exp2(std::floor(std::log2(least)) - 1),
                              std::exp2(std::ceil(std::log2(most)) + 1),
                              std::exp2(std::floor(std::log2(std::max(lowest, 1e-3))) - 1),
                              std::exp2(std::ceil(std::log2(r.ceilings.gflops)) + 0.5)};
  using detail::log_axes;
  constexpr double bottom = log_axes::top + log_axes::height,
                   right = log_axes::left + log_axes::width;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 820 540\" "
      "font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"820\" height=\"540\" fill=\"white\"/>\n"
      "<text x=\"{}\" y=\"24\" font-size=\"15\">{}</text>\n",
      log_axes::left, detail::xml_text(title.empty() ? r.instruction_set : title));

  for (double x = axes.x_from; x <= axes.x_to * 1.001; x *= 2)
    svg += fmt::format(
        "<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#e4e4e4\"/><text x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4:g}</text>\n",
        axes.x(x), log_axes::top, bottom, bottom + 16, x);
  for (double y = axes.y_from; y <= axes.y_to; y *= 2)
    svg += fmt::format(
        "<path d=\"M{0} {1:.1f}H{2}\" stroke=\"#e4e4e4\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5:g}</text>\n",
        log_axes::left, axes.y(y), right, log_axes::left - 6, axes.y(y) + 4, y);
  svg += fmt::format(
      "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">operations per byte</text>\n"
      "<text x=\"18\" y=\"{}\" text-anchor=\"middle\" transform=\"rotate(-90 18 "
      "{})\">GFLOP/s</text>\n",
      (log_axes::left + right) / 2, bottom + 40, (log_axes::top + bottom) / 2,
      (log_axes::top + bottom) / 2);

  struct slope {
    char const* name;
    double rate;
  };
  double const peak = r.ceilings.gflops;
  for (slope const s :
       {slope{"L1", r.ceilings.l1}, slope{"L2", r.ceilings.l2}, slope{"L3", r.ceilings.l3}}) {
    if (!(s.rate > 0)) continue;
    double const from = std::max(axes.x_from, axes.y_from / s.rate);
    double const ridge = std::clamp(peak / s.rate, axes.x_from, axes.x_to);
    svg += fmt::format(
        "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"#888\" stroke-width=\"1.5\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"#555\">{} {:.0f} GB/s</text>\n",
        axes.x(from), axes.y(from * s.rate), axes.x(ridge), axes.y(ridge * s.rate),
        axes.x(from) + 4, axes.y(from * s.rate) - 8, s.name, s.rate);
  }
  double const highest_rate = std::max({r.ceilings.l1, r.ceilings.l2, r.ceilings.l3, 1e-9});
  svg += fmt::format(
      "<path d=\"M{:.1f} {:.1f}H{}\" stroke=\"#888\" stroke-width=\"1.5\"/>"
      "<text x=\"{}\" y=\"{:.1f}\" fill=\"#555\" text-anchor=\"end\">FMA {:.0f} GFLOP/s</text>\n",
      axes.x(std::clamp(peak / highest_rate, axes.x_from, axes.x_to)), axes.y(peak), right,
      right - 4, axes.y(peak) - 6, peak);

  for (bench_row const& x : r.rows)
    if (x.multiply_adds > 0)
      svg += fmt::format(
          "<circle cx=\"{0:.1f}\" cy=\"{1:.1f}\" r=\"4\" fill=\"#b5321c\"/>"
          "<text x=\"{2:.1f}\" y=\"{3:.1f}\">{4} {5}</text>\n",
          axes.x(x.intensity()), axes.y(std::max(x.gflops(), axes.y_from)),
          axes.x(x.intensity()) + 7, axes.y(std::max(x.gflops(), axes.y_from)) + 12, x.layer,
          detail::xml_text(x.name));
  return svg + "</svg>\n";
}

/// Writes it to a file. Throws `error` if that fails.
inline void save_roofline(bench_report const& r, file_path const& path,
                          std::string_view title = "") {
  std::string const svg = roofline_svg(r, title);
  write_file_atomically(path, std::as_bytes(std::span{svg}));
}

}  // namespace etch
