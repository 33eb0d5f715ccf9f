#include "store/sqlite/conflict_table.hpp"

#include "model/validation.hpp"
#include "store/names.hpp"

namespace lockstep::sqlite {
namespace {

constexpr const char* kColumns =
    "version, replica, task_id, reason, kind, fields, yaml_task, database_task, base_task, detected_at, "
    "resolution_request, yaml_author, database_author";
// Of tables that are not migrated yet.
constexpr const char* kColumnsWithoutAuthors =
    "version, replica, task_id, reason, kind, fields, yaml_task, database_task, base_task, detected_at, "
    "resolution_request, '', ''";

// `?1` … `?3` are the filter's, NULL = any.
constexpr const char* kWhere =
    " WHERE (?1 IS NULL OR replica = ?1) AND (?2 IS NULL OR task_id = ?2) AND (?3 IS NULL OR number = ?3)";

void bind_filter(Statement& statement, const ConflictFilter& filter) {
  statement.bind(1, filter.replica).bind(2, filter.task_id).bind(3, filter.number);
}

std::optional<Task> read_task(const Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(task_from_trusted_json(row.text(column)));
}

Conflict read_conflict(const Statement& row) {
  Conflict conflict;
  conflict.version = static_cast<int>(row.integer(0));
  conflict.replica = row.string(1);
  conflict.task_id = row.integer(2);
  conflict.finding = {.reason = stored_name(reason_by_text(row.text(3)), row.text(3)),
                      .kind = stored_name(kind_by_text(row.text(4)), row.text(4)),
                      .fields = fields_by_names(row.text(5))};
  conflict.yaml = read_task(row, 6);
  conflict.database = read_task(row, 7);
  conflict.base = read_task(row, 8);
  conflict.detected_at = Timestamp{row.integer(9)};
  conflict.resolution_request = row.string(10);
  conflict.yaml_author = row.string(11);
  conflict.database_author = row.string(12);
  conflict.number = row.integer(13);
  return conflict;
}

// One conflict's values as text, which the statement refers to until it is reset.
struct ConflictTexts {
  explicit ConflictTexts(const Conflict& conflict)
      : fields(names_of(conflict.finding.fields)),
        yaml(text_of(conflict.yaml)),
        database(text_of(conflict.database)),
        base(text_of(conflict.base)) {}

  void bind(Statement& statement, const Conflict& conflict) const {
    statement.bind(1, std::int64_t{conflict.version}).bind(2, conflict.replica).bind(3, conflict.task_id);
    statement.bind(4, to_string(conflict.finding.reason)).bind(5, to_string(conflict.finding.kind)).bind(6, fields);
    statement.bind(7, yaml).bind(8, database).bind(9, base);
    statement.bind(10, conflict.detected_at.micros).bind(11, conflict.resolution_request);
    statement.bind(12, conflict.yaml_author).bind(13, conflict.database_author);
  }

  static std::optional<std::string> text_of(const std::optional<Task>& task) {
    return task ? std::optional(to_json_text(*task)) : std::nullopt;
  }

  std::string fields;
  std::optional<std::string> yaml, database, base;
};

}  // namespace

std::vector<Conflict> SqliteConflictTable::list(const ConflictFilter& filter) {
  std::vector<Conflict> conflicts;
  if (!prepared_) return conflicts;
  Statement row = connection_.prepare(std::string("SELECT ") + (authors_ ? kColumns : kColumnsWithoutAuthors) +
                                      ", number FROM lockstep_conflicts" + kWhere + " ORDER BY number LIMIT ?4 OFFSET ?5");
  bind_filter(row, filter);
  row.bind(4, filter.limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(filter.limit));
  row.bind(5, static_cast<std::int64_t>(filter.offset));
  while (row.step()) conflicts.push_back(read_conflict(row));
  return conflicts;
}

std::size_t SqliteConflictTable::count(const ConflictFilter& filter) {
  if (!prepared_) return 0;
  Statement row = connection_.prepare(std::string("SELECT count(*) FROM lockstep_conflicts") + kWhere);
  bind_filter(row, filter);
  row.step();
  return static_cast<std::size_t>(row.integer(0));
}

std::vector<std::int64_t> SqliteConflictTable::insert(std::span<const Conflict> conflicts) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(conflicts.size());
  for (const Conflict& conflict : conflicts) {
    const ConflictTexts texts(conflict);
    Statement statement = connection_.prepare(std::string("INSERT INTO lockstep_conflicts (") + kColumns +
                                              ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    texts.bind(statement, conflict);
    statement.run();
    numbers.push_back(connection_.last_row_id());
  }
  return numbers;
}

void SqliteConflictTable::reopen(std::span<const Conflict> conflicts) {
  for (const Conflict& conflict : conflicts) {
    const ConflictTexts texts(conflict);
    Statement statement = connection_.prepare(std::string("INSERT INTO lockstep_conflicts (") + kColumns +
                                              ", number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    texts.bind(statement, conflict);
    statement.bind(14, conflict.number);
    statement.run();
  }
}

void SqliteConflictTable::update(std::span<const Conflict> conflicts) {
  for (const Conflict& conflict : conflicts) {
    const ConflictTexts texts(conflict);
    Statement statement = connection_.prepare(std::string("UPDATE lockstep_conflicts SET (") + kColumns +
                                              ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE number = ?");
    texts.bind(statement, conflict);
    statement.bind(14, conflict.number);
    statement.run();
    if (connection_.rows_changed() == 0) throw conflict_is_gone(conflict.number);
  }
}

void SqliteConflictTable::close(std::span<const std::int64_t> numbers) {
  for (const std::int64_t number : numbers) {
    connection_.prepare("DELETE FROM lockstep_conflicts WHERE number = ?").bind(1, number).run();
  }
}

}  // namespace lockstep::sqlite
