#pragma once

#include <etch/inference.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

/// A point in the box of a digit: x to the right, y down, from 0 to 1. A negative x lifts the pen.
struct point {
  float x = -1, y = 0;
  constexpr bool operator==(point const&) const = default;
};
using outline = std::array<point, 12>;

/// What the pen draws for each digit: curves (quadratic B-splines) that begin in their first point,
/// end in their last and are pulled towards those between; a point that is there twice is a corner.
inline constexpr std::array<outline, 10> digit_outlines{{
    {{{.5f, 0}, {.08f, 0}, {.08f, 1}, {.92f, 1}, {.92f, 0}, {.5f, 0}}},
    {{{.3f, .25f}, {.58f, 0}, {.58f, 0}, {.55f, 1}}},
    {{{.1f, .3f}, {.15f, -.08f}, {.9f, -.08f}, {.95f, .45f}, {.1f, 1}, {.1f, 1}, {.95f, .97f}}},
    {{{.12f, .1f}, {.85f, -.2f}, {.9f, .47f}, {.4f, .46f}, {.4f, .46f}, {.98f, .5f}, {.9f, 1.2f},
      {.08f, .9f}}},
    {{{.3f, .02f}, {.08f, .62f}, {.08f, .62f}, {.95f, .6f}, {}, {.72f, .25f}, {.7f, .6f},
      {.66f, 1}}},
    {{{.85f, 0}, {.25f, 0}, {.25f, 0}, {.18f, .44f}, {.18f, .44f}, {.95f, .28f}, {.98f, 1.08f},
      {.4f, 1.05f}, {.08f, .88f}}},
    {{{.72f, 0}, {.2f, .2f}, {.02f, 1.02f}, {.9f, 1.12f}, {.92f, .48f}, {.3f, .4f}, {.17f, .75f}}},
    {{{.08f, .04f}, {.92f, 0}, {.92f, 0}, {.5f, .5f}, {.38f, 1}}},
    {{{.5f, .46f}, {.08f, .4f}, {.12f, 0}, {.88f, 0}, {.92f, .4f}, {.5f, .46f}, {.02f, .54f},
      {.05f, 1}, {.95f, 1}, {.98f, .54f}, {.5f, .46f}}},
    {{{.86f, .28f}, {.85f, .56f}, {.1f, .62f}, {.08f, -.02f}, {.88f, -.05f}, {.86f, .28f},
      {.86f, .28f}, {.78f, 1}}},
}};

/// A round dot whose edge fades over one pixel.
inline void draw_dot(point at, float radius, std::span<float, 784> image) {
  auto const first = [&](float x) { return std::max(0, static_cast<int>(x - radius)); };
  auto const end = [&](float x) { return std::min(28, static_cast<int>(x + radius) + 2); };
  for (int row = first(at.y); row < end(at.y); ++row)
    for (int column = first(at.x); column < end(at.x); ++column) {
      float const dx = static_cast<float>(column) - at.x, dy = static_cast<float>(row) - at.y;
      float& pixel = image[static_cast<std::size_t>(row * 28 + column)];
      pixel = std::max(pixel, std::clamp(radius + 0.5f - std::sqrt(dx * dx + dy * dy), 0.0f, 1.0f));
    }
}

/// Draws a digit (28, 28, 1), bright on dark as in MNIST: its outline with points that shake,
/// turned, leaning, scaled and moved at random, with a pen of random width, and noise.
inline void draw_digit(int digit, etch::random_engine& rng, std::span<float, 784> image) {
  auto const within = [&](float low, float high) { return low + (high - low) * rng.uniform(); };
  auto const between = [](point a, point b, float t) {
    return point{a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
  };
  float const angle = within(-0.35f, 0.35f), leaning = within(-0.3f, 0.3f);
  float const width = within(9, 15), height = within(15, 21);
  point const centre{within(11.5f, 15.5f), within(11.5f, 15.5f)};
  float const pen = within(0.7f, 1.5f), noise = within(0, 0.2f);

  outline const& drawn = digit_outlines[static_cast<std::size_t>(digit)];
  auto const lifted = [&](std::size_t i) { return i >= drawn.size() || drawn[i].x < 0; };
  outline p;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (i > 0 && drawn[i] == drawn[i - 1]) {
      p[i] = p[i - 1];
      continue;
    }
    float const y = (drawn[i].y - 0.5f + within(-0.08f, 0.08f)) * height;
    float const x = (drawn[i].x - 0.5f + within(-0.11f, 0.11f)) * width - leaning * y;
    p[i] = {centre.x + std::cos(angle) * x - std::sin(angle) * y,
            centre.y + std::sin(angle) * x + std::cos(angle) * y};
  }

  std::fill(image.begin(), image.end(), 0.0f);
  for (std::size_t i = 1; i < p.size(); ++i) {
    if (lifted(i - 1) || lifted(i) || lifted(i + 1)) continue;  // not the middle of a curve
    point const from = i == 1 || lifted(i - 2) ? p[i - 1] : between(p[i - 1], p[i], 0.5f);
    point const to = lifted(i + 2) ? p[i + 1] : between(p[i], p[i + 1], 0.5f);
    for (float t = 0; t <= 1; t += 1.0f / 24)
      draw_dot(between(between(from, p[i], t), between(p[i], to, t), t), pen, image);
  }
  for (float& pixel : image) pixel = std::clamp(pixel + noise * rng.normal(), 0.0f, 1.0f);
}
