#pragma once

namespace etch {

template <class Signature>
class function_ref;

/// A function that is called without being known, such as a lambda; it must outlive this. What
/// takes one is compiled once, whatever it is given. Source: std::function_ref of C++26.
template <class Result, class... Arguments>
class function_ref<Result(Arguments...)> {
 public:
  template <class Function>
  function_ref(Function const& f) noexcept
      : function_(&f), call_([](void const* function, Arguments... arguments) -> Result {
          return static_cast<Result>((*static_cast<Function const*>(function))(arguments...));
        }) {}

  Result operator()(Arguments... arguments) const { return call_(function_, arguments...); }

 private:
  void const* function_;
  Result (*call_)(void const*, Arguments...);
};

}  // namespace etch
