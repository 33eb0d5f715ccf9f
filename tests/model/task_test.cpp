#include "model/task.hpp"

#include <gtest/gtest.h>

#include "model/error.hpp"
#include "model/json.hpp"

namespace lockstep {
namespace {

Task sample() {
  Task task = task_with_defaults(42);
  task[Field::skill_name] = std::string("backup \"nightly\"");
  task[Field::schedule_cron] = std::string("0 3 * * *");
  task[Field::next_run_at] = *parse_timestamp("2026-11-22T03:00:00.5Z");
  task[Field::params_json] = JsonText{R"({"target":"s3","keep":14})"};
  return task;
}

TEST(TaskSchema, ListsEveryFieldInTheOrderOfTheEnumeration) {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kSchema[i].field), i);
    EXPECT_EQ(field_by_name(kSchema[i].name), kSchema[i].field);
  }
  EXPECT_EQ(field_by_name("id"), std::nullopt);
  EXPECT_EQ(field_by_name("Status"), std::nullopt);
  EXPECT_EQ(field_by_name(""), std::nullopt);
}

TEST(TaskSchema, DefaultsAreThoseOfTheSchema) {
  const Task task = task_with_defaults(7);
  EXPECT_EQ(task.id, 7);
  EXPECT_EQ(task[Field::status], Value(std::string("pending")));
  EXPECT_EQ(task[Field::params_json], Value(JsonText{"{}"}));
  for (const Field field : {Field::skill_name, Field::schedule_cron, Field::next_run_at, Field::user_id,
                            Field::created_at, Field::updated_at}) {
    EXPECT_TRUE(is_null(task[field])) << spec(field).name;
  }
}

TEST(TaskEquality, ComparesJsonAsJsonAndTheRestAsItIs) {
  EXPECT_TRUE(equal(JsonText{R"({"a":1,"b":2})"}, JsonText{R"({"b":2.0,"a":1})"}));
  EXPECT_FALSE(equal(JsonText{R"({"a":1})"}, JsonText{R"({"a":2})"}));
  EXPECT_FALSE(equal(JsonText{"{}"}, std::string("{}")));
  EXPECT_FALSE(equal(std::string("a"), std::string("A")));
  EXPECT_TRUE(equal(Timestamp{5}, Timestamp{5}));
  EXPECT_FALSE(equal(Timestamp{5}, Timestamp{6}));
  EXPECT_TRUE(equal(Value(), Value()));
  EXPECT_FALSE(equal(Value(), std::string()));
  EXPECT_FALSE(equal(Value(), JsonText{"null"}));
}

TEST(TaskEquality, DifferingNamesTheFieldsAskedFor) {
  const Task a = sample();
  Task b = a;
  b.id = 43;
  b[Field::params_json] = JsonText{R"({"keep":14,"target":"s3"})"};
  EXPECT_TRUE(differing(a, b).empty());
  b[Field::status] = std::string("running");
  b[Field::user_id] = std::string("ops");
  b[Field::updated_at] = Timestamp{1};
  EXPECT_EQ(differing(a, b), (FieldSet{Field::status, Field::user_id}));
  EXPECT_EQ(differing(a, b, FieldSet::all()), (FieldSet{Field::status, Field::user_id, Field::updated_at}));
  EXPECT_TRUE(differing(a, b, {Field::skill_name}).empty());
}

TEST(TaskFingerprint, FollowsDiffering) {
  const Task a = sample();
  Task b = a;
  b.id = 43;
  b[Field::params_json] = JsonText{R"({"keep":1.4e1,"target":"s\u0033"})"};
  b[Field::updated_at] = Timestamp{1};
  EXPECT_EQ(fingerprint(a), fingerprint(b));
  EXPECT_NE(fingerprint(a, FieldSet::all()), fingerprint(b, FieldSet::all()));
  b[Field::status] = std::string("running");
  EXPECT_NE(fingerprint(a), fingerprint(b));
  EXPECT_EQ(fingerprint(a, FieldSet::synced() - FieldSet{Field::status}),
            fingerprint(b, FieldSet::synced() - FieldSet{Field::status}));
  EXPECT_NE(fingerprint(a, {Field::status}), fingerprint(a, FieldSet{}));
}

TEST(TaskFingerprint, EveryFieldCounts) {
  const Task task = sample();
  for (const FieldSpec& field : kSchema) {
    Task changed = task;
    changed[field.field] = std::string("something else");
    EXPECT_NE(fingerprint(task, FieldSet::all()), fingerprint(changed, FieldSet::all())) << field.name;
  }
}

TEST(TaskFingerprint, ValuesDoNotSlipBetweenFieldsOrKinds) {
  Task a;
  a[Field::skill_name] = std::string("x");
  Task b;
  b[Field::schedule_cron] = std::string("x");
  EXPECT_NE(fingerprint(a), fingerprint(b));

  const Value values[] = {Value(),          std::string(),  std::string("null"), Timestamp{0},
                          JsonText{"null"}, JsonText{"{}"}, std::string("{}"),   JsonText{"\"\""}};
  for (const Value& x : values) {
    for (const Value& y : values) {
      Task left, right;
      left[Field::user_id] = x;
      right[Field::user_id] = y;
      EXPECT_EQ(fingerprint(left) == fingerprint(right), equal(x, y));
    }
  }
}

// The base stores fingerprints: a change of the function would make every task of every replica look changed.
TEST(TaskFingerprint, StaysAsItIs) { EXPECT_EQ(to_hex(fingerprint(sample())), "f23a7484b57b3e5e78b63c040c0d67a6"); }

TEST(TaskJson, HasTheFormOfTheApi) {
  const Task task = sample();
  EXPECT_EQ(to_json_text(task),
            "{\"id\":42,\"skill_name\":\"backup \\\"nightly\\\"\",\"schedule_cron\":\"0 3 * * *\","
            "\"next_run_at\":\"2026-11-22T03:00:00.500000Z\",\"params_json\":{\"target\":\"s3\",\"keep\":14},"
            "\"status\":\"pending\",\"user_id\":null,\"created_at\":null,\"updated_at\":null}");
  EXPECT_EQ(write_json(to_json(task)), to_json_text(task));
}

TEST(TaskJson, NullParametersAreNull) {
  Task task = sample();
  task[Field::params_json] = std::monostate();
  EXPECT_EQ(to_json(task).find("params_json")->kind, Json::Kind::null);
  EXPECT_EQ(write_json(to_json(task)), to_json_text(task));
}

TEST(TaskJson, BrokenStoredJsonIsAnErrorOfOurs) {
  Task task = sample();
  task[Field::params_json] = JsonText{"{"};
  EXPECT_THROW(to_json(task), Error);
  EXPECT_THROW(fingerprint(task), Error);
}

}  // namespace
}  // namespace lockstep
