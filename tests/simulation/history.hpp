// A history: what happens to a schedule, step by step, written down before it happens, so that it can be run again, and
// with steps left out. Each step makes its own choices from its own seed and from how the world then stands.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace lockstep::simulation {

enum class Kind : std::uint8_t {
  // People with editors.
  edit,          // reads, changes, saves
  edit_twice,    // the same, and again from what then stands there
  open_buffer,   // reads, and leaves the buffer open
  save_buffer,   // changes what was read then, and saves
  append,        // `>>`, without a look
  begin_pieces,  // opens, cuts, writes the first half
  hold_open,     // opens for writing, and thinks
  finish_file,   // of one of the two: writes (the rest), closes
  break_file,    // saves what does not parse
  mend_file,
  // Applications.
  update_row,
  insert_row,
  delete_row,
  toggle_back,  // sets a value back to what it was before
  write_task,   // through lockstep
  // Operators.
  sync,
  resolve,
  undo,
  configure,
  // Disasters; within an engine's operation only, but for the clock.
  power_loss,
  process_end,
  disk_fault,
  store_fault,
  clock_jump,
};

struct Step;
// Before that call of an engine's operation to file system or store, counted from 1. After it if it makes fewer.
struct Interruption;

struct Step {
  Kind kind = Kind::sync;
  std::uint64_t seed = 0;
  int replica = 0;
  std::vector<Interruption> during;
};

struct Interruption {
  std::size_t call = 1;
  Step step;
};

struct History {
  std::uint64_t seed = 0;  // of what the world is like
  std::vector<Step> steps;
};

History make_history(std::uint64_t seed);
bool is_operation(Kind);  // of an engine
std::string to_string(Kind);
std::size_t size(const History&);  // steps, interruptions among them

// The same numbers on every machine, unlike the distributions of <random>.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::uint64_t seed() { return random_(); }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace lockstep::simulation
