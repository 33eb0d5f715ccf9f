#include "simulation/history.hpp"

#include <algorithm>
#include <array>

namespace lockstep::simulation {
namespace {

struct Weight {
  Kind kind;
  unsigned weight;
};

constexpr std::array kActors{
    Weight{Kind::edit, 14},        Weight{Kind::edit_twice, 4},  Weight{Kind::open_buffer, 5}, Weight{Kind::save_buffer, 6},
    Weight{Kind::append, 6},       Weight{Kind::begin_pieces, 2}, Weight{Kind::hold_open, 2},  Weight{Kind::finish_file, 4},
    Weight{Kind::break_file, 1},   Weight{Kind::mend_file, 1},   Weight{Kind::update_row, 14}, Weight{Kind::insert_row, 4},
    Weight{Kind::delete_row, 3},   Weight{Kind::toggle_back, 4}, Weight{Kind::clock_jump, 1}};
constexpr std::array kOperators{Weight{Kind::sync, 14}, Weight{Kind::resolve, 3}, Weight{Kind::undo, 1},
                                Weight{Kind::configure, 1}, Weight{Kind::write_task, 2}};
constexpr std::array kDisasters{Weight{Kind::power_loss, 3}, Weight{Kind::process_end, 3}, Weight{Kind::disk_fault, 3},
                                Weight{Kind::store_fault, 4}};

template <std::size_t N>
Kind pick(const std::array<Weight, N>& from, Choices& choices) {
  unsigned sum = 0;
  for (const Weight& one : from) sum += one.weight;
  std::size_t at = choices.below(sum);
  for (const Weight& one : from) {
    if (at < one.weight) return one.kind;
    at -= one.weight;
  }
  return from.front().kind;
}

Step make_step(Kind kind, Choices& choices, int depth);

// Where one thing happens others often do just then: what people save in quick succession is where the races are.
std::vector<Interruption> make_interruptions(Choices& choices, int depth) {
  constexpr std::size_t kCalls = 150;
  std::vector<Interruption> result;
  if (choices.one_in(3)) return result;
  const std::size_t moments = 1 + choices.below(3);
  for (std::size_t i = 0; i < moments; ++i) {
    std::size_t call = 1 + choices.below(kCalls);
    const std::size_t burst = choices.one_in(2) ? 1 : 2 + choices.below(2);
    for (std::size_t j = 0; j < burst; ++j) {
      const bool disaster = choices.one_in(6);
      const bool operation = depth == 0 && choices.one_in(8);
      const Kind kind = disaster ? pick(kDisasters, choices) : operation ? pick(kOperators, choices) : pick(kActors, choices);
      result.push_back({call, make_step(kind, choices, depth + 1)});
      call += choices.below(6);
    }
  }
  std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.call < b.call; });
  return result;
}

Step make_step(Kind kind, Choices& choices, int depth) {
  Step step;
  step.kind = kind;
  step.seed = choices.seed();
  step.replica = static_cast<int>(choices.below(3));
  if (is_operation(kind) && depth < 2) step.during = make_interruptions(choices, depth);
  return step;
}

}  // namespace

bool is_operation(Kind kind) {
  return kind == Kind::sync || kind == Kind::resolve || kind == Kind::undo || kind == Kind::write_task;
}

History make_history(std::uint64_t seed) {
  Choices choices(seed * 0x9e3779b97f4a7c15ULL + 1);
  History history;
  history.seed = choices.seed();
  const std::size_t steps = 5 + choices.below(14);
  for (std::size_t i = 0; i < steps; ++i)
    history.steps.push_back(make_step(choices.one_in(2) ? pick(kOperators, choices) : pick(kActors, choices), choices, 0));
  return history;
}

std::string to_string(Kind kind) {
  static const char* const kNames[] = {"edit",       "edit_twice", "open_buffer", "save_buffer", "append",
                                       "begin_pieces", "hold_open", "finish_file", "break_file",  "mend_file",
                                       "update_row", "insert_row", "delete_row",  "toggle_back", "write_task",
                                       "sync",       "resolve",    "undo",        "configure",   "power_loss",
                                       "process_end", "disk_fault", "store_fault", "clock_jump"};
  return kNames[static_cast<std::size_t>(kind)];
}

namespace {
std::size_t size(const Step& step) {
  std::size_t sum = 1;
  for (const Interruption& one : step.during) sum += size(one.step);
  return sum;
}
}  // namespace

std::size_t size(const History& history) {
  std::size_t sum = 0;
  for (const Step& step : history.steps) sum += size(step);
  return sum;
}

}  // namespace lockstep::simulation
