// Reads one task: a mapping of the text into typed, validated values.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/task.hpp"
#include "model/validation.hpp"
#include "yaml/params_reader.hpp"
#include "yaml/scalar_reading.hpp"

namespace lockstep::yaml {

// Keys that the schema does not know, each with where it was first seen.
struct UnknownKey {
  std::size_t first_at = 0;
  std::size_t count = 0;
  std::string_view meant;  // the schema's key that is close to it, where a task with this one lacks that one; else empty
};
using UnknownKeys = std::map<std::string, UnknownKey, std::less<>>;

class TaskReader {
 public:
  TaskReader(EventStream& stream, FaultList& faults, const ScalarReader& scalars, const ReadOptions& options)
      : stream_(stream),
        faults_(faults),
        scalars_(scalars),
        max_depth_(options.max_depth),
        unknown_are_faults_(options.unknown_keys_are_faults),
        params_(stream, faults, scalars),
        skipper_(stream, faults, scalars) {}

  // The task whose node the stream's current event begins; reads to its end. Nullopt if it
  // has no usable id; whatever is wrong with it has been reported.
  std::optional<Task> read();

  // Reports what the task read last lacks: to be called once the event behind it has been
  // read, for a syntax error there means that the task was cut short by it.
  void report_missing();

  const UnknownKeys& unknown_keys() const { return unknown_; }
  bool had_unknown_keys() const { return !seen_unknown_.empty(); }  // the task read last

 private:
  static constexpr std::size_t kIdSlot = kFieldCount;
  // A value as read. Faults of inherited values are kept back until it is clear that nothing overrides them.
  struct Slot {
    enum class State : std::uint8_t { absent, good, bad } state = State::absent;
    std::size_t start = 0, end = 0;
    Value value;
    std::int64_t id = 0;
    std::string problem;  // bad, and not reported yet
  };

  void read_entries();
  void read_key(KeySet& keys);
  void read_merge();
  void read_merge_source();
  void read_value(std::size_t slot);
  void read_id(Slot&);
  void read_params(Slot&);
  void read_scalar_field(const FieldSpec&, Slot&);
  void set_bad(Slot&, std::string problem);
  void note_unknown(const Event& key);
  void judge_unknown();
  std::string_view closest_missing(std::string_view name) const;
  std::string missing_problem(std::string_view name) const;
  std::optional<Task> finish(const Event& task, std::size_t mark);

  EventStream& stream_;
  FaultList& faults_;
  const ScalarReader& scalars_;
  std::size_t max_depth_;
  bool unknown_are_faults_;
  ParamsReader params_;
  NodeSkipper skipper_;
  Validator validator_;
  std::array<Slot, kFieldCount + 1> slots_;
  std::deque<KeySet> key_sets_;  // by level of merge sources
  std::size_t level_ = 0;
  // Of the task read last; its entry in unknown_, whose elements stay in place.
  struct SeenUnknown {
    std::size_t start = 0, end = 0;
    UnknownKeys::value_type* key = nullptr;
    std::string_view meant;
  };
  UnknownKeys unknown_;
  std::vector<SeenUnknown> seen_unknown_;
  std::vector<Fault> missing_;
};

}  // namespace lockstep::yaml
