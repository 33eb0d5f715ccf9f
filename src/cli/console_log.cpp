#include "cli/console_log.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "cli/text_layout.hpp"

namespace lockstep::cli {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return "trace";
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "info";
}

// Whoever reads the log may have stopped reading (a pager, a full pipe): the server must not wait for it for long.
bool takes_more(int descriptor, int milliseconds) {
  pollfd wanted{descriptor, POLLOUT, 0};
  return ::poll(&wanted, 1, milliseconds) == 1 && (wanted.revents & POLLOUT) != 0;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::string text_line(const LogRecord& record, Timestamp at) {
  return format_rfc3339(at) + " " + padded(name_of(record.level), 5) + " " + escaped(record.message) + "\n";
}

std::string json_line(const LogRecord& record, Timestamp at) {
  Json line = Json::object();
  line.set("time", Json::string(format_rfc3339(at)));
  line.set("level", Json::string(std::string(name_of(record.level))));
  line.set("message", Json::string(escaped(record.message, true)));
  for (const auto& [name, value] : record.fields) line.set(name, value);
  return write_json(line) + "\n";
}

ConsoleLog::ConsoleLog(LogLevel least, config::LogFormat format, int descriptor)
    : descriptor_(descriptor), least_(least), format_(format) {}

void ConsoleLog::configure(LogLevel least, config::LogFormat format) {
  least_ = least;
  format_ = format;
}

void ConsoleLog::write(const LogRecord& record) {
  if (record.level < least_.load()) return;
  const auto line = format_.load() == config::LogFormat::json ? json_line : text_line;
  const Timestamp now = system_now();
  const std::scoped_lock lock(mutex_);
  constexpr int kPatience = 50;  // milliseconds; none while lines are being lost
  if (!takes_more(descriptor_, lost_ == 0 ? kPatience : 0)) {
    ++lost_;
    return;
  }
  if (lost_ > 0) {
    const LogRecord gap{LogLevel::warn, std::to_string(lost_) + " lines of the log were lost: nobody read them", {}};
    write_all(descriptor_, line(gap, now));
    lost_ = 0;
  }
  write_all(descriptor_, line(record, now));
}

LogSink ConsoleLog::sink() {
  return [this](const LogRecord& record) { write(record); };
}

}  // namespace lockstep::cli
