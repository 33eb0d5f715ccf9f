#include "simulation/world.hpp"

#include <algorithm>
#include <exception>

#include "simulation/text.hpp"

namespace lockstep::simulation {
namespace {

constexpr int kFirstProcess = 3000;
constexpr std::chrono::hours kStart{0};

std::string beginning(const std::vector<Task>& tasks) {
  std::string text = "# the schedule\nteam: ops\ntasks:\n";
  for (const Task& task : tasks) text += task_text(task);
  return text;
}

Task first_task(std::int64_t id) {
  Task task = task_with_defaults(id);
  task[Field::skill_name] = "job-" + std::to_string(id);
  task[Field::schedule_cron] = std::string("0 2 * * *");
  task[Field::next_run_at] = *parse_timestamp("2026-11-23T02:00:00Z");
  return task;
}

// Where one is being dealt with already, another would end the program.
bool may_throw() { return std::uncaught_exceptions() == 0 && !std::current_exception(); }

}  // namespace

World::World(std::uint64_t seed) {
  Choices choices(seed);
  disk.able.read_leases = !choices.one_in(8);
  if (choices.one_in(8)) disk.able.largest_transfer = 100;
  disk.pass(kStart);
  make_replicas(choices);
  std::vector<Task> tasks;
  for (std::int64_t id = 1; id <= static_cast<std::int64_t>(2 + choices.below(4)); ++id) tasks.push_back(first_task(id));
  for (const Task& task : tasks) ledger.create({}, task, kDatabase, "the beginning");
  for (auto& replica : replicas_) {
    const std::string text = beginning(tasks);
    people_wrote(text);
    disk.put(replica->path(), text);
    (void)process(*replica)->sync({});
    seen_texts_.push_back(this->text(*replica));
  }
  disk.before_each([this](const auto& call) { before_call(call.operation + " " + call.path); });
  database->before_each([this](std::string_view operation) { return before_store_call(operation); });
}

World::~World() {
  frames_.clear();
  database->before_each(nullptr);
  open_files.clear();
  for (auto& replica : replicas_) replica->engine.reset();
}

void World::make_replicas(Choices& choices) {
  const std::size_t kind = choices.below(10);
  const int count = kind < 5 ? 1 : kind < 9 ? 2 : 3;
  for (int i = 0; i < count; ++i) {
    auto replica = std::make_unique<Replica>();
    const std::string folder = "/r" + std::to_string(i);
    disk.put_folder(folder);
    replica->number = i;
    replica->settings.yaml = folder + "/schedule.yml";
    replica->settings.replica = "r" + std::to_string(i);
    replica->settings.replica_configured = true;
    replica->settings.lock_timeout = std::chrono::milliseconds(200);
    replica->settings.settle_deletions = std::chrono::milliseconds(100);
    replica->settings.max_delete_percent = 100;
    replica->settings.backups = 3;
    replica->settings.run_keys = [this] { return "run" + std::to_string(++runs_); };
    if (choices.one_in(4)) replica->settings.piecewise_from = 0;
    if (choices.one_in(5)) replica->settings.auto_merge = false;
    replicas_.push_back(std::move(replica));
  }
}

std::unique_ptr<Engine> World::process(Replica& replica) {
  return std::make_unique<Engine>(replica.settings, disk, open_memory_store(database), [this] { return now(); });
}

Engine& World::daemon(Replica& replica) {
  if (!replica.engine) replica.engine = process(replica);
  return *replica.engine;
}

View World::rows() const {
  View view;
  for (const Task& task : database->tasks()) view.emplace(task.id, task);
  return view;
}

std::string World::token() { return "w" + std::to_string(++tokens_) + "x"; }

void World::say(const std::string& line) {
  if (!tracing) return;
  std::string out(2 * frames_.size(), ' ');
  if (!frames_.empty()) out += "at call " + std::to_string(frames_.back().calls) + ": ";
  trace.push_back(out + line);
}

void World::fail(const std::string& kind, const std::string& what) {
  if (violation) return;
  violation = Violation{kind, what};
  say("VIOLATED " + kind + ": " + what);
}

// ---- steps ------------------------------------------------------------------------------------------

void World::run(const Step& step) {
  if (violation) return;
  const bool outermost = frames_.empty();
  if (outermost) {
    static constexpr std::chrono::milliseconds kPauses[] = {std::chrono::milliseconds(0), std::chrono::milliseconds(3),
                                                            std::chrono::milliseconds(150), std::chrono::milliseconds(3000),
                                                            std::chrono::milliseconds(60000)};
    disk.pass(kPauses[step.seed % std::size(kPauses)]);
  }
  switch (step.kind) {
    case Kind::edit: case Kind::edit_twice: case Kind::open_buffer: case Kind::save_buffer: case Kind::append:
    case Kind::begin_pieces: case Kind::hold_open: case Kind::finish_file: case Kind::break_file: case Kind::mend_file:
      act_as_editor(*this, step);
      break;
    case Kind::update_row: case Kind::insert_row: case Kind::delete_row: case Kind::toggle_back:
      act_as_application(*this, step);
      break;
    case Kind::write_task: case Kind::sync: case Kind::resolve: case Kind::undo: case Kind::configure:
      act_as_operator(*this, step);
      break;
    default:
      act_as_disaster(*this, step);
  }
  if (outermost || !disk.stopped()) look_at_files();
  if (outermost && !violation) check_step();
}

World::Operated World::operate(const Step& step, const std::function<void(Engine&)>& act) {
  Replica& at = replica(step.replica);
  Choices choices(step.seed ^ 0xd1b54a32d192ed03ULL);
  const bool nested = !frames_.empty();
  const bool one_shot = choices.one_in(2) || nested;
  Frame frame;
  frame.due = step.during;
  frame.process = kFirstProcess + ++processes_;
  const std::size_t depth = frames_.size();
  frames_.push_back(std::move(frame));
  ++operations;

  Operated result;
  bool crashed = false;
  {
    const SimulatedFileSystem::Process as(disk, frames_[depth].process);
    std::unique_ptr<Engine> own = one_shot ? process(at) : nullptr;
    try {
      act(own ? *own : daemon(at));
      result.ended = true;
    } catch (const SimulatedCrash&) {
      crashed = true;
    } catch (const Error& error) {
      result.refused = error.what();
      if (error.code() == ErrorCode::internal && !disk.stopped()) fail("internal error", error.what());
    }
    crashed = crashed || disk.stopped();
    if (crashed && !own) at.engine.reset();
  }
  const Frame ended = std::move(frames_[depth]);
  frames_.resize(depth);
  result.alone = ended.alone && ended.due.empty() && !nested;
  if (crashed) {
    result.ended = false;
    if (!power_loss_) {
      disk.end_process(ended.process);
    } else if (nested) {
      if (may_throw()) throw SimulatedCrash{};
      return result;
    } else {
      restart();
    }
  }
  for (const Interruption& late : ended.due) run(late.step);
  return result;
}

// ---- between two calls --------------------------------------------------------------------------------

void World::before_call(const std::string& what) {
  if (frames_.empty() || hooked_off_) return;
  look_at_files();
  const std::size_t depth = frames_.size() - 1;
  ++calls;
  ++frames_[depth].calls;
  while (!frames_[depth].due.empty() && frames_[depth].due.front().call <= frames_[depth].calls) {
    const Interruption due = std::move(frames_[depth].due.front());
    frames_[depth].due.erase(frames_[depth].due.begin());
    frames_[depth].alone = false;
    if (tracing && !violation) say("(before " + what + ")");
    run(due.step);
    if (power_loss_) break;
  }
  die_if_due();
  if (const int error = frames_[depth].disk_error; error != 0) {
    disk.fail_this(error);
    if (!frames_[depth].disk_error_lasts) frames_[depth].disk_error = 0;
  }
}

std::optional<MemoryFault> World::before_store_call(std::string_view operation) {
  if (frames_.empty() || hooked_off_) return std::nullopt;
  constexpr MemoryFault kGone{.code = ErrorCode::unreachable, .retryable = false, .applied = false, .lasting = false};
  if (disk.stopped()) {
    if (may_throw()) throw SimulatedCrash{};
    return kGone;
  }
  before_call(std::string(operation));
  if (disk.stopped()) return kGone;
  Frame& frame = frames_.back();
  if (!frame.fault || operation == "committed") return std::nullopt;
  const MemoryFault fault = *frame.fault;
  if (!fault.lasting) frame.fault.reset();
  return fault;
}

void World::die_if_due() {
  if (!power_loss_ && !frames_.back().ends) return;
  disk.stop();
  if (may_throw()) throw SimulatedCrash{};
}

void World::power_loss(SimulatedFileSystem::Unsynced unsynced, std::uint64_t seed) { power_loss_ = PowerLoss{unsynced, seed}; }
void World::end_process() { frames_.back().ends = true; }
void World::disk_fault(int error, bool lasting) {
  frames_.back().disk_error = error;
  frames_.back().disk_error_lasts = lasting;
}
void World::store_fault(const MemoryFault& fault) { frames_.back().fault = fault; }

// The machine is up again. Who was writing a file in pieces sees what became of it, and writes it all once more.
void World::restart() {
  const PowerLoss how = *power_loss_;
  power_loss_.reset();
  for (auto& replica : replicas_) replica->engine.reset();
  std::vector<OpenFile> interrupted = std::move(open_files);
  open_files.clear();
  disk.restart(how.unsynced, how.seed);
  disk.before_each([this](const auto& call) { before_call(call.operation + " " + call.path); });
  for (OpenFile& file : interrupted) {
    file.file.reset();
    if (!file.in_pieces) continue;
    Replica& at = replica(file.buffer.replica);
    const auto planned = read_view(without_broken(file.planned));
    for (const std::string& before : {file.buffer.text, text(at)}) {
      const auto view = read_view(without_broken(before));
      if (view && planned) ledger.overwritten(*view, *planned, file.buffer.who);
      for (Note& note : ledger.notes())
        if (note.replica == at.number && before.find(note.text) != std::string::npos &&
            file.planned.find(note.text) == std::string::npos && note.excuse.empty())
          note.excuse = "not in what " + file.buffer.who + " saved";
    }
    people_wrote(file.planned);
    disk.put(at.path(), file.planned);
    for (const auto& account : file.account) account();
    say(file.buffer.who + " saves all of it again");
  }
}

void World::look_at_files() {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    std::string now = text(*replicas_[i]);
    if (now == seen_texts_[i]) continue;
    for (const std::int64_t id : ids_in(seen_texts_[i]))
      if (!lines_of(now, id)) ever_removed.insert(id);
    for (Note& note : ledger.notes()) {
      if (note.replica != static_cast<int>(i)) continue;
      const std::size_t at = now.find(note.text);
      if (at == std::string::npos) continue;
      if (const auto task = task_at(now, at)) note.tasks.insert(*task);
    }
    if (!by_people_.contains(now)) check_version(*this, *replicas_[i], now);
    seen_texts_[i] = std::move(now);
  }
}

void World::check_step() {
  hooked_off_ = true;
  for (auto& replica : replicas_) {
    const bool written = std::any_of(open_files.begin(), open_files.end(),
                                     [&](const OpenFile& file) { return file.buffer.replica == replica->number; });
    if (written) continue;
    try {
      check_status(*this, *replica, process(*replica)->status(), "status()");
    } catch (const Error& error) {
      fail("status throws", error.what());
    }
  }
  hooked_off_ = false;
}

// ---- rest -------------------------------------------------------------------------------------------

void World::come_to_rest(std::uint64_t seed) {
  Choices choices(seed);
  say("now everything comes to rest");
  while (!open_files.empty() && !violation) finish_file(*this, open_files.size() - 1, choices);
  for (auto& replica : replicas_) mend_file(*this, *replica);
  look_at_files();
  const bool decide = choices.one_in(2);
  constexpr int kRounds = 6;
  for (int round = 0; round < kRounds && !violation; ++round) {
    bool still = false;
    constexpr int kMostSyncs = 8;
    for (int i = 0; i < kMostSyncs && !still && !violation; ++i) {
      disk.pass(std::chrono::seconds(11));
      std::string before, after;
      for (auto& replica : replicas_) before += text(*replica);
      before += std::to_string(process(*replicas_.front())->history({}).size());
      for (auto& replica : replicas_) {
        Step step;
        step.kind = Kind::sync;
        step.replica = replica->number;
        std::optional<SyncOutcome> outcome;
        const Operated done = operate(step, [&](Engine& engine) { outcome = engine.sync({.max_delete_percent = 100}); });
        if (!done.refused.empty()) fail("does not sync at rest", done.refused);
        else if (!violation && !std::holds_alternative<SyncResult>(*outcome))
          fail("does not sync at rest", "alternative " + std::to_string(outcome->index()));
      }
      for (auto& replica : replicas_) after += text(*replica);
      after += std::to_string(process(*replicas_.front())->history({}).size());
      still = before == after;
    }
    if (!violation && !still) fail("restless", "still changing after " + std::to_string(kMostSyncs) + " syncs of each replica");
    look_at_files();
    if (!violation) check_rest(*this);
    if (violation || !decide) return;
    bool decided = false;
    for (auto& replica : replicas_) decided = simulation::resolve_all(*this, *replica, choices) || decided;
    if (!decided) return;
  }
}

}  // namespace lockstep::simulation
