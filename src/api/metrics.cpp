#include "api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "api/problem.hpp"
#include "api/version.hpp"

namespace lockstep::api {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

constexpr double kMicrosPerSecond = 1e6;
double seconds(Timestamp at) { return static_cast<double>(at.micros) / kMicrosPerSecond; }

// The names of problems, so that every way to count has the same words.
std::string_view outcome_of(const Report& report) {
  return std::visit(
      []<typename T>(const T& outcome) -> std::string_view {
        if constexpr (std::is_same_v<T, SyncResult>)
          return outcome.conflicts.empty() ? "success" : spec(ProblemKind::conflicts).name;
        else return spec(problem_of(outcome).kind).name;
      },
      report.outcome);
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  Family<Counter>& runs = prometheus::BuildCounter()
                              .Name("lockstep_runs_total")
                              .Help("Syncs, resolutions and undos, by what asked for them and how they ended")
                              .Register(registry);
  Histogram& durations = prometheus::BuildHistogram()
                             .Name("lockstep_run_duration_seconds")
                             .Help("How long they took")
                             .Register(registry)
                             .Add({}, kSeconds);
  Family<Counter>& changes = prometheus::BuildCounter()
                                 .Name("lockstep_changes_total")
                                 .Help("Tasks written, by side and kind")
                                 .Register(registry);
  Family<Counter>& events =
      prometheus::BuildCounter().Name("lockstep_events_total").Help("Events published").Register(registry);
  Family<Counter>& requests = prometheus::BuildCounter()
                                  .Name("lockstep_http_requests_total")
                                  .Help("HTTP requests answered, by route and status")
                                  .Register(registry);
  Family<Gauge>& clients = prometheus::BuildGauge()
                               .Name("lockstep_clients")
                               .Help("Clients of the event streams that are connected")
                               .Register(registry);
  Gauge& conflicts = gauge("lockstep_conflicts_pending", "Conflicts that wait for a decision");
  Gauge& waiting = gauge("lockstep_waiting_changes", "Changes that should be carried over and cannot be for now");
  Gauge& in_sync = gauge("lockstep_in_sync", "1 while both sides hold the same, as far as is known");
  Gauge& failing = gauge("lockstep_last_sync_failed", "1 from a sync that failed to the next that succeeds");
  Counter& failures = prometheus::BuildCounter()
                          .Name("lockstep_sync_failures_total")
                          .Help("Syncs that came to nothing, whatever the cause")
                          .Register(registry)
                          .Add({});
  Gauge& tasks = gauge("lockstep_tasks", "Distinct tasks of both sides, as of the last sync");
  Gauge& last_success =
      gauge("lockstep_last_success_timestamp_seconds", "When a sync last succeeded; 0 = not since the start");
  Gauge& reachable = gauge("lockstep_database_reachable", "1 while the database can be reached");
  Gauge& valid = gauge("lockstep_yaml_valid", "1 while the YAML file is valid");

  // Looking up a series by its labels hashes them all: too dear for every request.
  using RequestKey = std::tuple<const char*, const char*, int>;
  std::mutex requests_mutex;
  std::map<RequestKey, Counter*> known_requests;

  Gauge& gauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }
};

Metrics::Metrics(Timestamp started) : impl_(std::make_unique<Impl>()) {
  prometheus::BuildGauge()
      .Name("lockstep_build_info")
      .Help("Always 1; the version is a label")
      .Register(impl_->registry)
      .Add({{"version", std::string(version())}})
      .Set(1);
  impl_->gauge("process_start_time_seconds", "When the process started").Set(seconds(started));
  for (const char* kind : {"websocket", "server_sent_events"}) impl_->clients.Add({{"kind", kind}});
  for (const char* side : {"yaml", "database"})
    for (const char* kind : {"insert", "update", "delete"}) impl_->changes.Add({{"side", side}, {"kind", kind}});
}

Metrics::~Metrics() = default;

void Metrics::count_run(Trigger trigger, std::string_view outcome, double seconds) {
  impl_->runs.Add({{"trigger", std::string(to_string(trigger))}, {"outcome", std::string(outcome)}}).Increment();
  impl_->durations.Observe(seconds);
}

void Metrics::count_run(const Report& report) {
  count_run(report.trigger, outcome_of(report), report.seconds);
  if (const auto* result = std::get_if<SyncResult>(&report.outcome)) count_changes(result->yaml, result->database);
  else impl_->failures.Increment();
}

void Metrics::count_changes(const SideCounts& yaml, const SideCounts& database) {
  const auto count = [this](const char* side, const SideCounts& counts) {
    const auto add = [&](const char* kind, std::size_t n) {
      impl_->changes.Add({{"side", side}, {"kind", kind}}).Increment(static_cast<double>(n));
    };
    add("insert", counts.inserted);
    add("update", counts.updated);
    add("delete", counts.deleted);
  };
  count("yaml", yaml);
  count("database", database);
}

void Metrics::count_event(std::string_view name) { impl_->events.Add({{"event", std::string(name)}}).Increment(); }

void Metrics::count_request(std::string_view method, std::string_view route, int status) {
  Counter* counter = nullptr;
  {
    const std::scoped_lock lock(impl_->requests_mutex);
    Counter*& known = impl_->known_requests[{method.data(), route.data(), status}];
    if (known == nullptr)
      known = &impl_->requests.Add(
          {{"method", std::string(method)}, {"route", std::string(route)}, {"status", std::to_string(status)}});
    counter = known;
  }
  counter->Increment();
}

void Metrics::set_clients(std::string_view kind, std::int64_t now) {
  impl_->clients.Add({{"kind", std::string(kind)}}).Set(static_cast<double>(now));
}

std::string Metrics::text(const Status& status, const Health& health) {
  impl_->conflicts.Set(static_cast<double>(status.pending_conflicts));
  impl_->tasks.Set(static_cast<double>(status.total_tasks));
  impl_->last_success.Set(health.last_success ? seconds(*health.last_success) : 0);
  impl_->reachable.Set(health.database == Health::Database::connected ? 1 : 0);
  impl_->in_sync.Set(status.in_sync ? 1 : 0);
  impl_->waiting.Set(static_cast<double>(status.waiting_count));
  impl_->failing.Set(status.last_error ? 1 : 0);
  impl_->valid.Set(health.yaml == Health::Yaml::valid ? 1 : 0);
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace lockstep::api
