#pragma once

#include "../name.hpp"
#include "../network.hpp"

namespace etch {
struct tap_of_this_name_before;
template <int Count>
struct taps_at_most;

namespace refusal {
inline constexpr reason unknown_tap{&unknown_tap};
inline constexpr reason too_many_taps{&too_many_taps};
}  // namespace refusal

template <class Where, class What, class Given, class... More>
struct sentence<refusal::unknown_tap, Where, What, Given, More...> : refused {
  static_assert(shape_rule<Where, What, expects<tap_of_this_name_before>, Given>::is_met,
                "etch: no tap of this name stands before this layer; set it with "
                "etch::tap<\"name\">");
};

template <class Where, class What, class Given, class... More>
struct sentence<refusal::too_many_taps, Where, What, Given, More...> : refused {
  using most = taps_at_most<flow::max_taps>;
  static_assert(shape_rule<Where, What, expects<most>, Given>::is_met,
                "etch: a network has too many taps; use a name again that is no longer needed");
};

namespace layers {

template <literal Name>
struct tap : layer {
  static constexpr std::string_view kind = "tap";
  static constexpr bool passes_on = true;

  static constexpr inference flow_rule(flow const& in) {
    if (in.streams != 1) return refuse_flow(refusal::wants_one_stream, in);
    int const known = in.find(Name.view());
    int const place = known < 0 ? in.taps : known;
    if (place == flow::max_taps) return refuse_flow(refusal::too_many_taps, in);
    inference result;
    result.out = in;
    result.out.tapped[static_cast<std::size_t>(place)] = {Name.view(), in[0]};
    if (known < 0) ++result.out.taps;
    return result;
  }

  static constexpr void forward(context& c) {
    for (auto& [name, value] : c.taps)
      if (name == Name.view()) {
        value = c.streams[0];
        return;
      }
    c.taps.push_back({Name.view(), c.streams[0]});
  }
};

template <literal... Names>
struct from : layer {
  static constexpr std::string_view kind = "from";
  static constexpr bool passes_on = true;

  static constexpr inference flow_rule(flow const& in) {
    inference result;
    result.out = in;
    result.out.streams = static_cast<int>(sizeof...(Names));
    if (result.out.streams > flow::max_streams)
      return refuse_flow(refusal::too_many_streams, result.out);
    result.out.streams = 0;
    for (std::string_view name : {Names.view()...}) {
      int const place = in.find(name);
      if (place < 0) return refuse_flow(refusal::unknown_tap, in);
      result.out[result.out.streams++] = in.tapped[static_cast<std::size_t>(place)].shape;
    }
    return result;
  }

  static constexpr void forward(context& c) {
    c.streams.clear();
    for (std::string_view wanted : {Names.view()...})
      for (auto const& [name, value] : c.taps)
        if (name == wanted) c.streams.push_back(value);
  }
};

}  // namespace layers

/// Keeps the stream under a name and lets it through: `dense<8> | tap<"skip"> | relu`. A name that
/// is used again means the later one.
template <literal Name>
inline constexpr layers::tap<Name> tap{};

/// The streams kept under these names take the place of the current ones, for any graph without
/// cycles: `from<"skip", "deep"> | add`.
template <literal... Names>
  requires(sizeof...(Names) > 0)
inline constexpr layers::from<Names...> from{};

}  // namespace etch
