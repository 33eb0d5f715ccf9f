// The coming run times of many tasks, for a timeline: pure.
#pragma once

#include <cstddef>
#include <span>

#include "model/json.hpp"
#include "model/task.hpp"
#include "model/time_zone.hpp"

namespace lockstep::api {

inline constexpr std::size_t kMostRunTimes = 50'000;

// Of tasks that are not disabled, the times after `from` up to `to`, all in all at most `most` of them; `truncated`
// tells whether there are more. Tasks without one in that window are left out.
Json task_runs_json(std::span<const Task>, Timestamp from, Timestamp to, const TimeZone&,
                    std::size_t most = kMostRunTimes);

}  // namespace lockstep::api
