#include "api/refusal_log.hpp"

#include <string>
#include <utility>
#include <vector>

#include "model/validation.hpp"

namespace lockstep::api {
namespace {

LogRecord record_of(const Refusal& refusal, const Request& request) {
  const Problem& problem = refusal.problem;
  const std::string path = request.target.substr(0, request.target.find('?'));
  LogRecord record{LogLevel::warn,
                   "Refused " + request.method + " " + quoted_for_message(path) + ": " + problem.detail +
                       (problem.hint.empty() ? "" : " (" + problem.hint + ")"),
                   {{"method", Json::string(request.method)},
                    {"path", Json::string(path)},
                    {"status", Json::number(std::int64_t{spec(problem.kind).status})}}};
  for (const char* name : {"host", "origin"})
    if (const std::string* value = request.header(name)) record.fields.emplace_back(name, Json::string(*value));
  return record;
}

}  // namespace

void RefusalLog::add(const Refusal& refusal, const Request& request, std::chrono::steady_clock::time_point now) {
  if (!sink_) return;
  const std::scoped_lock lock(mutex_);
  if (period_begin_ == std::chrono::steady_clock::time_point{} || now - period_begin_ >= kPeriod) {
    if (left_out_ > 0)
      sink_({LogLevel::warn, std::to_string(left_out_) + " more requests were refused; not each of them is told", {}});
    period_begin_ = now;
    lines_ = left_out_ = 0;
  }
  if (lines_ == kLines) {
    ++left_out_;
    return;
  }
  ++lines_;
  sink_(record_of(refusal, request));
}

}  // namespace lockstep::api
