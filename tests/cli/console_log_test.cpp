#include "cli/console_log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>
#include <vector>

#include "file/descriptor.hpp"

namespace lockstep::cli {
namespace {

using config::LogFormat;

// 2026-11-22T08:00:00.5Z
const Timestamp kAt = *parse_timestamp("2026-11-22T08:00:00.5Z");

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    reading = Descriptor(ends[0]);
    writing = Descriptor(ends[1]);
  }
  // What is there now.
  std::string read() {
    std::string text;
    char bytes[4096];
    for (ssize_t size; (size = ::read(reading.get(), bytes, sizeof bytes)) > 0;) text.append(bytes, static_cast<std::size_t>(size));
    return text;
  }
  Descriptor reading, writing;
};

TEST(ConsoleLog, TextLine) {
  EXPECT_EQ(text_line({LogLevel::info, "Sync: nothing to do", {}}, kAt), "2026-11-22T08:00:00.500000Z info  Sync: nothing to do\n");
  EXPECT_EQ(text_line({LogLevel::error, "no", {}}, kAt), "2026-11-22T08:00:00.500000Z error no\n");
}

TEST(ConsoleLog, OneLineWhateverTheMessageHolds) {
  const std::string line = text_line({LogLevel::warn, "a\nb\x1b[31mc\r\xff", {}}, kAt);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  EXPECT_EQ(line.find('\xff'), std::string::npos);
}

TEST(ConsoleLog, JsonLineHasTheFields) {
  const std::string line = json_line({LogLevel::warn, "two\nlines\x1b", {{"run_id", Json::number(7)}, {"who", Json::string("x")}}}, kAt);
  const JsonResult parsed = parse_json(line);
  ASSERT_TRUE(parsed.ok()) << line;
  EXPECT_EQ(parsed.value.find("time")->text, "2026-11-22T08:00:00.500000Z");
  EXPECT_EQ(parsed.value.find("level")->text, "warn");
  EXPECT_EQ(parsed.value.find("run_id")->text, "7");
  EXPECT_EQ(parsed.value.find("who")->text, "x");
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(parsed.value.find("message")->text.find('\x1b'), std::string::npos);
}

TEST(ConsoleLog, LevelAndFormatMayChange) {
  Pipe pipe;
  ConsoleLog log(LogLevel::warn, LogFormat::text, pipe.writing.get());
  const LogSink sink = log.sink();
  sink({LogLevel::info, "not yet", {}});
  EXPECT_EQ(pipe.read(), "");
  log.configure(LogLevel::info, LogFormat::json);
  sink({LogLevel::info, "now", {}});
  EXPECT_NE(pipe.read().find("\"message\":\"now\""), std::string::npos);
}

TEST(ConsoleLog, AReaderThatStopsLosesLinesAndIsToldHowMany) {
  Pipe pipe;
  ConsoleLog log(LogLevel::info, LogFormat::text, pipe.writing.get());
  constexpr int kLines = 200;
  for (int i = 0; i < kLines; ++i) log.write({LogLevel::info, std::string(1000, 'x'), {}});  // more than a pipe holds
  const std::string held = pipe.read();
  const auto lines = std::count(held.begin(), held.end(), '\n');
  EXPECT_LT(lines, kLines);
  log.write({LogLevel::info, "heard again", {}});
  const std::string rest = pipe.read();
  EXPECT_NE(rest.find("warn  " + std::to_string(kLines - lines) + " lines of the log were lost"), std::string::npos) << rest;
  EXPECT_NE(rest.find("heard again\n"), std::string::npos);
}

TEST(ConsoleLog, AReaderThatIsGoneIsNoFault) {
  Pipe pipe;
  ConsoleLog log(LogLevel::info, LogFormat::text, pipe.writing.get());
  pipe.reading = Descriptor();
  std::signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < 3; ++i) log.write({LogLevel::info, "to nobody", {}});
  std::signal(SIGPIPE, SIG_DFL);
}

TEST(ConsoleLog, LinesOfSeveralThreadsStayWhole) {
  Pipe pipe;
  ConsoleLog log(LogLevel::info, LogFormat::text, pipe.writing.get());
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) log.write({LogLevel::info, "0123456789", {}});
      });
  }
  const std::string text = pipe.read();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 200);
  for (std::size_t start = 0; start < text.size(); start = text.find('\n', start) + 1)
    EXPECT_EQ(text.substr(start + 28, 17), "info  0123456789\n");
}

}  // namespace
}  // namespace lockstep::cli
