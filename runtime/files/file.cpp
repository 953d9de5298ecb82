#include "file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "../error.hpp"

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
  explicit open_file(int descriptor = -1) : descriptor_(descriptor) {}
  open_file(open_file const&) = delete;
  open_file& operator=(open_file const&) = delete;
  ~open_file() { close(); }

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  void open(char const* path, int flags) { descriptor_ = ::open(path, flags | O_CLOEXEC, 0666); }

  /// False when the system reports a delayed write error.
  bool close() {
    int const closing = std::exchange(descriptor_, -1);
    return closing < 0 || ::close(closing) == 0 || errno == EINTR;
  }

 private:
  int descriptor_;
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

/// Whether a name is that of a temporary file: `.etch-`, two numbers with a hyphen between, `.tmp`.
bool is_temporary(std::string_view name) {
  constexpr std::string_view before = ".etch-", behind = ".tmp", digits = "0123456789";
  if (!name.starts_with(before) || !name.ends_with(behind)) return false;
  name.remove_suffix(behind.size());
  std::string_view const numbers = name.substr(before.size());
  std::size_t const hyphen = numbers.find_first_not_of(digits);
  return hyphen != 0 && hyphen < numbers.size() - 1 && numbers[hyphen] == '-' &&
         numbers.find_first_not_of(digits, hyphen + 1) == numbers.npos;
}

/// Whether the name in this folder is that of the open file.
bool is_called(int folder, char const* name, int descriptor) {
  struct stat opened{}, named{};
  return ::fstat(descriptor, &opened) == 0 &&
         ::fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(opened.st_mode) &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// Removes what interrupted writes have left in a folder, as far as one may: temporary files that
/// nobody has locked, for a writer holds the lock of its own until that is in place. (A process is
/// no such sign: its number is another's in the next container.) Where a file system has no locks
/// nothing is removed.
void remove_abandoned(std::string const& folder) {
  struct closing {
    void operator()(DIR* d) const { ::closedir(d); }
  };
  std::unique_ptr<DIR, closing> const list{::opendir(folder.empty() ? "." : folder.c_str())};
  if (list == nullptr) return;
  int const at = ::dirfd(list.get());
  while (dirent const* const entry = ::readdir(list.get())) {
    if (!is_temporary(entry->d_name)) continue;
    open_file const file{
        ::openat(at, entry->d_name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (file.is_open() && ::flock(file.descriptor(), LOCK_EX | LOCK_NB) == 0 &&
        is_called(at, entry->d_name, file.descriptor()))
      ::unlinkat(at, entry->d_name, 0);
  }
}

/// Removes the file of this name, if there is one, when it ends.
struct temporary_name {
  std::string name;

  temporary_name() = default;
  temporary_name(temporary_name const&) = delete;
  temporary_name& operator=(temporary_name const&) = delete;
  ~temporary_name() {
    if (!name.empty()) ::unlink(name.c_str());
  }
};

/// A file that is to take the place of the one at `path`: its bytes go to a temporary file in the
/// same folder, which is removed unless it is put in place.
class replacement {
 public:
  explicit replacement(file_path const& path) : path_(path), target_(without_links(path)) {
    if (!target_.has_name()) throw error("{}: expected a file name to write to", path.string());
    struct stat old{};
    bool const replaces = ::stat(target_.c_str(), &old) == 0;
    if (replaces && !S_ISREG(old.st_mode))
      throw error("{}: cannot be written: expected a file, found {}", path.string(),
                  kind_of_file(old.st_mode));
    if (replaces && ::access(target_.c_str(), W_OK) != 0) fail();
    remove_abandoned(target_.folder());
    while (!create()) {
    }
    if (replaces && ::fchmod(lock_.descriptor(), old.st_mode & 07777) != 0) fail();
  }

  void write(std::span<std::byte const> bytes) {
    if (!write_all(lock_.descriptor(), bytes)) fail();
  }

  void put_in_place() {
    if (::fsync(lock_.descriptor()) != 0 && errno != EINVAL) fail();
    // Some systems say only at the end what they could not write; and the lock, which has to last
    // as long as the temporary name, ends with the last descriptor.
    open_file same{::fcntl(lock_.descriptor(), F_DUPFD_CLOEXEC, 0)};
    if (!same.is_open() || !same.close()) fail();
    if (::rename(temporary_.name.c_str(), target_.c_str()) != 0) fail();
    temporary_.name.clear();

    // The new name is on the disk once its folder is. Not every file system offers that, and the
    // file is complete either way, so a failure here is none of the caller's.
    std::string const parent = target_.folder();
    open_file const folder{
        ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.is_open()) static_cast<void>(::fsync(folder.descriptor()));
  }

 private:
  [[noreturn]] void fail() const { fail_system(path_, "written", errno); }

  /// Makes and locks the temporary file. False if another has the name: a process with the same
  /// number in another container, or one that removes what is not locked yet.
  bool create() {
    static std::atomic<unsigned> serial = 0;
    lock_.close();
    std::string const name = target_.folder() + filled(".etch-{}-{}.tmp", ::getpid(), serial++);
    lock_.open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL);
    if (!lock_.is_open() && errno == EEXIST) return false;
    if (!lock_.is_open()) fail();
    if (::flock(lock_.descriptor(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
    if (::access(name.c_str(), F_OK) != 0 && errno == ENOENT) return false;
    temporary_.name = name;
    return true;
  }

  file_path path_, target_;
  open_file lock_;
  temporary_name temporary_;
};

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
  replacement file{path};
  for (auto part : parts) file.write(part);
  file.put_in_place();
}

void check_writable(file_path const& path) { replacement const not_put_in_place{path}; }

}  // namespace etch
