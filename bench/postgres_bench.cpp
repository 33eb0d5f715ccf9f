// How fast the PostgreSQL store moves rows, beside what libpq and the server need for the same bytes alone.
//
//   postgres_bench URL [ROWS…]     an empty database that may be filled; 10000 100000 1000000 if no numbers are given
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "store/postgres/connection.hpp"
#include "store/postgres/postgres_store.hpp"

namespace {

using namespace lockstep;

constexpr Timestamp kNow{1'795'000'000'000'000};

struct Cost {
  double wall = 0;
  double cpu = 0;  // of this process alone: what a busy machine does not change
};

Cost seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  work();
  return {.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          .cpu = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC};
}

Task make_task(std::int64_t id) {
  Task task = task_with_defaults(id);
  task[Field::skill_name] = "skill " + std::to_string(id % 1000);
  task[Field::schedule_cron] = std::to_string(id % 60) + " * * * *";
  task[Field::next_run_at] = Timestamp{kNow.micros + id * 1'000'000};
  task[Field::params_json] = JsonText{R"({"retries":)" + std::to_string(id % 7) + R"(,"queue":"default"})"};
  task[Field::updated_at] = kNow;
  return task;
}

void report(const char* what, std::int64_t rows, Cost cost) {
  std::printf("%9lld rows  %-36s %8.3f s  (%.3f s of it ours)\n", static_cast<long long>(rows), what, cost.wall, cost.cpu);
  std::fflush(stdout);
}

void measure(const std::string& url, std::int64_t rows) {
  postgres::Connection raw(postgres::Target::parse(url));
  raw.execute("DROP TABLE IF EXISTS scheduled_tasks; DROP SCHEMA IF EXISTS lockstep CASCADE", "empty");
  const auto store = open_postgres_store(url, {});
  store->prepare();

  std::vector<RowChange> inserts;
  std::vector<BaseChange> base;
  std::vector<ChangeRecord> history;
  for (std::int64_t id = 1; id <= rows; ++id) {
    const Task task = make_task(id);
    base.push_back({.id = id, .task = task});
    history.push_back({.task_id = id, .side = Side::database, .before = "", .after = to_json_text(task)});
    inserts.push_back({.action = Action::insert, .task = task, .fields = {}, .expected = {}, .image = {}});
  }
  {
    auto transaction = store->begin(Access::write, "bench");
    report("insert tasks (COPY)", rows, seconds([&] { transaction->tasks().apply(inserts, kNow); }));
    report("write base", rows, seconds([&] { transaction->base().write(base, FieldSet::synced()); }));
    lockstep::Run run;
    run.key = "bench " + std::to_string(rows);
    run.replica = "bench";
    report("write history", rows, seconds([&] { transaction->history().record(run, history); }));
    report("commit", rows, seconds([&] { transaction->commit(); }));
  }
  raw.execute("ANALYZE", "analyze");
  {
    auto transaction = store->begin(Access::read, "bench");
    TableRows all;
    report("floor: COPY out alone", rows, seconds([&] {
             raw.copy_out("COPY (SELECT * FROM scheduled_tasks) TO STDOUT (FORMAT binary)", 9, "read", [](std::span<const postgres::Cell>) {});
           }));
    report("floor: binary result alone", rows, seconds([&] { raw.query("SELECT * FROM scheduled_tasks", {}, "read", true); }));
    report("read tasks", rows, seconds([&] { all = transaction->tasks().rows(); }));
    report("read base index", rows, seconds([&] { transaction->base().index(); }));
  }
  std::vector<RowChange> updates;
  for (const RowChange& insert : inserts) {
    RowChange update{.action = Action::update, .task = insert.task, .fields = {Field::status}, .expected = insert.task, .image = {}};
    update.task[Field::status] = std::string("disabled");
    updates.push_back(std::move(update));
  }
  for (const bool feed : {false, true}) {
    if (feed) store->install_feed();
    auto transaction = store->begin(Access::write, "bench");
    report(feed ? "update every task, triggers on" : "update every task", rows, seconds([&] { transaction->tasks().apply(updates, kNow); }));
  }
  {
    const std::string cursor = store->begin(Access::read, "bench")->tasks().cursor();
    raw.execute("UPDATE scheduled_tasks SET status = 'failed' WHERE id = 7", "update");
    report("begin, one changed row by the feed", rows, seconds([&] {
             auto transaction = store->begin(Access::write, "bench");
             const auto ids = transaction->tasks().changed_since(cursor);
             if (!ids || ids->size() != 1 || transaction->tasks().rows_of(*ids).tasks.size() != 1) std::abort();
           }));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "postgres_bench URL [ROWS…]\n");
    return 64;
  }
  std::vector<std::int64_t> sizes;
  for (int i = 2; i < argc; ++i) sizes.push_back(std::atoll(argv[i]));
  if (sizes.empty()) sizes = {10'000, 100'000, 1'000'000};
  for (const std::int64_t rows : sizes) measure(argv[1], rows);
  return 0;
}
