#include "report/gnuplot.hpp"

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rhodrift/core/error.hpp>

#include "report/clean_text.hpp"

namespace rhodrift {

namespace {

[[noreturn]] void fail(const std::string& doing, int error_number) {
  throw RunError("gnuplot: " + doing + ": " + std::generic_category().message(error_number));
}

/// Input and output of the program. Files, not pipes: nobody has to read and write at once, so that
/// neither side can block the other.
class TemporaryFile {
 public:
  TemporaryFile() : file_(std::tmpfile(), &std::fclose) {
    if (!file_) fail("temporary file", errno);
  }

  int descriptor() const { return ::fileno(file_.get()); }

  void write(const std::string& content) {
    const bool complete =
        std::fwrite(content.data(), 1, content.size(), file_.get()) == content.size();
    if (!complete || std::fflush(file_.get()) != 0) fail("temporary file", errno);
    std::rewind(file_.get());
  }

  std::string read() {
    std::rewind(file_.get());
    std::string content;
    std::array<char, 65536> part;
    while (const std::size_t n = std::fread(part.data(), 1, part.size(), file_.get()))
      content.append(part.data(), n);
    return content;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  void redirect(int descriptor, const TemporaryFile& file) {
    ::posix_spawn_file_actions_adddup2(&actions_, file.descriptor(), descriptor);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

}  // namespace

std::string run_gnuplot(const std::string& script) {
  TemporaryFile input, output, messages;
  input.write(script);
  SpawnActions actions;
  actions.redirect(STDIN_FILENO, input);
  actions.redirect(STDOUT_FILENO, output);
  actions.redirect(STDERR_FILENO, messages);
  std::array<char, 8> program{"gnuplot"};
  std::array<char, 3> no_settings_of_the_user{"-d"};
  char* arguments[] = {program.data(), no_settings_of_the_user.data(), nullptr};
  pid_t child = 0;
  const int error_number =
      ::posix_spawnp(&child, program.data(), actions.get(), nullptr, arguments, environ);
  if (error_number == ENOENT)
    throw RunError(
        "gnuplot is not installed; plots need it (on Debian and Ubuntu: apt-get install "
        "gnuplot-nox)");
  if (error_number != 0) fail("cannot be started", error_number);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) fail("lost", errno);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw RunError("gnuplot failed: " + messages.read());
  return output.read();
}

std::string gnuplot_quoted(const std::string& text) {
  // Nothing but letters and spaces as they are: gnuplot looks for `commands`, @macros and the end
  // of the string before it reads escapes, takes a digit behind an escape as a part of it, and what
  // it makes of '' in single quotes depends on what is beside it.
  std::string quoted = "\"";
  for (const char c : clean_text(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\t')
      quoted += ' ';
    else if (byte >= 0x80 || c == ' ' || std::isalpha(byte))
      quoted += c;
    else
      quoted += fmt::format("\\{:03o}", byte);
  }
  return quoted + '"';
}

}  // namespace rhodrift
