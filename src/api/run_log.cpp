#include "api/run_log.hpp"

#include <cstdio>
#include <string>
#include <utility>

#include "api/json.hpp"
#include "api/problem.hpp"

namespace lockstep::api {
namespace {

std::string counts_text(const SideCounts& counts) {
  return "+" + std::to_string(counts.inserted) + " ~" + std::to_string(counts.updated) + " -" +
         std::to_string(counts.deleted);
}

bool any(const SideCounts& counts) { return counts.inserted + counts.updated + counts.deleted > 0; }

std::string milliseconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", seconds * 1'000);
  return text;
}

LogRecord success(const SyncResult& result, double seconds, bool news) {
  const std::size_t conflicts = result.conflicts.size();
  // Conflicts that are still what they were need no line each time that somebody looks.
  const bool quiet = !any(result.yaml) && !any(result.database) && (conflicts == 0 || !news);
  LogRecord record{quiet ? LogLevel::debug : conflicts > 0 ? LogLevel::warn : LogLevel::info, "", {}};
  record.message = "Sync (" + std::string(to_string(result.trigger)) + ")";
  if (quiet) {
    record.message += conflicts == 0 ? ": nothing to do" : ": nothing new, conflicts " + std::to_string(conflicts);
  } else {
    if (result.run_id) record.message += " run " + std::to_string(*result.run_id);
    record.message += ": YAML " + counts_text(result.yaml) + ", database " + counts_text(result.database);
    if (result.merged > 0) record.message += ", merged " + std::to_string(result.merged);
    if (conflicts > 0) record.message += ", conflicts " + std::to_string(conflicts);
  }
  record.message += " in " + milliseconds(seconds) + " ms";
  record.fields = {{"run_id", result.run_id ? Json::number(*result.run_id) : Json::null()},
                   {"yaml", counts_json(result.yaml)},
                   {"database", counts_json(result.database)},
                   {"merged", Json::number(static_cast<std::int64_t>(result.merged))},
                   {"conflicts_detected", Json::number(static_cast<std::int64_t>(conflicts))}};
  return record;
}

LogRecord failure(const Problem& problem, LogLevel level) {
  return {level,
          "Sync failed: " + problem.detail + (problem.hint.empty() ? "" : " (" + problem.hint + ")"),
          {{"problem", Json::string(std::string(spec(problem.kind).name))}}};
}

}  // namespace

LogRecord run_record(const Report& report) {
  LogRecord record = std::visit(
      [&report]<typename T>(const T& outcome) {
        if constexpr (std::is_same_v<T, SyncResult>) return success(outcome, report.seconds, report.news);
        // Tried again and again, and still the same: said once.
        else if (!report.news) return failure(problem_of(outcome), LogLevel::debug);
        else if constexpr (std::is_same_v<T, Error>) return failure(problem_of(outcome), LogLevel::error);
        else return failure(problem_of(outcome), LogLevel::warn);
      },
      report.outcome);
  record.fields.emplace_back("trigger", Json::string(std::string(to_string(report.trigger))));
  record.fields.emplace_back("duration_ms", Json::number(milliseconds(report.seconds)));
  return record;
}

void log_run(const Report& report, const LogSink& sink) {
  if (sink) sink(run_record(report));
}

}  // namespace lockstep::api
