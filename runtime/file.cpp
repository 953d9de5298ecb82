#include "file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "error.hpp"

namespace etch {

namespace {

/// Throws `{path}: cannot be {done}: {what the operating system says}`.
[[noreturn]] void fail_system(file_path const& path, std::string_view done, int code) {
  throw error("{}: cannot be {}: {}", path.string(), done, std::generic_category().message(code));
}

/// A word for what stands at a path where a file was expected.
char const* kind_of_file(mode_t mode) {
  return S_ISREG(mode) ? "a file" : S_ISDIR(mode) ? "a directory" : "a device, pipe or socket";
}

/// Owns an open POSIX file.
class open_file {
 public:
  explicit open_file(int descriptor) : descriptor_(descriptor) {}
  open_file(open_file const&) = delete;
  open_file& operator=(open_file const&) = delete;
  ~open_file() { close(); }

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

  /// False when the system reports a delayed write error.
  bool close() {
    int const closing = std::exchange(descriptor_, -1);
    return closing < 0 || ::close(closing) == 0 || errno == EINTR;
  }

 private:
  int descriptor_;
};

/// Removes the file at `path`, unless it was renamed away.
struct temporary_file {
  file_path path;
  bool renamed = false;

  explicit temporary_file(file_path p) : path(std::move(p)) {}
  temporary_file(temporary_file const&) = delete;
  temporary_file& operator=(temporary_file const&) = delete;
  ~temporary_file() {
    if (!renamed) ::unlink(path.c_str());
  }
};

/// The path that `path` stands for when its last part is a symbolic link, which may dangle:
/// renaming onto a link would replace the link and leave the file it names as it was.
file_path without_links(file_path path) {
  std::array<char, 4096> target;
  for (int links = 0; links < 40; ++links) {
    ssize_t const size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0) break;  // it is no link, or what comes next reports what is wrong with it
    std::string const to(target.data(), static_cast<std::size_t>(size));
    path = to.starts_with('/') ? to : path.folder() + to;
  }
  return path;
}

bool write_all(int descriptor, std::span<std::byte const> bytes) {
  while (!bytes.empty()) {
    ssize_t const written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::vector<std::byte> read_file(file_path const& path) {
  // O_NONBLOCK: a pipe that nobody writes to gives an error below instead of waiting here.
  open_file file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file.is_open()) fail_system(path, "read", errno);
  struct stat status{};
  if (::fstat(file.descriptor(), &status) != 0) fail_system(path, "read", errno);
  if (!S_ISREG(status.st_mode))
    throw error("{}: expected a file, found {}", path.string(), kind_of_file(status.st_mode));

  std::vector<std::byte> bytes;
  try {
    bytes.resize(static_cast<std::size_t>(status.st_size));
  } catch (std::exception const&) {
    throw error("{}: expected a file that fits into memory, found {} bytes", path.string(),
                status.st_size);
  }
  std::size_t size = 0;
  while (size < bytes.size()) {
    ssize_t const count = ::read(file.descriptor(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_system(path, "read", errno);
    if (count == 0) break;  // it has become shorter; the format's reader says what is missing
    size += static_cast<std::size_t>(count);
  }
  bytes.resize(size);
  return bytes;
}

void write_file_atomically(file_path const& path,
                           std::span<std::span<std::byte const> const> parts) {
  file_path const target = without_links(path);
  if (!target.has_name()) throw error("{}: expected a file name to write to", path.string());
  struct stat old{};
  bool const replaces = ::stat(target.c_str(), &old) == 0;
  if (replaces && !S_ISREG(old.st_mode))
    throw error("{}: cannot be written: expected a file, found {}", path.string(),
                kind_of_file(old.st_mode));
  if (replaces && ::access(target.c_str(), W_OK) != 0) fail_system(path, "written", errno);

  static std::atomic<unsigned> serial = 0;
  std::string name;
  int descriptor = -1;
  do {  // another process may own the name, for example one with the same id in another container
    name = target.folder() + filled(".etch-{}-{}.tmp", ::getpid(), serial++);
    descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EEXIST);
  if (descriptor < 0) fail_system(path, "written", errno);
  open_file file{descriptor};
  temporary_file temporary{name};

  if (replaces && ::fchmod(descriptor, old.st_mode & 07777) != 0)
    fail_system(path, "written", errno);
  for (auto part : parts)
    if (!write_all(descriptor, part)) fail_system(path, "written", errno);
  if (::fsync(descriptor) != 0 && errno != EINVAL) fail_system(path, "written", errno);
  if (!file.close()) fail_system(path, "written", errno);
  if (::rename(name.c_str(), target.c_str()) != 0) fail_system(path, "written", errno);
  temporary.renamed = true;

  // The new name is on the disk once its folder is. Not every file system offers that, and the file
  // is complete either way, so a failure here is none of the caller's.
  std::string const parent = target.folder();
  open_file folder{
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.is_open()) static_cast<void>(::fsync(folder.descriptor()));
}

}  // namespace etch
