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
};
using UnknownKeys = std::map<std::string, UnknownKey, std::less<>>;

class TaskReader {
 public:
  TaskReader(EventStream& stream, FaultList& faults, const ScalarReader& scalars, std::size_t max_depth)
      : stream_(stream),
        faults_(faults),
        scalars_(scalars),
        max_depth_(max_depth),
        params_(stream, faults, scalars),
        skipper_(stream, faults, scalars) {}

  // The task whose node the stream's current event begins; reads to its end. Nullopt if it
  // has no usable id; whatever is wrong with it has been reported.
  std::optional<Task> read();

  // Reports what the task read last lacks: to be called once the event behind it has been
  // read, for a syntax error there means that the task was cut short by it.
  void report_missing();

  const UnknownKeys& unknown_keys() const { return unknown_; }
  bool had_unknown_keys() const { return had_unknown_keys_; }  // the task read last

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
  std::optional<Task> finish(const Event& task, std::size_t mark);

  EventStream& stream_;
  FaultList& faults_;
  const ScalarReader& scalars_;
  std::size_t max_depth_;
  ParamsReader params_;
  NodeSkipper skipper_;
  Validator validator_;
  std::array<Slot, kFieldCount + 1> slots_;
  std::deque<KeySet> key_sets_;  // by level of merge sources
  std::size_t level_ = 0;
  UnknownKeys unknown_;
  bool had_unknown_keys_ = false;
  std::vector<Fault> missing_;
};

}  // namespace lockstep::yaml
