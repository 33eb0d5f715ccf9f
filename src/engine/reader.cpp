#include "engine/reader.hpp"

#include <algorithm>

#include "file/posix_file_system.hpp"

namespace lockstep {
namespace {

std::unique_ptr<Store> reading_store(const Settings& settings) {
  StoreOptions options;
  options.table = settings.table;
  options.lock_timeout_ms = settings.lock_timeout.count();
  options.create = false;
  options.wait_for_server = false;
  return open_store(settings.database, options);
}

}  // namespace

Reader::Reader(const Settings& settings)
    : files_(std::make_unique<PosixFileSystem>()),
      engine_(settings, *files_, reading_store(settings)),
      thread_([this] { run(); }) {}

Reader::~Reader() { close(); }

void Reader::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool Reader::post(Job job) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  jobs_.push_back(std::move(job));
  changed_.notify_one();
  return true;
}

bool Reader::task(std::int64_t id, TaskDone done) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  questions_.push_back({id, std::move(done)});
  changed_.notify_one();
  return true;
}

void Reader::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return closed_ || !jobs_.empty() || !questions_.empty(); });
    if (jobs_.empty() && questions_.empty()) return;
    std::vector<TaskQuestion> questions;
    questions.swap(questions_);
    Job job;
    if (!jobs_.empty()) {
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    lock.unlock();
    if (!questions.empty()) answer(questions);
    if (job) job(engine_);
    lock.lock();
  }
}

void Reader::answer(std::vector<TaskQuestion>& questions) {
  try {
    std::vector<std::int64_t> ids;
    ids.reserve(questions.size());
    for (const TaskQuestion& question : questions) ids.push_back(question.id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    const TableRows rows = engine_.tasks_of(ids);
    for (const TaskQuestion& question : questions) {
      const auto task = std::lower_bound(rows.tasks.begin(), rows.tasks.end(), question.id,
                                         [](const Task& row, std::int64_t id) { return row.id < id; });
      const auto invalid = std::find_if(rows.invalid.begin(), rows.invalid.end(),
                                        [&](const InvalidRow& row) { return row.id == question.id; });
      if (invalid != rows.invalid.end()) question.done(*invalid);
      else if (task != rows.tasks.end() && task->id == question.id) question.done(std::optional(*task));
      else question.done(std::optional<Task>());
    }
  } catch (const Error& error) {
    for (const TaskQuestion& question : questions) question.done(error);
  }
}

}  // namespace lockstep
