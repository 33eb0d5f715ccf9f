// Random values, changed a little again and again: the text always reads as the
// value that was asked for, whatever the style it began in.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "model/json_generator.hpp"
#include "yaml/edit_support.hpp"

namespace lockstep::yaml_test {
namespace {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : generator_(seed), random_(seed) {}

  Json object() { return generator_.object(); }

  // Another value in a few places.
  void mutate(Json& json) {
    if (json.kind == Json::Kind::object && (json.members.empty() || below(3) == 0)) {
      json.set("k" + std::to_string(below(6)), generator_.value(2));
    } else if (json.kind == Json::Kind::object) {
      const std::size_t i = below(json.members.size());
      if (below(3) == 0)
        json.members.erase(json.members.begin() + static_cast<std::ptrdiff_t>(i));
      else
        mutate(json.members[i].second);
    } else if (json.kind == Json::Kind::array && !json.items.empty() && below(2) == 0) {
      mutate(json.items[below(json.items.size())]);
    } else if (json.kind == Json::Kind::array && below(2) == 0) {
      json.items.insert(json.items.begin() + static_cast<std::ptrdiff_t>(below(json.items.size() + 1)),
                        generator_.value(1));
    } else if (json.kind == Json::Kind::array && !json.items.empty()) {
      json.items.erase(json.items.begin() + static_cast<std::ptrdiff_t>(below(json.items.size())));
    } else {
      json = generator_.value(2);
    }
  }
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

 private:
  JsonGenerator generator_;
  std::mt19937_64 random_;
};

// A task whose params are in blocks, in braces, or in JSON.
std::string beginning(std::size_t style) {
  const std::string task = "  - id: 1\n    skill_name: s\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n";
  switch (style) {
    case 0:
      return "tasks:\n" + task + "    params_json:\n      a: b   # c\n      d:\n        - 1\n        - e: f\n";
    case 1:
      return "tasks:\n" + task + "    params_json: {a: b, d: [1, {e: f}]}   # c\n";
    case 2:
      return "tasks:\n" + task +
             "    params_json: {\"a\":\"b\",\n      \"d\": [1,\n        {\"e\": \"f\"}  # g\n      ]\n    }\n";
    default:
      return "tasks: [{id: 1, skill_name: s, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01, params_json: {}}]\n";
  }
}

RC_GTEST_PROP(EditProperty, ParamsBecomeWhatWasAskedFor, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  Mutator mutator(seed);
  std::string text = beginning(mutator.below(4));
  Json params = parse_json(std::get<JsonText>((*document(text)->find(1))[Field::params_json]).text).value;
  for (int step = 0; step < 8; ++step) {
    const std::unique_ptr<Document> before = document(text);
    RC_ASSERT(before != nullptr);
    if (mutator.below(6) == 0)
      params = mutator.object();
    else
      mutator.mutate(params);
    Task task = *before->find(1);
    task[Field::params_json] = JsonText{write_json(params)};
    const EditResult result = before->edit(std::vector<Edit>{update(task, {Field::params_json})});
    RC_LOG() << "seed " << seed << " step " << step << "\n"
             << text << "\n-> " << write_json(params) << "\n"
             << result.problem << "\n";
    RC_ASSERT(result.problem.empty());
    const std::unique_ptr<Document> after = document(result.text);
    RC_ASSERT(after != nullptr);
    const Json read = parse_json(std::get<JsonText>((*after->find(1))[Field::params_json]).text).value;
    RC_ASSERT(equivalent(read, params));
    // A second time there is nothing to do.
    RC_ASSERT(after->edit(std::vector<Edit>{update(task, {Field::params_json})}).text == result.text);
    text = result.text;
  }
}

RC_GTEST_PROP(EditProperty, TasksComeAndGo, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  Mutator mutator(seed);
  const std::vector<CorpusFile> files = corpus();
  std::string text = files[mutator.below(files.size())].text;
  for (int step = 0; step < 6; ++step) {
    const std::unique_ptr<Document> before = document(text);
    std::map<std::int64_t, Task> meant;
    std::vector<Edit> edits;
    for (const Task& task : before->tasks()) {
      if (mutator.below(3) == 0)
        edits.push_back(removal(task.id));
      else
        meant[task.id] = task;
    }
    for (std::size_t i = mutator.below(3); i > 0; --i) {
      Task task = some_task(static_cast<std::int64_t>(1000 + mutator.below(1000)));
      if (before->find(task.id) != nullptr || meant.contains(task.id)) continue;
      task[Field::params_json] = JsonText{write_json(mutator.object())};
      meant[task.id] = task;
      edits.push_back(insertion(task));
    }
    const EditResult result = before->edit(edits);
    RC_LOG() << "seed " << seed << " step " << step << "\n" << text << "\n" << result.problem << "\n";
    RC_ASSERT(result.problem.empty());
    const std::unique_ptr<Document> after = document(result.text);
    RC_ASSERT(after != nullptr);
    RC_ASSERT(after->tasks().size() == meant.size());
    for (const Task& task : after->tasks()) RC_ASSERT(differing(task, meant.at(task.id), FieldSet::all()).empty());
    text = result.text;
  }
}

}  // namespace
}  // namespace lockstep::yaml_test
