#include "../../dsl/text.hpp"

#include <cstdint>
#include <limits>

#include "catch.hpp"

TEST_CASE("texts, characters and numbers take the places of {}") {
  std::string const name = "net";
  CHECK(etch::filled("plain {{text") == "plain {text");
  CHECK(etch::filled("{}{}", "", std::string_view{"ab"}) == "ab");
  CHECK(etch::filled("{}: '{}' at {}", name, 'x', 3) == "net: 'x' at 3");
  CHECK(etch::filled("{} {}", -1, std::size_t{7}) == "-1 7");
  CHECK(etch::filled("{}", std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(etch::filled("{}", std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(etch::filled("{}", std::uint8_t{65}) == "65");
  CHECK(etch::filled("{{{}}} {{}}", 1) == "{1} {}");
}

TEST_CASE("what stands between {: and } is fmt's") {
  CHECK(etch::filled("{:>4}|{:<3}|", "ab", 'c') == "  ab|c  |");
  CHECK(etch::filled("\\u{:04x} {:.2f} {:5.1f}", 31u, 1.005f, 2.25) == "\\u001f 1.00   2.2");
}

TEST_CASE("a number is written in the shortest form that is read as the same") {
  CHECK(etch::filled("{} {} {}", 0.1f, 0.1, 2.0) == "0.1 0.1 2");
  CHECK(etch::filled("{}", std::numeric_limits<float>::quiet_NaN()) == "nan");
}

TEST_CASE("shapes are written as they are declared") {
  CHECK(etch::shape_text({28, 28, 1}) == "(28, 28, 1)");
  CHECK(etch::shape_text({}) == "()");
}
