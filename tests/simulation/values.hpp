// Values that can be told from all others: what is written once is found again, or it is lost.
#pragma once

#include "simulation/world.hpp"

namespace lockstep::simulation {

inline Field some_field(Choices& choices) {
  static constexpr Field kFields[] = {Field::skill_name, Field::schedule_cron, Field::params_json,
                                      Field::status,     Field::user_id,       Field::next_run_at};
  return kFields[choices.below(std::size(kFields))];
}

// A status is one of five: the only value that others may have, too.
inline Value some_value(World& world, Choices& choices, Field field) {
  const std::string token = world.token();
  const auto n = static_cast<std::int64_t>(std::strtoll(token.c_str() + 1, nullptr, 10));
  switch (field) {
    case Field::schedule_cron:
      return std::to_string(n % 60) + " " + std::to_string(n / 60 % 24) + " " + std::to_string(1 + n / 1440 % 28) + " * *";
    case Field::params_json:
      return choices.one_in(2) ? JsonText{"{\"t\":\"" + token + "\"}"} : JsonText{"{\"t\":\"" + token + "\",\"n\":" + std::to_string(n) + "}"};
    case Field::status: return std::string(kStatuses[choices.below(kStatuses.size())]);
    case Field::next_run_at: return Timestamp{1'800'000'000'000'000 + n * 1'000'000};
    default: return token;
  }
}

inline Task some_task(World& world, Choices& choices, std::int64_t id) {
  Task task = task_with_defaults(id);
  for (const Field field : {Field::skill_name, Field::schedule_cron, Field::next_run_at, Field::params_json})
    task[field] = some_value(world, choices, field);
  return task;
}

// Few, so that what was deleted is made again, and two make the same.
inline std::int64_t some_id(Choices& choices) { return 1 + static_cast<std::int64_t>(choices.below(9)); }

}  // namespace lockstep::simulation
