#include "engine/session.hpp"

#include <algorithm>
#include <future>

#include "engine/core.hpp"
#include "engine/host.hpp"
#include "engine/known_texts.hpp"
#include "file/file_io.hpp"

namespace lockstep {
namespace {

// Below this, a thread costs more than it saves.
constexpr std::size_t kWorthAThread = 64 * 1024;

template <class Item>
const Item* find_by_id(std::span<const Item> sorted, std::int64_t id) {
  auto at = std::lower_bound(sorted.begin(), sorted.end(), id,
                             [](const Item& item, std::int64_t wanted) { return item.id < wanted; });
  return at != sorted.end() && at->id == id ? &*at : nullptr;
}

// Something was synced under its name.
bool is_known(const ReplicaState& state) { return state.content.has_value() || !state.host.empty(); }

InvalidYaml missing_file(const std::string& name) {
  Diagnostic diagnostic;
  diagnostic.file = name;
  diagnostic.message =
      "no such file, but its tasks were synced before: a missing file never means that they were deleted; "
      "put it back (`lockstep restore` brings the last backup), or write `tasks: []` to say that there are none";
  return {{std::move(diagnostic)}, 0};
}

InvalidYaml no_file(const std::string& name) {
  Diagnostic diagnostic;
  diagnostic.file = name;
  diagnostic.message = "no such file; `lockstep init` starts a schedule";
  return {{std::move(diagnostic)}, 0};
}

}  // namespace

std::vector<IndexEntry> index_of_tasks(std::span<const Task> tasks, FieldSet synced, bool yaml) {
  std::vector<IndexEntry> index;
  index.reserve(tasks.size());
  for (const Task& task : tasks) {
    IndexEntry entry{task.id, fingerprint(task, synced), IndexEntry::kNoInstant};
    if (yaml)
      if (auto moved = task.instant(Field::updated_at)) entry.yaml_updated_at = moved->micros;
    index.push_back(entry);
  }
  return index;
}

std::vector<IndexEntry> index_of_document(const Document& document, std::span<const IndexEntry> known, FieldSet synced) {
  std::vector<IndexEntry> read = index_of_tasks(document.tasks(), synced, true);
  if (document.whole()) return read;
  std::vector<IndexEntry> index;
  index.reserve(document.size());
  auto next = read.begin();
  for (const KnownText& task : document.texts()) {
    if (next != read.end() && next->id == task.id) {
      index.push_back(*next++);
    } else if (const IndexEntry* entry = find_by_id(known, task.id)) {
      index.push_back(*entry);
    } else {
      throw Error({.code = ErrorCode::internal, .operation = "read", .subject = "task " + std::to_string(task.id),
                   .cause = "its text is known, but not what it says"});
    }
  }
  return index;
}

const Task* Session::row(std::int64_t id) const {
  return excluded.contains(id) ? nullptr : find_by_id<Task>(rows.tasks, id);
}

const Task* Session::yaml_task(std::int64_t id) const { return document->find(id); }

std::size_t Session::distinct_tasks() const {
  std::size_t both = 0;
  auto y = yaml_index.begin();
  auto d = database_index.begin();
  while (y != yaml_index.end() && d != database_index.end()) {
    if (y->id == d->id) ++both;
    const bool step_yaml = y->id <= d->id;
    const bool step_database = d->id <= y->id;
    if (step_yaml) ++y;
    if (step_database) ++d;
  }
  std::size_t only_invalid = 0;
  for (const InvalidRow& row : rows.invalid)
    if (!find_by_id<IndexEntry>(yaml_index, row.id)) ++only_invalid;
  return yaml_index.size() + database_index.size() - both + only_invalid;
}

Core::Core(Settings given, FileSystem& file_system, std::unique_ptr<Store> given_store, Clock given_clock)
    : settings(std::move(given)),
      files(file_system),
      store(std::move(given_store)),
      clock(std::move(given_clock)),
      file(file_system, settings.yaml,
           SafeFileOptions{.lock_timeout = settings.lock_timeout,
                           .backups = settings.backups,
                           .max_size = settings.max_file_size}),
      patience(file_system, settings.lock_timeout) {
  file.wait_with(&patience);
  store->on_wait([this](const std::string& what) { patience.tell(what); });
}

// What `agreed` depends on besides the bytes: with other settings the same bytes may read differently.
std::string Core::settings_key(FieldSet synced) const {
  return "yaml_version=" + std::to_string(static_cast<int>(settings.yaml_version)) +
         " synced=" + std::to_string(synced.bits());
}

bool Core::yaml_is_base(const Session& session) const {
  return session.known_replica && session.state.agreed && !session.content.missing &&
         session.state.content == session.content.fingerprint &&
         session.state.settings_key == settings_key(session.synced);
}

// The name `default` belongs to one file of one machine: two files that both never chose a name would
// otherwise take each other's tasks for deleted. Content that was synced before may turn up elsewhere.
std::optional<Error> Core::foreign_replica(const Session& session) {
  const ReplicaState& state = session.state;
  const bool same_place = state.host == host_name() && is_same_place(state.path, settings.yaml);
  const bool same_content = !session.content.missing && state.content == session.content.fingerprint;
  if (!is_known(state) || same_place || settings.replica_configured || same_content) return std::nullopt;
  return Error({.code = ErrorCode::usage,
                .operation = "sync",
                .subject = settings.yaml,
                .cause = "the replica \"" + state.name + "\" of this database belongs to " + state.path + " on " + state.host,
                .hint = "give this file a name of its own (`replica: NAME` in lockstep.yml, or --replica NAME), or "
                        "make it the owner with `lockstep init --adopt-replica " + state.name + "`"});
}

void Core::check_replica(Session& session) {
  if (const std::optional<Error> foreign = foreign_replica(session)) throw Error(*foreign);
  session.state.host = host_name();
  session.state.path = place_of(settings.yaml);
}

void Core::know_replica(Session& session) {
  session.state = session.transaction->base().state();
  session.known_replica = is_known(session.state);
  session.state.name = settings.replica;
  check_replica(session);
  session.base_index = session.transaction->base().index();
  // What was never written cannot wait to be.
  if (session.content.missing && session.read_only && session.base_index.empty())
    throw Error({.code = ErrorCode::permission, .operation = "make", .subject = settings.yaml, .cause = *session.read_only,
                 .hint = "let this user write there, or name another path"});
}

// None where they would not be used: by who only looks, for a small file, under other settings.
std::vector<KnownText> Core::known_texts(const Session& session) const {
  const bool useful = session.lock && session.known_replica && session.content.text.size() >= settings.piecewise_from &&
                      session.state.settings_key == settings_key(session.synced);
  if (!useful) return {};
  return read_known_texts(session.transaction->base().texts(), session.base_index);
}

bool Core::need_document(Session& session, InvalidYaml& invalid) {
  if (session.document) return true;
  const ReadOptions options{
      .file_name = settings.yaml, .version = settings.yaml_version, .piecewise_from = settings.piecewise_from};
  const bool never_synced = session.base_index.empty();
  if (!session.may_be_empty) session.may_be_empty = rows_to_give(session);
  if (session.content.missing && !*session.may_be_empty) {
    invalid = never_synced ? no_file(settings.yaml) : missing_file(settings.yaml);
    if (session.lock) observe_invalid(session.content, invalid);
    return false;
  }
  if (auto first = std::exchange(first_document, std::nullopt);
      first && never_synced && first->missing == session.content.missing && first->content == session.content.fingerprint) {
    session.document = std::move(first->document);
    session.yaml_warnings = std::move(first->warnings);
    return true;
  }
  if (!session.known_texts) session.known_texts = known_texts(session);
  ReadResult read = *session.may_be_empty ? Document::read_or_empty(std::move(session.content.text), options)
                                 : Document::read_changes(std::move(session.content.text), options, *session.known_texts);
  session.yaml_warnings = std::move(read.warnings);
  if (!read.document) {
    invalid = {std::move(read.diagnostics), read.more_diagnostics};
    if (session.lock) observe_invalid(session.content, invalid);
    return false;
  }
  session.document = std::move(read.document);
  return true;
}

// Which rows may differ from the base: those that the change feed names, those that did last time, and those whose
// YAML changed. All others are what the base says. false: the feed cannot tell, or a full comparison is due.
bool Core::read_changed_rows(Session& session) {
  TaskTable& table = session.transaction->tasks();
  const ReplicaState& state = session.state;
  session.cursor = table.cursor();
  feed_missing = session.cursor.empty();
  if (session.cursor.empty() || state.cursor.empty() || !state.unsettled || !state.full_check) return false;
  auto changed = table.changed_since(state.cursor);
  if (!changed) return false;
  session.move_cursor = !changed->empty();
  std::vector<std::int64_t> ids = std::move(*changed);
  ids.insert(ids.end(), state.unsettled->begin(), state.unsettled->end());
  const std::int64_t since_check = clock().micros - state.full_check->micros;
  const bool check_due = since_check > std::chrono::microseconds(settings.full_check_interval).count() || since_check < 0;
  if (check_due) {
    read_rows(session);
    check_feed(session, std::move(ids));
    return true;
  }
  for (const std::int64_t id : candidates(session.base_index, session.yaml_index, session.base_index)) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() > session.base_index.size() / 4 + 100) return false;  // one scan is cheaper

  session.rows = table.rows_of(ids);
  const std::vector<IndexEntry> read = index_of_tasks(session.rows.tasks, session.synced, false);
  auto next = read.begin();
  for (const IndexEntry& base : session.base_index) {
    for (; next != read.end() && next->id < base.id; ++next) session.database_index.push_back(*next);
    if (next != read.end() && next->id == base.id)
      session.database_index.push_back(*next++);
    else if (!std::binary_search(ids.begin(), ids.end(), base.id))
      session.database_index.push_back({base.id, base.fingerprint, IndexEntry::kNoInstant});
  }
  session.database_index.insert(session.database_index.end(), next, read.end());
  return true;
}

void Core::read_rows(Session& session) {
  session.rows = session.transaction->tasks().rows();
  session.database_index = index_of_tasks(session.rows.tasks, session.synced, false);
  session.full_check = session.move_cursor = true;
}

// The proof of the feed: rows that differ from the base although it named nothing.
void Core::check_feed(Session& session, std::vector<std::int64_t> expected) {
  std::sort(expected.begin(), expected.end());
  std::string missed;
  std::size_t count = 0;
  for (const std::int64_t id : candidates(session.base_index, session.base_index, session.database_index)) {
    if (std::binary_search(expected.begin(), expected.end(), id)) continue;
    if (++count <= 10) missed += (missed.empty() ? "" : ", ") + std::to_string(id);
  }
  if (count == 0) return;
  session.yaml_warnings.push_back(
      {"THE CHANGE FEED MISSED " + std::to_string(count) + " changed row(s), found by the full comparison (tasks " + missed +
           (count > 10 ? ", …" : "") + "): was the table changed with triggers disabled, or by replication?",
       std::nullopt, std::nullopt});
}

void Core::make_feed() {
  if (!feed_missing || settings.triggers == Settings::Triggers::never) return;
  feed_missing = false;
  const FeedState made = store->install_feed();
  feed_unheard = made.active || made.try_again;
  if (!made.active && settings.triggers == Settings::Triggers::required)
    throw Error({.code = ErrorCode::permission,
                 .operation = "make the change triggers on",
                 .subject = settings.table,
                 .cause = made.why_not,
                 .hint = "the sync itself is done; `lockstep init --print-sql` prints what to run as the table's owner, "
                         "`triggers: auto` does without"});
}

// Reads YAML and database at the same time: each is about half of a run's work. The document is not read
// where its bytes are known to say what the base says.
std::optional<InvalidYaml> Core::read_sides(Session& session, Scope scope) {
  TaskTable& table = session.transaction->tasks();
  session.synced = FieldSet::synced() & (table.shape().exists ? table.shape().columns : FieldSet::all());
  know_replica(session);

  const bool skip_yaml = yaml_is_base(session);
  InvalidYaml invalid;
  auto read_yaml = [&] {
    if (skip_yaml) session.yaml_index = session.base_index;
    if (skip_yaml || !need_document(session, invalid)) return;
    session.yaml_index = index_of_document(*session.document, session.base_index, session.synced);
  };
  // Before a thread may need them: the transaction is this one's.
  if (!skip_yaml) session.known_texts = known_texts(session);
  if (!skip_yaml) session.may_be_empty = rows_to_give(session);
  report(0.1, "reading both sides");
  if (scope == Scope::changes && !session.state.cursor.empty()) {
    read_yaml();
    if (!skip_yaml && !session.document) return invalid;
    if (!read_changed_rows(session)) read_rows(session);
  } else {
    std::future<void> yaml_ready;
    if (!skip_yaml && session.content.text.size() >= kWorthAThread)
      yaml_ready = std::async(std::launch::async, read_yaml);
    else
      read_yaml();
    session.cursor = table.cursor();
    feed_missing = session.cursor.empty();
    read_rows(session);
    if (yaml_ready.valid()) yaml_ready.get();
    if (!skip_yaml && !session.document) return invalid;
  }

  for (const InvalidRow& row : session.rows.invalid)
    session.excluded.try_emplace(row.id, Warning{"task " + std::to_string(row.id) +
                                                     ": the database row is not valid and takes no part: " + row.message,
                                                 row.id, std::nullopt});
  reindex_base(session);
  return std::nullopt;
}

// Base fingerprints cover the fields that the table had columns for when they were written; with another
// set of columns they would never match again.
void Core::reindex_base(Session& session) const {
  if (!session.lock || session.state.settings_key.empty() || session.base_index.empty()) return;
  const std::string key = settings_key(session.synced);
  const auto mask = [](const std::string& text) { return text.substr(text.find("synced=")); };
  if (mask(session.state.settings_key) == mask(key)) return;
  std::vector<std::int64_t> ids;
  for (const IndexEntry& entry : session.base_index) ids.push_back(entry.id);
  std::vector<BaseChange> again;
  for (Task& task : session.transaction->base().load(ids)) again.push_back({task.id, std::move(task)});
  session.transaction->base().write(again, session.synced);
  session.base_index = session.transaction->base().index();
}

Opened Core::open(const std::vector<Refusal>& refused, Scope scope) {
  for (;;) {
    auto locked = file.lock();
    if (auto* busy = std::get_if<Busy>(&locked)) return FileBusy{std::move(*busy)};
    Opened opened = open_locked(std::move(std::get<std::unique_ptr<SafeFile::Lock>>(locked)), refused, scope);
    // Whoever has the file open for writing is waited for without lock and transaction: it may want them itself.
    if (!std::holds_alternative<FileBusy>(opened) || !patience.wait()) return opened;
  }
}

Opened Core::open_locked(std::unique_ptr<SafeFile::Lock> lock, const std::vector<Refusal>& refused, Scope scope) {
  Session session;
  session.lock = std::move(lock);
  session.read_only = file.read_only_reason();
  session.transaction = begin_under_lock();
  for (std::string& sentence : store->mended()) {
    const auto same = [&](const Warning& warning) { return warning.message == sentence; };
    if (std::none_of(later_warnings.begin(), later_warnings.end(), same)) later_warnings.push_back({std::move(sentence), {}, {}});
    told.reset();  // its runs may be gone
  }
  if (unconfirmed) unconfirmed->committed = session.transaction->history().has_run(unconfirmed->key);
  if (!session.read_only) {
    if (auto busy = recover(session)) return FileBusy{std::move(*busy)};
    if (auto busy = adopt_stray_edit(session)) return FileBusy{std::move(*busy)};
  }
  auto content = file.read();
  if (auto* busy = std::get_if<Busy>(&content)) return FileBusy{std::move(*busy)};
  session.content = std::move(std::get<FileContent>(content));
  session.refused = refused;
  for (const Refusal& row : refused)
    session.excluded.try_emplace(row.id, Warning{"task " + std::to_string(row.id) +
                                                     (row.by_database ? ": the database refused the change, which waits: "
                                                                      : ": the change waits: ") + row.message,
                                                 row.id, std::nullopt});
  if (auto invalid = read_sides(session, scope)) return std::move(*invalid);
  return session;
}

Opened Core::look() {
  require_file();
  Session session;
  session.read_only = file.read_only_reason();
  auto content = file.read();
  if (auto* busy = std::get_if<Busy>(&content)) return FileBusy{std::move(*busy)};
  session.content = std::move(std::get<FileContent>(content));
  session.transaction = begin(Access::read);
  if (auto invalid = read_sides(session, Scope::changes)) return std::move(*invalid);
  return session;
}

}  // namespace lockstep
