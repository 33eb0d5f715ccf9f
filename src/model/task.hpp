// What a task is: the schema, once. Reading, validating, comparing, merging,
// SQL and OpenAPI all follow from kSchema; nothing else lists the fields.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/fingerprint.hpp"
#include "model/timestamp.hpp"

namespace lockstep {

enum class Field : std::uint8_t {
  skill_name,
  schedule_cron,
  next_run_at,
  params_json,
  status,
  user_id,
  created_at,
  updated_at,
};
inline constexpr std::size_t kFieldCount = 8;

enum class FieldType : std::uint8_t { text, cron, timestamp, json_object, status };

enum class Side : std::uint8_t { yaml, database };
constexpr Side other(Side side) { return side == Side::yaml ? Side::database : Side::yaml; }

struct FieldSpec {
  Field field;
  std::string_view name;          // the YAML key, the JSON member and the column
  FieldType type;
  bool required;                  // must be present and not null, on either side
  bool synced;                    // a difference in it is a difference of the task; else bookkeeping
  std::size_t max_length;         // in code points; 0 = no limit
  std::string_view default_text;  // what an absent key means; empty = null (or required)
  Side merge_side;                // whose value the `merge` resolution takes when both changed
};

inline constexpr std::string_view kIdName = "id";
inline constexpr std::array<FieldSpec, kFieldCount> kSchema{{
    {Field::skill_name, "skill_name", FieldType::text, true, true, 255, "", Side::yaml},
    {Field::schedule_cron, "schedule_cron", FieldType::cron, true, true, 100, "", Side::yaml},
    {Field::next_run_at, "next_run_at", FieldType::timestamp, true, true, 0, "", Side::yaml},
    {Field::params_json, "params_json", FieldType::json_object, false, true, 0, "{}", Side::yaml},
    {Field::status, "status", FieldType::status, false, true, 20, "pending", Side::database},
    {Field::user_id, "user_id", FieldType::text, false, true, 255, "", Side::yaml},
    {Field::created_at, "created_at", FieldType::timestamp, false, false, 0, "", Side::yaml},
    {Field::updated_at, "updated_at", FieldType::timestamp, false, false, 0, "", Side::yaml},
}};
inline constexpr std::array<std::string_view, 5> kStatuses{"pending", "running", "completed", "failed", "disabled"};

constexpr const FieldSpec& spec(Field field) { return kSchema[static_cast<std::size_t>(field)]; }
std::optional<Field> field_by_name(std::string_view name);

// A set of fields, as a bit mask.
class FieldSet {
 public:
  constexpr FieldSet() = default;
  constexpr FieldSet(std::initializer_list<Field> fields) {
    for (Field f : fields) insert(f);
  }
  static constexpr FieldSet synced() {
    FieldSet s;
    for (const FieldSpec& f : kSchema)
      if (f.synced) s.insert(f.field);
    return s;
  }
  static constexpr FieldSet all() {
    FieldSet s;
    for (const FieldSpec& f : kSchema) s.insert(f.field);
    return s;
  }
  constexpr void insert(Field f) { bits_ |= bit(f); }
  constexpr void erase(Field f) { bits_ &= static_cast<std::uint16_t>(~bit(f)); }
  constexpr bool contains(Field f) const { return (bits_ & bit(f)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint16_t bits() const { return bits_; }
  constexpr FieldSet operator|(FieldSet o) const { return from(bits_ | o.bits_); }
  constexpr FieldSet operator&(FieldSet o) const { return from(bits_ & o.bits_); }
  constexpr FieldSet operator-(FieldSet o) const { return from(bits_ & ~o.bits_); }
  friend constexpr bool operator==(FieldSet, FieldSet) = default;

 private:
  static constexpr std::uint16_t bit(Field f) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(f)); }
  static constexpr FieldSet from(unsigned bits) {
    FieldSet s;
    s.bits_ = static_cast<std::uint16_t>(bits);
    return s;
  }
  std::uint16_t bits_ = 0;
};

// The text of a JSON value, valid and compact (as compact_json and write_json write it), keys in the order of its source.
struct JsonText {
  std::string text;
  friend bool operator==(const JsonText&, const JsonText&) = default;  // the same bytes; see equal() for JSON equality
};

// A field's value: null (or absent), text (also status and cron), instant, JSON.
using Value = std::variant<std::monostate, std::string, Timestamp, JsonText>;

inline bool is_null(const Value& v) { return std::holds_alternative<std::monostate>(v); }

// Equal as the semantics want it: instants as instants, JSON as JSON.
bool equal(const Value&, const Value&);

struct Task {
  std::int64_t id = 0;
  std::array<Value, kFieldCount> values;

  Value& operator[](Field f) { return values[static_cast<std::size_t>(f)]; }
  const Value& operator[](Field f) const { return values[static_cast<std::size_t>(f)]; }

  // Precondition: the field holds that type (what validation guarantees).
  const std::string& text(Field f) const { return std::get<std::string>((*this)[f]); }
  std::optional<Timestamp> instant(Field f) const {
    const Timestamp* t = std::get_if<Timestamp>(&(*this)[f]);
    return t ? std::optional(*t) : std::nullopt;
  }
};

// What an absent key means, and a null in a field that has a default: `pending`, `{}`, else null.
Value default_value(Field field);

// A task with every default in place and the required fields null.
Task task_with_defaults(std::int64_t id);

// The fields among `fields` in which two tasks differ (ids are not looked at).
FieldSet differing(const Task&, const Task&, FieldSet fields = FieldSet::synced());

// Equal for tasks that do not differ() in `fields`; different (but for a
// collision) for any others. The id is not part of it.
Fingerprint fingerprint(const Task&, FieldSet fields = FieldSet::synced());

struct Json;
// The task as a JSON object in schema order, `id` first, instants in RFC 3339:
// the form of the HTTP API, of the base and of the history.
Json to_json(const Task&);
Json to_json(const Value&);
std::string to_json_text(const Task&);  // the same, written directly

}  // namespace lockstep
