// Any valid task comes back as it was written.
#include <rapidcheck.h>

#include "model/json.hpp"
#include "model/validation.hpp"
#include "store/conformance.hpp"

namespace lockstep::testing_store {
namespace {

std::string text_of(const std::vector<std::string>& characters) {
  std::string text;
  for (const std::string& character : characters) text += character;
  return text;
}

// Characters that quoting, encoding or collating could go wrong on.
rc::Gen<std::string> any_text(std::size_t shortest, std::size_t longest) {
  const auto character =
      rc::gen::element<std::string>("a", "Z", "0", " ", "'", "\"", "\\", "%", "$", ":", "?", "\t", "{", "ß", "é",
                                    "\u0301", "日", "😀", "\u00a0", "\u202e", "NULL", "--", "/*");
  return rc::gen::exec([=] {
    const auto length = *rc::gen::inRange<std::size_t>(shortest, longest);
    return text_of(*rc::gen::container<std::vector<std::string>>(length, character));
  });
}

rc::Gen<Timestamp> any_instant() {
  // Years 1 to 9999.
  return rc::gen::map(rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'799'999'999),
                      [](std::int64_t micros) { return Timestamp{micros}; });
}

rc::Gen<Json> any_json(int depth) {
  return rc::gen::exec([depth]() -> Json {
    switch (*rc::gen::inRange(0, depth > 0 ? 6 : 4)) {
      case 0:
        return Json::null();
      case 1:
        return Json::of(*rc::gen::arbitrary<bool>());
      case 2:
        return Json::number(*rc::gen::element<std::string>("0", "-1", "1.50", "12345678901234567890123", "1e400",
                                                           "-0.00000000000000000001", "9223372036854775808"));
      case 3:
        return Json::string(*any_text(0, 6));
      case 4: {
        Json array = Json::array();
        array.items = *rc::gen::container<std::vector<Json>>(*rc::gen::inRange<std::size_t>(0, 4), any_json(depth - 1));
        return array;
      }
      default: {
        Json object = Json::object();
        const int count = *rc::gen::inRange(0, 4);
        for (int i = 0; i < count; ++i) object.set(*any_text(0, 4) + std::to_string(i), *any_json(depth - 1));
        return object;
      }
    }
  });
}

rc::Gen<Task> any_task(std::int64_t id) {
  return rc::gen::exec([id] {
    Task task = task_with_defaults(id);
    task[Field::skill_name] = *any_text(1, 20);
    task[Field::schedule_cron] = *rc::gen::element<std::string>("0 2 * * *", "@hourly", "*/5 0-6 1,15 * mon-fri");
    task[Field::next_run_at] = *any_instant();
    Json params = Json::object();
    params.set("any", *any_json(3));
    task[Field::params_json] = JsonText{write_json(params)};
    task[Field::status] = std::string(*rc::gen::elementOf(std::vector(kStatuses.begin(), kStatuses.end())));
    if (*rc::gen::arbitrary<bool>()) task[Field::user_id] = *any_text(0, 20);
    if (*rc::gen::arbitrary<bool>()) task[Field::created_at] = *any_instant();
    return task;
  });
}

TEST_P(StoreConformance, AnyValidTaskComesBackAsItWasWritten) {
  prepare();
  const bool held = rc::check([&] {
    const Task first = *any_task(1);
    Task second = *any_task(1);
    Validator validator;
    RC_PRE(validator.check(first).empty() && validator.check(second).empty());
    const auto transaction = write();

    const RowChange inserted = insertion(first);
    RC_ASSERT(transaction->tasks().apply({&inserted, 1}, kNow).empty());
    const TableRows after_insert = transaction->tasks().rows();
    RC_ASSERT(after_insert.invalid.empty());
    RC_ASSERT(same_synced(after_insert.tasks.at(0), first));
    if (const auto created = first.instant(Field::created_at)) {
      RC_ASSERT(after_insert.tasks.at(0).instant(Field::created_at) == created);
    }

    const RowChange updated = update(first, second, FieldSet::synced());
    RC_ASSERT(transaction->tasks().apply({&updated, 1}, kNow).empty());
    RC_ASSERT(same_synced(transaction->tasks().rows().tasks.at(0), second));

    second[Field::updated_at] = kNow;
    const BaseChange base{.id = 1, .task = second};
    transaction->base().write({&base, 1}, FieldSet::synced());
    const std::vector<std::int64_t> ids{1};
    RC_ASSERT(transaction->base().load(ids).at(0).values == second.values);
    RC_ASSERT(transaction->base().index().at(0).fingerprint == fingerprint(second));
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace lockstep::testing_store
