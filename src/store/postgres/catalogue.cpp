#include "store/postgres/catalogue.hpp"

#include <algorithm>
#include <utility>

namespace lockstep::postgres {
namespace {

// $1 = the quoted name. to_regclass follows the search path where the name has no schema.
constexpr const char* kRelationQuery = R"(
SELECT c.oid, n.nspname, c.relname, c.relkind, row_security_active(c.oid),
       EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND c.relkind IN ('r', 'p'))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass($1))";

constexpr const char* kColumnQuery = R"(
SELECT a.attname, format_type(a.atttypid, a.atttypmod), coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text,
       coalesce(b.typtype, t.typtype),
       CASE WHEN t.typbasetype <> 0 THEN t.typtypmod ELSE a.atttypmod END,
       a.attnotnull OR t.typnotnull, a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
       a.attgenerated <> ''
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum)";

// Of the table and its partitions, the table's own first.
constexpr const char* kIdConstraintQuery = R"(
WITH RECURSIVE tree AS (
  SELECT $1::oid AS oid, 0 AS depth
  UNION ALL SELECT i.inhrelid, depth + 1 FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid)
SELECT x.relname, tree.depth
FROM tree
JOIN pg_catalog.pg_index i ON i.indrelid = tree.oid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid AND a.attnum = i.indkey[0]
WHERE i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = 'id'
ORDER BY tree.depth)";

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

ColumnKind kind_of(std::string_view base_type, std::string_view typtype) {
  if (base_type == "smallint") return ColumnKind::int2;
  if (base_type == "integer") return ColumnKind::int4;
  if (base_type == "bigint") return ColumnKind::int8;
  if (base_type == "text" || base_type == "character varying" || base_type == "character") return ColumnKind::text;
  if (base_type == "timestamp without time zone") return ColumnKind::timestamp;
  if (base_type == "timestamp with time zone") return ColumnKind::timestamptz;
  if (base_type == "json") return ColumnKind::json;
  if (base_type == "jsonb") return ColumnKind::jsonb;
  if (typtype == "e") return ColumnKind::enumerated;
  return ColumnKind::unknown;
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

Column column_from(const Result& row, int at) {
  Column column;
  column.name = row.text(at, 0);
  column.type = row.text(at, 1);
  column.kind = kind_of(row.text(at, 2), row.text(at, 3));
  const std::int64_t modifier = row.integer(at, 4);
  // varchar(n) and char(n) carry n + 4.
  if (column.kind == ColumnKind::text && modifier > 4) column.max_length = static_cast<std::size_t>(modifier - 4);
  column.not_null = row.boolean(at, 5);
  column.has_default = row.boolean(at, 6);
  column.generated = row.boolean(at, 7);
  return column;
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

std::optional<Relation> read_relation(Connection& connection, const TableName& name) {
  constexpr std::string_view kOperation = "read the table's description";
  const Result found = connection.query(kRelationQuery, Parameters().add(quote_identifier(name)), kOperation);
  if (found.rows() == 0) return std::nullopt;

  Relation relation;
  relation.oid = static_cast<std::uint32_t>(found.integer(0, 0));
  relation.name = {.schema = std::string(found.text(0, 1)), .name = std::string(found.text(0, 2))};
  relation.sql = quote_identifier(relation.name);
  const char kind = found.text(0, 3).front();
  relation.view = kind == 'v';
  relation.row_security = found.boolean(0, 4);
  relation.has_rules = found.boolean(0, 5);
  relation.shape.exists = true;

  const Result columns = connection.query(kColumnQuery, Parameters().add(relation.oid), kOperation);
  for (int row = 0; row < columns.rows(); ++row) relation.columns.push_back(column_from(columns, row));
  if (kind != 'r' && kind != 'p' && kind != 'v' && kind != 'f') {
    refuse(relation, "it is neither a table nor a view that can be written");
  }
  match_columns(relation);

  const Result unique = connection.query(kIdConstraintQuery, Parameters().add(relation.oid), kOperation);
  for (int row = 0; row < unique.rows(); ++row) {
    relation.id_constraints.emplace_back(unique.text(row, 0));
    relation.ids_are_unique = relation.ids_are_unique || unique.integer(row, 1) == 0;
  }
  const Result sequence = connection.query(kSequenceQuery, Parameters().add(relation.oid), kOperation);
  if (sequence.rows() > 0) {
    relation.sequence = sequence.text(0, 0);
    relation.sequence_usable = sequence.boolean(0, 1);
    if (!relation.sequence_usable) {
      relation.notes.push_back("This user may not move the sequence " + *relation.sequence +
                               " above ids that it inserts; its owner runs: GRANT SELECT, UPDATE ON SEQUENCE " +
                               *relation.sequence + " TO …");
    }
  }
  return relation;
}

}  // namespace lockstep::postgres
