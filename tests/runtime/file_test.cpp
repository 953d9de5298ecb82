#include "../../runtime/files/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "catch.hpp"
#include "scratch_folder.hpp"

namespace fs = std::filesystem;

TEST_CASE("a file that was written is read back") {
  scratch_folder const folder;
  auto const path = folder / "some file.bin";
  etch::write_file_atomically(path, bytes_of("one, "), bytes_of(""), bytes_of("two"));
  CHECK(etch::read_file(path) == bytes_of("one, two"));
  CHECK(folder.files() == 1);

  etch::write_file_atomically(path, bytes_of("shorter"));
  CHECK(etch::read_file(path) == bytes_of("shorter"));

  etch::write_file_atomically(path);
  CHECK(etch::read_file(path).empty());
  CHECK(folder.files() == 1);
}

TEST_CASE("what cannot be read is an error with the path and the reason") {
  scratch_folder const folder;
  auto const missing = folder / "missing.bin";
  CHECK(message_of([&] { etch::read_file(missing); }) ==
        missing.string() + ": cannot be read: No such file or directory");
  CHECK(message_of([&] { etch::read_file(folder.path); }) ==
        folder.path.string() + ": expected a file, found a directory");
  CHECK(contains(message_of([] { etch::read_file("/dev/zero"); }), "found a device"));

  auto const pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(contains(message_of([&] { etch::read_file(pipe); }), "found a device, pipe or socket"));

  auto const huge = folder / "huge";
  etch::write_file_atomically(huge);
  std::error_code failed;
  fs::resize_file(huge, std::uintmax_t{1} << 62, failed);
  if (!failed)
    CHECK(contains(message_of([&] { etch::read_file(huge); }), "a file that fits into memory"));
}

TEST_CASE("a file that one may not read or write is an error") {
  scratch_folder const folder;
  rights_of_a_user const rights{folder};
  if (!rights.given()) return skip("root may read and write everything");
  auto const secret = folder / "secret.bin";
  etch::write_file_atomically(secret, bytes_of("x"));
  fs::permissions(secret, fs::perms::none);
  CHECK(contains(message_of([&] { etch::read_file(secret); }), "Permission denied"));
  fs::permissions(secret, fs::perms::owner_read);
  CHECK(contains(message_of([&] { etch::write_file_atomically(secret, bytes_of("y")); }),
                 "cannot be written: Permission denied"));
  CHECK(etch::read_file(secret) == bytes_of("x"));
}

TEST_CASE("what cannot be written is an error and leaves everything as it was") {
  scratch_folder const folder;
  auto const lost = folder / "no such folder/file.bin";
  CHECK(message_of([&] { etch::write_file_atomically(lost, bytes_of("x")); }) ==
        lost.string() + ": cannot be written: No such file or directory");
  CHECK(contains(message_of([&] { etch::write_file_atomically(folder.path, bytes_of("x")); }),
                 "found a directory"));
  CHECK(contains(message_of([&] { etch::write_file_atomically(folder / "a/", bytes_of("x")); }),
                 "expected a file name"));
  CHECK(contains(message_of([] { etch::write_file_atomically("/dev/null", bytes_of("x")); }),
                 "found a device"));
  CHECK(fs::is_character_file("/dev/null"));
  CHECK(folder.files() == 0);
}

TEST_CASE("a write that fails half way leaves the old file and no temporary one") {
  scratch_folder const folder;
  auto const path = folder / "weights.bin";
  etch::write_file_atomically(path, bytes_of("old"));

  // A limit on the file size fails a write like a full disk does: with some bytes written.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit limit = before;
  limit.rlim_cur = 4096;
  auto const handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  auto const message =
      message_of([&] { etch::write_file_atomically(path, byte_vector(4000), byte_vector(4000)); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  CHECK(message == path.string() + ": cannot be written: File too large");
  CHECK(etch::read_file(path) == bytes_of("old"));
  CHECK(folder.files() == 1);
}

TEST_CASE("whether a file can be written is known before there is anything to write") {
  scratch_folder const folder;
  auto const path = folder / "weights.bin";
  etch::check_writable(path);
  CHECK(folder.files() == 0);
  etch::write_file_atomically(path, bytes_of("old"));
  etch::check_writable(path);
  CHECK(etch::read_file(path) == bytes_of("old"));
  CHECK(folder.files() == 1);

  for (auto const& bad : {folder.path, folder / "none/weights.bin", folder / "a/",
                          fs::path{"/dev/null"}, fs::path{""}})
    CHECK(message_of([&] { etch::check_writable(bad); }) ==
          message_of([&] { etch::write_file_atomically(bad, bytes_of("x")); }));
  CHECK(contains(message_of([&] { etch::check_writable(folder / "none/weights.bin"); }),
                 "cannot be written: No such file or directory"));
}

TEST_CASE("what interrupted writes have left is removed by the next one, and nothing else") {
  scratch_folder const folder;
  auto const make = [&](char const* name) { std::ofstream{folder / name} << "x"; };
  for (auto const* name : {".etch-1-0.tmp", ".etch-123456-78.tmp"}) make(name);
  char const* const others[]{".etch-1-.tmp", ".etch--1.tmp", ".etch-.tmp",   ".etch-1.tmp",
                             "etch-1-2.tmp", ".etch-1-2",    ".etch-a-1.tmp"};
  for (auto const* name : others) make(name);
  fs::create_directory(folder / ".etch-2-1.tmp");
  fs::create_symlink("etch-1-2.tmp", folder / ".etch-2-2.tmp");
  REQUIRE(::mkfifo((folder / ".etch-2-3.tmp").c_str(), 0600) == 0);
  make(".etch-3-1.tmp");
  int const writing = ::open((folder / ".etch-3-1.tmp").c_str(), O_WRONLY);
  REQUIRE(::flock(writing, LOCK_EX) == 0);

  etch::write_file_atomically(folder / "file.bin", bytes_of("y"));
  CHECK_FALSE(fs::exists(folder / ".etch-1-0.tmp"));
  CHECK_FALSE(fs::exists(folder / ".etch-123456-78.tmp"));
  CHECK(fs::exists(folder / ".etch-3-1.tmp"));
  CHECK(folder.files() == 1 + 7 + 3 + 1);
  ::close(writing);
  etch::write_file_atomically(folder / "file.bin", bytes_of("z"));
  CHECK(folder.files() == 1 + 7 + 3);
}

TEST_CASE("processes that are killed while they write leave nothing for long") {
  scratch_folder const folder;
  auto const path = folder / "weights.bin";
  byte_vector const bytes(1 << 20);
  etch::write_file_atomically(path, bytes);
  for (int i = 0; i < 10; ++i) {
    pid_t const child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
      for (;;) etch::write_file_atomically(path, bytes);
    ::usleep(2000);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(folder.files() <= 2);
    CHECK(etch::read_file(path) == bytes);
  }
  etch::write_file_atomically(path, bytes);
  CHECK(folder.files() == 1);
}

TEST_CASE("writers in one folder do not remove each other's files") {
  scratch_folder const folder;
  auto const work = [&](char const* name) {
    try {
      for (int i = 0; i < 100; ++i) etch::check_writable(folder / name);
      etch::write_file_atomically(folder / name, bytes_of(name));
    } catch (etch::error const&) {
    }
  };
  std::thread one{work, "one"}, two{work, "two"};
  work("three");
  one.join();
  two.join();
  CHECK(folder.files() == 3);
  CHECK(etch::read_file(folder / "one") == bytes_of("one"));
}

TEST_CASE("a new file has the usual permissions and a replaced one keeps its own") {
  scratch_folder const folder;
  auto const path = folder / "file.bin";
  auto const permissions = [&] { return static_cast<unsigned>(fs::status(path).permissions()); };
  auto const mask = ::umask(0027);
  etch::write_file_atomically(path, bytes_of("x"));
  CHECK(permissions() == 0640);
  fs::permissions(path, fs::perms{0606});
  etch::write_file_atomically(path, bytes_of("y"));
  CHECK(permissions() == 0606);
  ::umask(mask);
}

TEST_CASE("a relative path is one in the current folder") {
  scratch_folder const folder;
  auto const before = fs::current_path();
  fs::current_path(folder.path);
  etch::write_file_atomically("here.bin", bytes_of("x"));
  fs::create_directory("sub");
  etch::write_file_atomically("sub/there.bin", bytes_of("y"));
  auto const here = etch::read_file("here.bin");
  fs::current_path(before);
  CHECK(here == bytes_of("x"));
  CHECK(etch::read_file(folder / "sub/there.bin") == bytes_of("y"));
}

TEST_CASE("writing through a symbolic link replaces the file that it names") {
  scratch_folder const folder;
  fs::create_directory(folder / "sub");
  auto const link = folder / "link", file = folder / "sub/file.bin";
  fs::create_symlink("sub/file.bin", link);
  etch::write_file_atomically(link, bytes_of("new"));  // it dangles here
  CHECK(etch::read_file(file) == bytes_of("new"));
  etch::write_file_atomically(link, bytes_of("newer"));
  CHECK(fs::is_symlink(link));
  CHECK(etch::read_file(file) == bytes_of("newer"));
}

TEST_CASE("a path is a text or a std::filesystem::path") {
  CHECK(etch::file_path{fs::path{"/a"} / "b"}.string() == "/a/b");
  CHECK(etch::file_path{std::string_view{"b"}}.folder() == "");
  CHECK(etch::file_path{"/b"}.folder() == "/");
  CHECK(etch::file_path{"a/b/c"}.folder() == "a/b/");
  CHECK_FALSE(etch::file_path{"a/"}.has_name());
  CHECK((etch::file_path{"a"} / "b").string() == "a/b");
  CHECK((etch::file_path{"a/"} / "b").string() == "a/b");
  CHECK((etch::file_path{""} / "b").string() == "b");
}
