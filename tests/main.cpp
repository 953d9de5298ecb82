// Compiled once and linked into every test: Catch2 2 is a header whose body is compiled here,
// Catch2 3 a library that brings its own.
#define CATCH_CONFIG_RUNNER
#include "catch.hpp"

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
