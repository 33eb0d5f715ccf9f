#include "store/postgres/catalogue.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace lockstep::postgres {
namespace {

constexpr std::string_view kOperation = "read the table's description";

// Every transaction asks these two, and a new session plans them with empty caches: one catalogue each, and no join.
// The name is in place of NAME; to_regclass follows the search path where it has no schema.
constexpr std::string_view kRelationStatement = R"(
SELECT c.oid, c.relnamespace::regnamespace, c.relname, c.relkind, c.relhasrules, c.relhassubclass,
       row_security_active(c.oid), has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
FROM pg_catalog.pg_class c WHERE c.oid = NAME;
)";
constexpr std::string_view kColumnStatement = R"(
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod, a.attnotnull,
       a.atthasdef OR a.attidentity <> '', a.attgenerated <> ''
FROM pg_catalog.pg_attribute a WHERE a.attrelid = NAME AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum;
)";

// Types that the server was not born with: domains, enumerations and others.
constexpr const char* kTypeQuery = R"(
SELECT t.oid, coalesce(b.oid, t.oid), coalesce(b.typtype, t.typtype), t.typbasetype <> 0, t.typtypmod, t.typnotnull,
       t.typdefault IS NOT NULL
FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
WHERE t.oid = ANY($1))";
constexpr std::int64_t kFirstOtherType = 10'000;  // FirstGenbkiObjectId: below it, oids are the same on every server

// Of the table and its partitions.
constexpr const char* kIdConstraintQuery = R"(
WITH RECURSIVE tree AS (
  SELECT $1::oid AS oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid)
SELECT x.relname
FROM tree
JOIN pg_catalog.pg_index i ON i.indrelid = tree.oid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid AND a.attnum = i.indkey[0]
WHERE i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = 'id')";

// A serial's or identity's own sequence, else one that the default calls. pg_depend knows both:
// the sequence depends on the column, or the default on the sequence.
constexpr const char* kSequenceQuery = R"(
SELECT quote_ident(n.nspname) || '.' || quote_ident(s.relname),
       has_schema_privilege(n.oid, 'USAGE') AND has_sequence_privilege(s.oid, 'UPDATE')
         AND has_sequence_privilege(s.oid, 'SELECT')
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_depend d
  ON (d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
      AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i'))
  OR (d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.objid = (SELECT f.oid FROM pg_catalog.pg_attrdef f WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum))
JOIN pg_catalog.pg_class s
  ON s.relkind = 'S' AND s.oid = CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid ELSE d.refobjid END
JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
WHERE a.attrelid = $1::oid AND a.attname = 'id'
ORDER BY d.classid = 'pg_attrdef'::regclass DESC
LIMIT 1)";

// By the oids of src/include/catalog/pg_type.dat.
ColumnKind kind_of(std::int64_t base_type, std::string_view typtype) {
  switch (base_type) {
    case 21: return ColumnKind::int2;
    case 23: return ColumnKind::int4;
    case 20: return ColumnKind::int8;
    case 25:    // text
    case 1043:  // character varying
    case 1042:  // character
      return ColumnKind::text;
    case 1114: return ColumnKind::timestamp;
    case 1184: return ColumnKind::timestamptz;
    case 114: return ColumnKind::json;
    case 3802: return ColumnKind::jsonb;
    default: return typtype == "e" ? ColumnKind::enumerated : ColumnKind::unknown;
  }
}

bool fits(FieldType type, ColumnKind kind) {
  switch (type) {
    case FieldType::text:
    case FieldType::cron:
      return kind == ColumnKind::text;
    case FieldType::status:
      return kind == ColumnKind::text || kind == ColumnKind::enumerated;
    case FieldType::timestamp:
      return kind == ColumnKind::timestamp || kind == ColumnKind::timestamptz;
    case FieldType::json_object:
      return kind == ColumnKind::json || kind == ColumnKind::jsonb || kind == ColumnKind::text;
  }
  return false;
}

std::string_view expected_type(FieldType type) {
  switch (type) {
    case FieldType::text:
    case FieldType::cron:
    case FieldType::status:
      return "text or varchar";
    case FieldType::timestamp:
      return "timestamp, with or without time zone";
    case FieldType::json_object:
      return "jsonb or json";
  }
  return "";
}

std::optional<std::int64_t> max_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::int2: return INT16_MAX;
    case ColumnKind::int4: return INT32_MAX;
    case ColumnKind::int8: return INT64_MAX;
    default: return std::nullopt;
  }
}

// What pg_type says of a type that the server was not born with.
struct Type {
  std::int64_t base = 0;  // itself, unless it is a domain
  std::string typtype;
  std::optional<std::int64_t> modifier;  // a domain's
  bool not_null = false;
  bool has_default = false;
};

std::map<std::int64_t, Type> read_types(Connection& connection, const Result& columns) {
  std::vector<std::int64_t> oids;
  for (int row = 0; row < columns.rows(); ++row) {
    if (const std::int64_t oid = columns.integer(row, 3); oid >= kFirstOtherType) oids.push_back(oid);
  }
  std::map<std::int64_t, Type> types;
  if (oids.empty()) return types;
  const Result rows = connection.query(kTypeQuery, Parameters().add_ids(oids), kOperation);
  for (int row = 0; row < rows.rows(); ++row) {
    Type type{.base = rows.integer(row, 1), .typtype = std::string(rows.text(row, 2))};
    if (rows.boolean(row, 3)) type.modifier = rows.integer(row, 4);
    type.not_null = rows.boolean(row, 5);
    type.has_default = rows.boolean(row, 6);
    types.emplace(rows.integer(row, 0), std::move(type));
  }
  return types;
}

Column column_from(const Result& row, int at, const std::map<std::int64_t, Type>& types) {
  Type type{.base = row.integer(at, 3), .typtype = {}};
  if (const auto other = types.find(type.base); other != types.end()) type = other->second;
  Column column;
  column.name = row.text(at, 1);
  column.type = row.text(at, 2);
  column.kind = kind_of(type.base, type.typtype);
  const std::int64_t modifier = type.modifier.value_or(row.integer(at, 4));
  // varchar(n) and char(n) carry n + 4.
  if (column.kind == ColumnKind::text && modifier > 4) column.max_length = static_cast<std::size_t>(modifier - 4);
  column.not_null = row.boolean(at, 5) || type.not_null;
  column.has_default = row.boolean(at, 6) || type.has_default;
  column.generated = row.boolean(at, 7);
  return column;
}

std::string about(std::string_view statement, std::string_view name) {
  std::string text(statement);
  text.replace(text.find("NAME"), 4, name);
  return text;
}

std::string looked_up(const TableName& name) { return "to_regclass(" + quote_literal(quote_identifier(name)) + ")"; }

void read_columns(Connection& connection, Relation& relation, const Result& columns) {
  const std::map<std::int64_t, Type> types = read_types(connection, columns);
  for (int row = 0; row < columns.rows(); ++row) relation.columns.push_back(column_from(columns, row, types));
}

[[noreturn]] void refuse(const Relation& relation, const std::string& problems) {
  std::string there;
  for (const Column& c : relation.columns) there += (there.empty() ? "" : ", ") + c.name + " " + c.type;
  std::string expected = "id bigint or integer";
  for (const FieldSpec& f : kSchema) {
    if (f.required) expected += ", " + std::string(f.name) + " " + std::string(expected_type(f.type));
  }
  throw Error({.code = ErrorCode::unsuitable_table,
               .operation = "use the table",
               .subject = quote_identifier(relation.name),
               .cause = problems + "; it has: " + (there.empty() ? "no columns" : there) + "; a schedule needs: " + expected,
               .hint = "name the right table with `table:`, or give this one the columns, or put a view with them in front of it"});
}

void match_columns(Relation& relation) {
  std::string problems;
  const auto complain = [&problems](std::string text) { problems += (problems.empty() ? "" : "; ") + std::move(text); };
  const auto find = [&relation](std::string_view name) -> const Column* {
    const auto at = std::find_if(relation.columns.begin(), relation.columns.end(),
                                 [name](const Column& c) { return c.name == name; });
    return at == relation.columns.end() ? nullptr : &*at;
  };

  if (const Column* id = find(kIdName); id == nullptr) {
    complain("column id is missing");
  } else if (const std::optional<std::int64_t> max = max_of(id->kind); !max) {
    complain("column id is " + id->type + ", but task ids are integers");
  } else if (id->generated) {
    complain("column id is computed by the table");
  } else {
    relation.id = *id;
    relation.shape.max_id = *max;
  }

  for (const FieldSpec& field : kSchema) {
    const Column* column = find(field.name);
    const std::string name(field.name);
    if (column == nullptr) {
      if (field.required) complain("column " + name + " is missing");
      continue;
    }
    const bool suitable = fits(field.type, column->kind);
    if (!suitable || column->generated) {
      const std::string why = suitable ? "is computed by the table"
                                       : "is " + column->type + ", not " + std::string(expected_type(field.type));
      if (field.required) complain("column " + name + " " + why);
      else relation.notes.push_back("Column " + name + " " + why + ": it is left alone.");
      continue;
    }
    relation.fields[static_cast<std::size_t>(field.field)] = *column;
    relation.shape.columns.insert(field.field);
    relation.shape.max_length[static_cast<std::size_t>(field.field)] = column->max_length;
    if (!column->not_null) relation.shape.nullable.insert(field.field);
  }
  if (!problems.empty()) refuse(relation, problems);
}

}  // namespace

std::string relation_statements(const TableName& name) {
  return about(kRelationStatement, looked_up(name)) + about(kColumnStatement, looked_up(name));
}

std::optional<Relation> relation_from(Connection& connection, std::span<const Result> results) {
  const Result& found = results[0];
  if (found.rows() == 0) return std::nullopt;

  Relation relation;
  relation.oid = static_cast<std::uint32_t>(found.integer(0, 0));
  // regnamespace comes quoted where SQL needs it.
  relation.name = {.schema = parse_table_name(found.text(0, 1)).name, .name = std::string(found.text(0, 2))};
  relation.sql = quote_identifier(relation.name);
  const char kind = found.text(0, 3).front();
  relation.view = kind == 'v';
  relation.has_children = found.boolean(0, 5);
  relation.row_security = found.boolean(0, 6);
  relation.names_server = found.boolean(0, 7);
  relation.shape.exists = true;

  // The two statements may have looked the name up on either side of a renaming.
  const Result& columns = results[1];
  if (columns.rows() > 0 && columns.integer(0, 0) == relation.oid) read_columns(connection, relation, columns);
  else read_columns(connection, relation, connection.execute(about(kColumnStatement, std::to_string(relation.oid)), kOperation));
  if (kind != 'r' && kind != 'p' && kind != 'v' && kind != 'f') {
    refuse(relation, "it is neither a table nor a view that can be written");
  }
  match_columns(relation);
  // The flag stays after the last rule was dropped.
  if (found.boolean(0, 4) && (kind == 'r' || kind == 'p')) {
    relation.has_rules = connection
                             .execute("SELECT EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE ev_class = " +
                                          std::to_string(relation.oid) + ")",
                                      kOperation)
                             .boolean(0, 0);
  }
  return relation;
}

std::optional<Relation> read_relation(Connection& connection, const TableName& name) {
  return relation_from(connection, connection.execute_all(relation_statements(name), kOperation));
}

std::optional<IdSequence> read_id_sequence(Connection& connection, const Relation& relation) {
  const Result row = connection.query(kSequenceQuery, Parameters().add(relation.oid), kOperation);
  if (row.rows() == 0) return std::nullopt;
  return IdSequence{.sql = std::string(row.text(0, 0)), .usable = row.boolean(0, 1)};
}

std::vector<std::string> read_id_constraints(Connection& connection, const Relation& relation) {
  const Result rows = connection.query(kIdConstraintQuery, Parameters().add(relation.oid), kOperation);
  std::vector<std::string> names;
  for (int row = 0; row < rows.rows(); ++row) names.emplace_back(rows.text(row, 0));
  return names;
}

}  // namespace lockstep::postgres
